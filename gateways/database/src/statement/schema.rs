//! The tables of statements in a file.

use crate::row_sums::{Summed, row_totals, summed};
use crate::sqlite::Schema;

pub(super) const SCHEMA: Schema = Schema {
    store: "statements",
    // "BNCS"
    application_id: 0x424E_4353,
    // `body` is a whole card or line as JSON; the other columns only say what is searched by.
    // The key of `line` is the order of every page.
    steps: &[
        "
        CREATE TABLE card (
            token         TEXT PRIMARY KEY,
            holder        TEXT NOT NULL,
            masked_number TEXT NOT NULL,
            position      INTEGER NOT NULL,
            body          TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE line (
            token          TEXT NOT NULL,
            position       INTEGER NOT NULL,
            kind           TEXT NOT NULL,
            occurred_at_ms INTEGER NOT NULL,
            searched       TEXT NOT NULL,
            body           TEXT NOT NULL,
            PRIMARY KEY (token, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE fatura (
            token TEXT NOT NULL,
            cycle INTEGER NOT NULL,
            minor INTEGER NOT NULL,
            PRIMARY KEY (token, cycle)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE held (
            token           TEXT PRIMARY KEY,
            needed_sequence INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE dead_letter (
            id               INTEGER PRIMARY KEY,
            source_partition INTEGER,
            source_offset    INTEGER,
            token            TEXT,
            why              TEXT NOT NULL,
            raw              BLOB NOT NULL,
            UNIQUE (source_partition, source_offset)
        ) STRICT;
        CREATE TABLE source (
            source_partition INTEGER PRIMARY KEY,
            source_offset    INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE progress (
            id       INTEGER PRIMARY KEY CHECK (id = 1),
            position INTEGER NOT NULL
        ) STRICT;
    ",
        "
        CREATE TABLE reached (
            shard    INTEGER PRIMARY KEY,
            position INTEGER NOT NULL
        ) STRICT;
        INSERT INTO reached (shard, position) SELECT 0, position FROM progress;
        DROP TABLE progress;
    ",
        "
        CREATE TABLE bill (
            id      INTEGER PRIMARY KEY,
            key     TEXT NOT NULL UNIQUE,
            token   TEXT NOT NULL,
            is_open INTEGER NOT NULL,
            body    TEXT NOT NULL
        ) STRICT;
        CREATE INDEX bill_of_card ON bill (token, id);
        CREATE INDEX open_bill ON bill (id) WHERE is_open;
    ",
        "
        ALTER TABLE dead_letter ADD COLUMN is_handed_on INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX waiting_dead_letter ON dead_letter (id) WHERE NOT is_handed_on;
    ",
        "
        -- The hash of the event at the position; 0 where an earlier version kept none.
        ALTER TABLE reached ADD COLUMN event INTEGER NOT NULL DEFAULT 0;
    ",
        concat!(
            row_totals!(),
            summed!("card", "token, holder, masked_number, position, body"),
            summed!("line", "token, position, kind, occurred_at_ms, searched, body"),
            summed!("fatura", "token, cycle, minor"),
            summed!("held", "token, needed_sequence"),
            summed!(
                "dead_letter",
                "id, source_partition, source_offset, token, why, raw, is_handed_on"
            ),
            summed!("source", "source_partition, source_offset"),
            summed!("reached", "shard, position, event"),
            summed!("bill", "id, key, token, is_open, body"),
            // The version that this step makes.
            "INSERT INTO row_total (name, checksum, n_rows) VALUES ('schema', 6, 0);",
        ),
        concat!(
            // Holds that stand, by the payments that they are of.
            "CREATE TABLE open_hold (
                token    TEXT NOT NULL,
                payment  TEXT NOT NULL,
                position INTEGER NOT NULL,
                PRIMARY KEY (token, payment)
            ) STRICT, WITHOUT ROWID;
            INSERT INTO open_hold (token, payment, position)
                SELECT token, json_extract(body, '$.transaction_id'), position FROM line AS held
                WHERE kind = 'hold' AND NOT EXISTS (
                    SELECT 1 FROM line AS later
                    WHERE later.token = held.token AND later.position > held.position
                      AND later.kind IN ('purchase', 'void')
                      AND json_extract(later.body, '$.transaction_id')
                          = json_extract(held.body, '$.transaction_id'));",
            summed!("open_hold", "token, payment, position"),
            "UPDATE row_total SET checksum = 7 WHERE name = 'schema';",
        ),
    ],
};

/// The tables whose rows have checksums.
pub(super) const SUMMED: &[Summed] = &[
    Summed { table: "card", columns: "token, holder, masked_number, position, body" },
    Summed { table: "line", columns: "token, position, kind, occurred_at_ms, searched, body" },
    Summed { table: "open_hold", columns: "token, payment, position" },
    Summed { table: "fatura", columns: "token, cycle, minor" },
    Summed { table: "held", columns: "token, needed_sequence" },
    Summed {
        table: "dead_letter",
        columns: "id, source_partition, source_offset, token, why, raw, is_handed_on",
    },
    Summed { table: "source", columns: "source_partition, source_offset" },
    Summed { table: "reached", columns: "shard, position, event" },
    Summed { table: "bill", columns: "id, key, token, is_open, body" },
];
