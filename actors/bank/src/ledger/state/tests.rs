use bancada_kernel::Text;

use crate::ledger::fixture::Bench;
use crate::ledger::{Authorize, Entry, Ledger, PaymentCard};

/// The card of a sale, when its event shows the card's number like this.
fn card_of_sale(masked_number: &str) -> (Ledger, PaymentCard) {
    let mut bench = Bench::with_card(1_000);
    let id = bench.authorize(&Bench::sale("k", 100)).unwrap().id;
    let mut entries = bench.entries.clone();
    let last: &mut Entry = entries.last_mut().unwrap();
    last.event.card.as_mut().unwrap().masked_number = masked_number.to_owned();
    let mut ledger = Ledger::new(bench.ledger.currency());
    entries.iter().for_each(|entry| ledger.apply(entry));
    let card = ledger.payment(id).unwrap().card.clone().unwrap();
    (ledger, card)
}

#[test]
fn a_payments_card_is_as_its_event_shows_it_and_in_the_bytes_of_its_account() {
    let (ledger, card) = card_of_sale("************4242");
    let account = ledger.card(&Bench::token()).unwrap();
    assert!(card.masked_number.is_shared_with(&account.masked_number));
    let (_, other) = card_of_sale("************0000");
    assert_eq!(other.masked_number, "************0000");
}

#[test]
fn a_payment_has_the_order_that_it_was_made_for() {
    for order in ["k", "o-1", ""] {
        let mut bench = Bench::with_card(1_000);
        let order_id = Text::from(order);
        let sale = Authorize { order_id: order.into(), ..Bench::sale("k", 100) };
        assert_eq!(bench.authorize(&sale).unwrap().order_id, order_id);
        let found = bench.ledger.payment_of_key(&sale.merchant, &sale.key).unwrap();
        assert_eq!(found.order_id, order_id);
    }
}

#[test]
fn the_last_event_is_the_last_entrys() {
    let mut bench = Bench::with_card(1_000);
    assert_eq!(Ledger::new(bench.ledger.currency()).last_event(), None);
    bench.authorize(&Bench::sale("k", 100)).unwrap();
    let last = bench.entries.last().unwrap().event.event_id;
    assert_eq!(bench.ledger.last_event(), Some(last));
}
