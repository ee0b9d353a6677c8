//! What every store of orders does, wherever it is kept.

use std::collections::BTreeMap;

use bancada_checkout::order::{Charge, Order, OrderState};
use bancada_checkout::ports::{OrderStore, Reached, StoreError, Write, Written};
use bancada_kernel::{EventHash, ShardCount};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::an_order::{charge, id, order, states};
use crate::place::{NewPlace, Place, contract};

contract! {
    orders_in_every_state_survive_a_reopening
    a_second_order_of_an_id_is_not_kept_also_within_one_batch
    an_update_replaces_the_order_and_settles_it
    a_batch_is_written_as_a_whole_or_not_at_all
    a_list_goes_from_the_latest_to_the_first
    a_batch_may_change_what_it_has_added
    how_far_the_bank_was_followed_is_kept_with_the_orders_that_changed
    no_card_number_reaches_the_store
    it_behaves_like_a_map_that_keeps_the_first
}

struct Bench {
    place: Place,
    store: Box<dyn OrderStore>,
}

impl Bench {
    fn new(place: NewPlace<'_>) -> Bench {
        let place = place();
        let store = place.orders().open().unwrap();
        Bench { place, store }
    }

    fn reopened(self) -> Bench {
        let Bench { place, store } = self;
        drop(store);
        let store = place.orders().open().unwrap();
        Bench { place, store }
    }

    fn insert(&mut self, order: &Order) -> Written {
        self.store.write(&[Write::Insert(order.clone())]).unwrap().remove(0)
    }
}

fn orders_in_every_state_survive_a_reopening(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
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

fn a_second_order_of_an_id_is_not_kept_also_within_one_batch(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    let first = order(1, OrderState::Paying);
    let second = Order { installments: 9, ..first.clone() };
    let batch = [Write::Insert(first.clone()), Write::Insert(second.clone())];
    let exists = Written::Exists(Box::new(first.clone()));
    assert_eq!(bench.store.write(&batch).unwrap(), [Written::Done, exists.clone()]);
    let mut bench = bench.reopened();
    assert_eq!(bench.insert(&second), exists);
    assert_eq!(bench.store.get(id(1)), Ok(Some(first)));
}

fn an_update_replaces_the_order_and_settles_it(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.insert(&order(1, OrderState::Paying));
    let paid = order(1, OrderState::Paid(charge()));
    assert_eq!(bench.store.write(&[Write::Update(paid.clone())]), Ok(vec![Written::Done]));
    let mut bench = bench.reopened();
    assert_eq!(bench.store.get(id(1)), Ok(Some(paid)));
    assert_eq!(bench.store.unresolved(), Ok(vec![]));
}

fn a_batch_is_written_as_a_whole_or_not_at_all(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    let unknown_order = Write::Update(order(2, OrderState::Unknown));
    let batch = [Write::Insert(order(1, OrderState::Paying)), unknown_order];
    assert!(matches!(bench.store.write(&batch), Err(StoreError::Failed(_))));
    assert_eq!(bench.store.get(id(1)), Ok(None));
    assert_eq!(bench.insert(&order(1, OrderState::Paying)), Written::Done);
}

fn a_list_goes_from_the_latest_to_the_first(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
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

fn a_batch_may_change_what_it_has_added(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.insert(&order(1, OrderState::Paying));
    let paid = [3, 1, 2].map(|n| order(n, OrderState::Paid(charge())));
    let batch = [
        Write::Insert(order(3, OrderState::Paying)),
        Write::Insert(order(2, OrderState::Paying)),
        Write::Update(paid[0].clone()),
        Write::Update(order(1, OrderState::Unknown)),
        Write::Update(paid[1].clone()),
        Write::Update(paid[2].clone()),
        Write::Insert(order(3, OrderState::Unknown)),
    ];
    let written = bench.store.write(&batch).unwrap();
    assert_eq!(written[..6], [const { Written::Done }; 6]);
    assert_eq!(written[6], Written::Exists(Box::new(paid[0].clone())));
    let mut bench = bench.reopened();
    let listed = bench.store.list(None, 9).unwrap();
    let listed: Vec<_> = listed.into_iter().map(|(_, order)| order).collect();
    assert_eq!(listed, [&paid[2], &paid[0], &paid[1]].map(Clone::clone));
    assert_eq!(bench.store.write(&[]), Ok(vec![]));
}

fn how_far_the_bank_was_followed_is_kept_with_the_orders_that_changed(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    assert_eq!(bench.store.reached(), Ok(vec![]));
    for n in [1, 2] {
        bench.insert(&order(n, OrderState::Paid(charge())));
    }
    let refunded = |n| order(n, OrderState::Refunded(Charge { refunded_minor: 7, ..charge() }));
    let other_shard = ShardCount::new(2).unwrap().shards().last().unwrap();
    let reached = |position, event| Reached { position, event: EventHash::new(event) };
    let places = [reached(7, u64::MAX), reached(other_shard.position(3), 0)];
    bench.store.follow(&[refunded(1)], reached(5, 1)).unwrap();
    bench.store.follow(&[], places[1]).unwrap();
    bench.store.follow(&[], places[0]).unwrap();
    let mut bench = bench.reopened();
    assert_eq!(bench.store.reached(), Ok(places.to_vec()));
    assert_eq!(bench.store.get(id(1)), Ok(Some(refunded(1))));
    // One that is not there: nothing of it is kept.
    let failed = bench.store.follow(&[refunded(2), refunded(9)], reached(9, 9));
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    let mut bench = bench.reopened();
    assert_eq!(bench.store.reached(), Ok(places.to_vec()));
    assert_eq!(bench.store.get(id(2)), Ok(Some(order(2, OrderState::Paid(charge())))));
}

fn no_card_number_reaches_the_store(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.insert(&order(1, OrderState::Paying));
    let dump = bench.place.dump(&["purchase"]).concat();
    assert!(dump.contains("************7013") && !dump.contains("6362970000457013"));
}

fn it_behaves_like_a_map_that_keeps_the_first(place: NewPlace<'_>) {
    let steps = proptest::collection::vec((0_u128..5, 0_usize..7, any::<bool>()), 1..30);
    let mut runner = TestRunner::new(Config::with_cases(16));
    let result = runner.run(&(steps, 1_usize..9), |(steps, n_in_batch)| {
        let mut bench = Bench::new(place);
        let (mut model, mut writes) = (BTreeMap::new(), Vec::new());
        for (n, state, is_insert) in steps {
            let order = order(n, states()[state].clone());
            writes.push(if is_insert || !model.contains_key(&n) {
                model.entry(n).or_insert_with(|| order.clone());
                Write::Insert(order)
            } else {
                model.insert(n, order.clone());
                Write::Update(order)
            });
        }
        for batch in writes.chunks(n_in_batch) {
            bench.store.write(batch).unwrap();
        }
        for n in 0..5 {
            let kept = bench.store.get(id(n)).unwrap();
            prop_assert_eq!(kept.as_ref(), model.get(&n));
        }
        let n_open = model.values().filter(|order| order.is_unresolved()).count();
        prop_assert_eq!(bench.store.unresolved().unwrap().len(), n_open);
        Ok(())
    });
    result.unwrap();
}
