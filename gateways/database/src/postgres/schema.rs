//! The tables of every store, and how a database is brought to them.

use postgres::Transaction;

use super::connection::{DatabaseError, failure};

/// Step N leads from version N to N + 1. Never edited, only added to.
const STEPS: [&str; 9] = [
    "
    -- Which key the tokens in here were made with.
    CREATE TABLE bancada.vault (
        id          smallint PRIMARY KEY CHECK (id = 1),
        fingerprint bytea NOT NULL
    );
    -- One row per group commit. A position is written once.
    CREATE TABLE bancada.journal_record (
        shard          smallint NOT NULL,
        first_position bigint   NOT NULL,
        record         bytea    NOT NULL,
        PRIMARY KEY (shard, first_position)
    );
    -- Who may write a shard: the Bank that raised its epoch last.
    CREATE TABLE bancada.journal_epoch (
        shard smallint PRIMARY KEY,
        epoch bigint   NOT NULL
    );
    CREATE TABLE bancada.journal_room (filler bytea NOT NULL);
    CREATE TABLE bancada.delivery (
        shard    smallint PRIMARY KEY,
        position bigint   NOT NULL
    );
",
    "
    -- One row per frame of a snapshot of the ledger.
    CREATE TABLE bancada.snapshot (
        shard    smallint NOT NULL,
        position bigint   NOT NULL,
        number   bigint   NOT NULL,
        content  bytea    NOT NULL,
        PRIMARY KEY (shard, position, number)
    );
    -- Ids and checksums do not compress.
    ALTER TABLE bancada.snapshot ALTER COLUMN content SET STORAGE EXTERNAL;
",
    "
    -- Into how many shards the cards in here are divided.
    ALTER TABLE bancada.vault ADD COLUMN n_shards smallint NOT NULL DEFAULT 1;
",
    "
    -- The shop's orders. The body is the whole order as JSON; the other columns only say what is
    -- searched by. The number grows with time and is the cursor of lists.
    CREATE TABLE bancada.purchase (
        number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id           text   NOT NULL UNIQUE,
        state        text   NOT NULL,
        placed_at_ms bigint NOT NULL,
        body         text   NOT NULL
    );
    CREATE INDEX purchase_unresolved ON bancada.purchase (number)
        WHERE state IN ('placed', 'paying', 'unknown');
",
    "
    -- The statement. A body is a whole card, line or payment of a bill as JSON; the other columns
    -- only say what is searched and sorted by. The key of a line is the order of every page.
    CREATE TABLE bancada.statement_card (
        token         text COLLATE \"C\" PRIMARY KEY,
        holder        text COLLATE \"C\" NOT NULL,
        masked_number text COLLATE \"C\" NOT NULL,
        position      bigint NOT NULL,
        body          text   NOT NULL
    );
    CREATE TABLE bancada.statement_line (
        token          text COLLATE \"C\" NOT NULL,
        position       bigint NOT NULL,
        kind           text   NOT NULL,
        occurred_at_ms bigint NOT NULL,
        searched       text COLLATE \"C\" NOT NULL,
        body           text   NOT NULL,
        PRIMARY KEY (token, position)
    );
    CREATE TABLE bancada.statement_fatura (
        token text COLLATE \"C\" NOT NULL,
        cycle bigint NOT NULL,
        minor bigint NOT NULL,
        PRIMARY KEY (token, cycle)
    );
    CREATE TABLE bancada.statement_held (
        token           text COLLATE \"C\" PRIMARY KEY,
        needed_sequence bigint NOT NULL
    );
    CREATE TABLE bancada.statement_dead_letter (
        id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source_partition bigint,
        source_offset    bigint,
        token            text,
        why              text  NOT NULL,
        raw              bytea NOT NULL,
        UNIQUE (source_partition, source_offset)
    );
    CREATE TABLE bancada.statement_source (
        source_partition bigint PRIMARY KEY,
        source_offset    bigint NOT NULL
    );
    CREATE TABLE bancada.statement_reached (
        shard    integer PRIMARY KEY,
        position bigint  NOT NULL
    );
    CREATE TABLE bancada.statement_bill (
        id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key     text    NOT NULL UNIQUE,
        token   text COLLATE \"C\" NOT NULL,
        is_open boolean NOT NULL,
        body    text    NOT NULL
    );
    CREATE INDEX statement_bill_of_card ON bancada.statement_bill (token, id);
    CREATE INDEX statement_open_bill ON bancada.statement_bill (id) WHERE is_open;
",
    "
    ALTER TABLE bancada.statement_dead_letter
        ADD COLUMN is_handed_on boolean NOT NULL DEFAULT false;
    CREATE INDEX statement_waiting_dead_letter ON bancada.statement_dead_letter (id)
        WHERE NOT is_handed_on;
",
    "
    -- The hash of the event at the position; 0 where an earlier version kept none.
    ALTER TABLE bancada.statement_reached ADD COLUMN event bigint NOT NULL DEFAULT 0;
",
    "
    -- How far the shop followed the Bank's events, and the hash of the event there.
    CREATE TABLE bancada.purchase_reached (
        shard    integer PRIMARY KEY,
        position bigint  NOT NULL,
        event    bigint  NOT NULL
    );
",
    "
    -- Holds that stand, by the payments that they are of.
    CREATE TABLE bancada.statement_open_hold (
        token    text COLLATE \"C\" NOT NULL,
        payment  text   NOT NULL,
        position bigint NOT NULL,
        PRIMARY KEY (token, payment)
    );
    INSERT INTO bancada.statement_open_hold (token, payment, position)
        SELECT token, body::json ->> 'transaction_id', position
        FROM bancada.statement_line AS held
        WHERE kind = 'hold' AND NOT EXISTS (
            SELECT 1 FROM bancada.statement_line AS later
            WHERE later.token = held.token AND later.position > held.position
              AND later.kind IN ('purchase', 'void')
              AND later.body::json ->> 'transaction_id' = held.body::json ->> 'transaction_id');
",
];
/// Whoever migrates holds this lock; any number that nobody else takes.
const MIGRATION_LOCK: i64 = 0x42_414e_4341_4441;

/// Brings a database to the newest version.
pub(super) fn migrate(transaction: &mut Transaction<'_>) -> Result<(), DatabaseError> {
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).map_err(failure)?;
    let first = "
        CREATE SCHEMA IF NOT EXISTS bancada;
        CREATE TABLE IF NOT EXISTS bancada.schema_version (version integer NOT NULL);
    ";
    transaction.batch_execute(first).map_err(failure)?;
    let row = transaction
        .query_opt("SELECT version FROM bancada.schema_version", &[])
        .map_err(failure)?;
    let found = row.map_or(0, |row| row.get::<_, i32>(0).unsigned_abs() as usize);
    if found > STEPS.len() {
        return Err(DatabaseError::Failed(format!(
            "the database has schema version {found}, and this program knows {}; run a newer \
             Bancada",
            STEPS.len()
        )));
    }
    for step in &STEPS[found..] {
        transaction.batch_execute(step).map_err(failure)?;
    }
    if found < STEPS.len() {
        let version = i32::try_from(STEPS.len()).unwrap_or(i32::MAX);
        transaction.execute("DELETE FROM bancada.schema_version", &[]).map_err(failure)?;
        transaction
            .execute("INSERT INTO bancada.schema_version (version) VALUES ($1)", &[&version])
            .map_err(failure)?;
    }
    Ok(())
}
