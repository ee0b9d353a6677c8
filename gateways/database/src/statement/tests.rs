//! The contract of the statement's store and reader, on a real file.

use bancada_extrato::ports::{SourcePosition, StatementReader, Undecodable};
use bancada_extrato::statement::{Filter, LineKind};
use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, EventCard, EventId, EventKind, Money, PaymentEvent, PaymentId,
    Shard, TraceContext,
};
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

/// 2026-11-10, 12:00 in UTC; every event is an hour after the one before.
const START: i64 = 1_794_312_000_000;
const HOUR: i64 = 3_600_000;

struct Bench {
    dir: TempDir,
    store: Store,
    reader: SqliteStatementReader,
}

impl Bench {
    fn new() -> Bench {
        Bench::on(tempfile::tempdir().unwrap())
    }

    fn on(dir: TempDir) -> Bench {
        let statements = SqliteStatements::new(&dir.path().join("statements.sqlite3"));
        let store = statements.connect().unwrap();
        let reader = statements.reader().unwrap();
        Bench { dir, store, reader }
    }

    fn reopened(self) -> Bench {
        let Bench { dir, store, reader } = self;
        drop((store, reader));
        Bench::on(dir)
    }

    fn apply(&mut self, records: &[SourceRecord]) -> Applied {
        self.store.apply(records, now()).unwrap()
    }

    fn lines(&self, card: u8, filter: Filter) -> Vec<u64> {
        let limit = if filter.limit == 0 { 50 } else { filter.limit };
        let lines = self.reader.lines(&token(card), &Filter { limit, ..filter }).unwrap();
        lines.into_iter().map(|line| line.position).collect()
    }

    /// Everything that is kept, as text.
    fn dump(&self) -> Vec<String> {
        let tables = ["card", "line", "fatura", "held", "dead_letter", "source", "reached"];
        let mut rows = Vec::new();
        for table in tables {
            let mut all = self.store.connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let n_columns = all.column_count();
            let mut found = all.query(()).unwrap();
            while let Some(row) = found.next().unwrap() {
                let row: Vec<_> = (0..n_columns).map(|n| row.get_ref(n).unwrap()).collect();
                rows.push(format!("{table} {row:?}"));
            }
        }
        rows
    }
}

fn now() -> Timestamp {
    Timestamp(START + 48 * HOUR)
}

fn token(card: u8) -> CardToken {
    CardToken::parse(&format!("card_{card}")).unwrap()
}

fn event(card: u8, sequence: u64, position: u64, description: &str) -> PaymentEvent {
    let kind = [
        EventKind::CardIssued,
        EventKind::PaymentCaptured,
        EventKind::PaymentRefunded,
        EventKind::PaymentDeclined,
    ][(sequence as usize - 1) % 4];
    PaymentEvent {
        event_id: EventId::new(Uuid::from_u128(u128::from(position))),
        kind,
        position,
        transaction_id: PaymentId::new(Uuid::from_u128(u128::from(position))),
        card: Some(EventCard {
            token: token(card),
            sequence,
            masked_number: format!("************{:04}", 9_000 - u16::from(card)),
            brand: Brand::Visa,
            after: Some(CardSnapshot {
                holder: "Ana Teste".to_owned(),
                limit: Money::brl(100_000),
                balance: Money::brl(i64::try_from(sequence).unwrap()),
                held: Money::brl(0),
                status: CardStatus::Active,
                closing_day: 5,
                due_day: 12,
            }),
        }),
        amount: Money::brl(1_000 + i64::try_from(sequence).unwrap()),
        store: "Loja da Esquina".to_owned(),
        description: description.to_owned(),
        merchant_id: None,
        order_id: String::new(),
        decline: None,
        installments: 1,
        occurred_at: Timestamp(START + i64::try_from(position).unwrap() * HOUR),
        trace: TraceContext::new(u128::MAX, 1),
    }
}

fn record(event: PaymentEvent) -> SourceRecord {
    let at = SourcePosition { partition: 0, offset: event.position };
    SourceRecord { at: Some(at), event: Ok(event) }
}

/// The first events of a card, at positions from 1.
fn events(card: u8, n: u64) -> Vec<SourceRecord> {
    (1..=n).map(|n| record(event(card, n, n, &format!("Pão número {n}")))).collect()
}

#[test]
fn cards_lines_and_offsets_survive_a_reopening() {
    let mut bench = Bench::new();
    let applied = bench.apply(&events(1, 6));
    assert_eq!((applied.n_applied, applied.positions), (6, [(Shard::FIRST, 6)].into()));
    let bench = &mut bench.reopened();
    assert_eq!(bench.store.offsets(), Ok(Offsets([(0, 6)].into())));
    assert_eq!(bench.store.progress(), Ok(vec![6]));
    let card = bench.reader.card(&token(1), now()).unwrap().unwrap();
    assert_eq!((card.state.sequence, card.state.now.balance.minor), (6, 6));
    // Two purchases and a refund.
    assert_eq!(card.current_fatura, Money::brl(1_002 + 1_006 - 1_003));
    assert_eq!(bench.lines(1, Filter::default()), [6, 4, 3, 2]);
    let line = bench.reader.lines_after(&token(1), 1, 1).unwrap().remove(0);
    assert_eq!((line.kind, line.trace), (LineKind::Purchase, TraceContext::new(u128::MAX, 1)));
    assert_eq!(bench.apply(&events(1, 3)).n_duplicates, 3);
    assert_eq!(bench.store.offsets(), Ok(Offsets([(0, 3)].into())), "the source began anew");
    assert_eq!(bench.store.progress(), Ok(vec![6]), "nothing is forgotten");
    assert_eq!(bench.reader.card(&token(2), now()), Ok(None));
}

#[test]
fn a_batch_that_fails_leaves_nothing_behind() {
    let mut bench = Bench::new();
    bench.apply(&events(1, 2));
    let before = bench.dump();
    let page_count =
        bench.store.connection.pragma_query_value(None, "page_count", |row| row.get(0));
    let limit = |bench: &Bench, pages: i64| {
        let connection = &bench.store.connection;
        let set = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        connection.pragma_update_and_check(None, "max_page_count", pages, set).unwrap();
    };
    limit(&bench, page_count.unwrap());
    assert_eq!(bench.store.apply(&events(1, 500), now()), Err(StoreError::Full));
    assert_eq!(bench.dump(), before);
    limit(&bench, 1_000_000);
    assert_eq!(bench.apply(&events(1, 500)).n_applied, 498);
}

#[test]
fn a_held_card_is_listed_with_its_last_position_until_it_is_repaired() {
    let mut bench = Bench::new();
    let mut batch = events(1, 4);
    batch.remove(2);
    batch.push(record(event(2, 3, 5, "")));
    assert_eq!(bench.apply(&batch).n_held_cards, 2);
    let bench = &mut bench.reopened();
    let held =
        |token: CardToken, position, needed_sequence| HeldCard { token, position, needed_sequence };
    assert_eq!(bench.store.held(), Ok(vec![held(token(1), 2, 4), held(token(2), 0, 3)]));
    bench.apply(&events(1, 4));
    assert_eq!(bench.store.held(), Ok(vec![held(token(2), 0, 3)]));
}

#[test]
fn a_card_goes_on_that_waits_for_what_does_not_exist() {
    let mut bench = Bench::new();
    bench.apply(&events(1, 2));
    let unreadable = |card| Undecodable { card, raw: Vec::new(), why: "spoiled".to_owned() };
    let spoiled = [Some(token(1)), Some(token(9))]
        .map(|card| SourceRecord { at: None, event: Err(unreadable(card)) });
    assert_eq!(bench.apply(&spoiled).n_held_cards, 2);
    let found = bench.store.held().unwrap();
    assert_eq!(found.len(), 2);
    let seen = record(event(1, 4, 9, "later"));
    assert_eq!(bench.apply(&[seen]).n_held_cards, 2);
    assert_eq!(bench.store.release(&found), Ok(1), "what was seen since is waited for");
    let mut bench = bench.reopened();
    assert_eq!(bench.store.held().unwrap()[0].token, token(1));
    let found = bench.store.held().unwrap();
    assert_eq!(bench.store.release(&found), Ok(1), "there are events before it");
}

#[test]
fn an_unreadable_record_is_kept_once_with_its_bytes() {
    let mut bench = Bench::new();
    let at = Some(SourcePosition { partition: 3, offset: 0 });
    let undecodable =
        Undecodable { card: Some(token(1)), raw: vec![0xFF, 0], why: "not JSON".to_owned() };
    let record = SourceRecord { at, event: Err(undecodable) };
    for _ in 0..2 {
        assert_eq!(bench.apply(std::slice::from_ref(&record)).n_held_cards, 1);
    }
    let kept: (i64, Vec<u8>, String) = bench
        .store
        .connection
        .query_row("SELECT count(*), raw, token FROM dead_letter", (), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(kept, (1, vec![0xFF, 0], "card_1".to_owned()));
    assert_eq!(bench.store.offsets(), Ok(Offsets([(3, 0)].into())));
}

#[test]
fn lines_are_filtered_and_paged() {
    let mut bench = Bench::new();
    let mut batch = events(1, 12);
    batch.push(record(event(1, 13, 13, "")));
    batch.push(record(event(1, 14, 14, r"100%_ no C:\Preço")));
    batch.push(record(event(2, 1, 15, "")));
    batch.push(record(event(2, 2, 16, "Pão")));
    bench.apply(&batch);
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..Filter::default() };
    let at = |n: i64| Some(Timestamp(START + n * HOUR));
    for (filter, expected) in [
        (Filter { limit: 3, ..Filter::default() }, &[14, 12, 11][..]),
        (Filter { limit: 3, before: Some(11), ..Filter::default() }, &[10, 8, 7]),
        (Filter { kind: Some(LineKind::Refund), ..Filter::default() }, &[11, 7, 3]),
        (Filter { from: at(7), to: at(10), ..Filter::default() }, &[8, 7]),
        (search("NUMERO 1"), &[12, 11, 10]),
        (search("esquina"), &[14, 12, 11, 10, 8, 7, 6, 4, 3, 2]),
        (search("  Preço "), &[14]),
        (search(r"c:\"), &[14]),
        (search("%"), &[14]),
        (search("_"), &[14]),
        (search("1__%"), &[]),
        (search("nada"), &[]),
        (Filter { kind: Some(LineKind::Purchase), ..search("pao numero 2") }, &[2]),
    ] {
        assert_eq!(bench.lines(1, filter.clone()), expected, "{filter:?}");
    }
    assert_eq!(bench.lines(2, Filter::default()), [16]);
}

#[test]
fn cards_are_listed_by_holder_and_number_while_somebody_writes() {
    let mut bench = Bench::new();
    for card in 1..=3 {
        bench.apply(&[record(event(card, 1, u64::from(card), ""))]);
    }
    let mut other = event(4, 1, 4, "");
    let after = other.card.as_mut().and_then(|card| card.after.as_mut()).unwrap();
    after.holder = "Aba Teste".to_owned();
    let transaction = bench.store.connection.transaction().unwrap();
    let mut rows = OpenTransaction(transaction);
    fold(&mut rows, &[record(other)], now()).unwrap();
    let listed = |reader: &SqliteStatementReader| -> Vec<_> {
        reader.cards(now()).unwrap().into_iter().map(|card| card.state.token).collect()
    };
    assert_eq!(listed(&bench.reader), [3, 2, 1].map(token));
    rows.0.commit().unwrap();
    assert_eq!(listed(&bench.reader), [4, 3, 2, 1].map(token));
}

#[test]
fn what_is_not_a_store_of_this_program_is_refused() {
    let bench = Bench::new();
    bench.store.connection.pragma_update(None, "user_version", 99).unwrap();
    let path = bench.dir.path().join("statements.sqlite3");
    let refused = SqliteStatements::new(&path).open().err().unwrap().to_string();
    assert!(refused.contains("schema version 99") && refused.contains("newer"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_batches_with_repetitions_give_the_same_rows(
        cuts in proptest::collection::vec((0_usize..40, 0_usize..10), 0..12),
    ) {
        // Two cards in turn.
        let records: Vec<_> = (1_u64..=40)
            .map(|n| record(event(1 + u8::from(n % 2 == 0), n.div_ceil(2), n, "x")))
            .collect();
        let mut whole = Bench::new();
        whole.apply(&records);
        let mut bench = Bench::new();
        let mut done = 0;
        for (to, back) in cuts {
            let from = done - back.min(done);
            bench.apply(&records[from..to.max(from)]);
            done = done.max(to);
        }
        bench.apply(&records[done..]);
        prop_assert_eq!(bench.dump(), whole.dump());
    }
}
