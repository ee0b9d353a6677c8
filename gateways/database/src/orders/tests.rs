//! The contract of `OrderStore`, on a real file.

use bancada_checkout::catalogue::Catalogue;
use bancada_checkout::order::{
    Cancellation, Charge, Fingerprint, Item, MaskedCard, OrderState, price,
};
use bancada_kernel::{Brand, CardToken, DeclineReason, Money, PaymentId, Timestamp, TraceContext};
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

struct Bench {
    dir: TempDir,
    store: Store,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteOrders::new(&dir.path().join("orders.sqlite3")).connect().unwrap();
        Bench { dir, store }
    }

    fn reopened(self) -> Bench {
        let Bench { dir, store } = self;
        drop(store);
        let store = SqliteOrders::new(&dir.path().join("orders.sqlite3")).connect().unwrap();
        Bench { dir, store }
    }

    fn insert(&mut self, order: &Order) -> Written {
        self.store.write(&[Write::Insert(order.clone())]).unwrap().remove(0)
    }
}

fn id(n: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(n))
}

fn order(n: u128, state: OrderState) -> Order {
    let items = [Item { slug: "rede-de-algodao".to_owned(), quantity: 2 }];
    let basket = price(&Catalogue::seeded(), &items, 3, None).unwrap();
    let card = MaskedCard { brand: Brand::Elo, masked_number: "************7013".to_owned() };
    Order {
        id: id(n),
        lines: basket.lines,
        total: basket.total,
        fingerprint: Fingerprint::of(&items, 3, &card),
        card,
        installments: 3,
        state,
        placed_at: Timestamp(1_795_000_000_000),
        updated_at: Timestamp(1_795_000_000_500),
        trace: TraceContext::new(u128::MAX - 7, u64::MAX),
    }
}

fn charge() -> Charge {
    Charge {
        payment: PaymentId::new(Uuid::from_u128(9)),
        card_token: Some(CardToken::parse("tok_9").unwrap()),
        amount: Money::brl(37_800),
    }
}

fn states() -> Vec<OrderState> {
    let refused = Cancellation::RefusedByBank { code: "c".into(), message: "ação 'x'".into() };
    vec![
        OrderState::Placed,
        OrderState::Paying,
        OrderState::Paid(charge()),
        OrderState::Declined {
            payment: charge().payment,
            reason: DeclineReason::InsufficientFunds,
        },
        OrderState::Unknown,
        OrderState::Cancelled(refused),
        OrderState::Refunded(charge()),
    ]
}

#[test]
fn orders_in_every_state_survive_a_reopening() {
    let mut bench = Bench::new();
    let orders: Vec<_> = states().into_iter().zip(1..).map(|(s, n)| order(n, s)).collect();
    for order in &orders {
        assert_eq!(bench.insert(order), Written::Done);
    }
    let mut bench = bench.reopened();
    for order in &orders {
        assert_eq!(bench.store.get(order.id).unwrap().as_ref(), Some(order));
    }
    assert_eq!(bench.store.get(id(99)), Ok(None));
    let words: Vec<_> =
        bench.store.unresolved().unwrap().iter().map(|order| order.state.word()).collect();
    assert_eq!(words, ["placed", "paying", "unknown"]);
}

#[test]
fn a_second_order_of_an_id_is_not_kept_also_within_one_batch() {
    let mut bench = Bench::new();
    let first = order(1, OrderState::Paying);
    let second = Order { installments: 9, ..first.clone() };
    let batch = [Write::Insert(first.clone()), Write::Insert(second.clone())];
    let exists = Written::Exists(Box::new(first.clone()));
    assert_eq!(bench.store.write(&batch).unwrap(), [Written::Done, exists.clone()]);
    let mut bench = bench.reopened();
    assert_eq!(bench.insert(&second), exists);
    assert_eq!(bench.store.get(id(1)), Ok(Some(first)));
}

#[test]
fn an_update_replaces_the_order_and_settles_it() {
    let mut bench = Bench::new();
    bench.insert(&order(1, OrderState::Paying));
    let paid = order(1, OrderState::Paid(charge()));
    assert_eq!(bench.store.write(&[Write::Update(paid.clone())]), Ok(vec![Written::Done]));
    let mut bench = bench.reopened();
    assert_eq!(bench.store.get(id(1)), Ok(Some(paid)));
    assert_eq!(bench.store.unresolved(), Ok(vec![]));
}

#[test]
fn a_batch_is_written_as_a_whole_or_not_at_all() {
    let mut bench = Bench::new();
    let unknown_order = Write::Update(order(2, OrderState::Unknown));
    let batch = [Write::Insert(order(1, OrderState::Paying)), unknown_order];
    assert!(matches!(bench.store.write(&batch), Err(StoreError::Failed(_))));
    assert_eq!(bench.store.get(id(1)), Ok(None));
    assert_eq!(bench.insert(&order(1, OrderState::Paying)), Written::Done);
}

#[test]
fn a_full_disk_is_told_and_nothing_is_written_until_there_is_room() {
    let mut bench = Bench::new();
    let limit = |bench: &Bench, pages: i64| {
        let pragma =
            bench
                .store
                .connection
                .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0));
        pragma.unwrap()
    };
    let pages = bench.store.connection.pragma_query_value(None, "page_count", |row| row.get(0));
    limit(&bench, pages.unwrap());
    let batch: Vec<_> = (1..=100).map(|n| Write::Insert(order(n, OrderState::Paying))).collect();
    assert_eq!(bench.store.write(&batch), Err(StoreError::Full));
    assert_eq!(bench.store.get(id(1)), Ok(None));
    limit(&bench, 1_000_000);
    assert_eq!(bench.store.write(&batch).unwrap().len(), 100);
}

#[test]
fn a_list_goes_from_the_latest_to_the_first() {
    let mut bench = Bench::new();
    for n in 1..=7 {
        bench.insert(&order(n, OrderState::Paying));
    }
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = bench.store.list(before, 3).unwrap();
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        seen.extend(page.into_iter().map(|(_, order)| order.id));
    }
    assert_eq!(seen, (1..=7).rev().map(id).collect::<Vec<_>>());
    assert_eq!(bench.store.list(None, 0), Ok(vec![]));
}

#[test]
fn what_is_not_a_store_of_this_program_is_refused() {
    let bench = Bench::new();
    bench.store.connection.pragma_update(None, "user_version", 99).unwrap();
    let path = bench.dir.path().join("orders.sqlite3");
    let refused = SqliteOrders::new(&path).open().err().unwrap().to_string();
    assert!(refused.contains("schema version 99") && refused.contains("newer"), "{refused}");
}

#[test]
fn no_card_number_reaches_the_file() {
    let mut bench = Bench::new();
    bench.insert(&order(1, OrderState::Paying));
    let dump: String = bench
        .store
        .connection
        .query_row("SELECT group_concat(body) FROM purchase", (), |row| row.get(0))
        .unwrap();
    assert!(dump.contains("************7013") && !dump.contains("6362970000457013"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn it_behaves_like_a_map_that_keeps_the_first(
        steps in proptest::collection::vec((0_u128..5, 0_usize..7, any::<bool>()), 1..30),
    ) {
        let mut bench = Bench::new();
        let mut model = std::collections::BTreeMap::new();
        for (n, state, is_insert) in steps {
            let order = order(n, states()[state].clone());
            let write = if is_insert || !model.contains_key(&n) {
                model.entry(n).or_insert_with(|| order.clone());
                Write::Insert(order)
            } else {
                model.insert(n, order.clone());
                Write::Update(order)
            };
            bench.store.write(&[write]).unwrap();
        }
        for n in 0..5 {
            let kept = bench.store.get(id(n)).unwrap();
            prop_assert_eq!(kept.as_ref(), model.get(&n));
        }
        let n_open = model.values().filter(|order| order.is_unresolved()).count();
        prop_assert_eq!(bench.store.unresolved().unwrap().len(), n_open);
    }
}
