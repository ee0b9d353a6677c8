//! What a ledger is after it was taken apart and put together again.

use bancada_kernel::Brand;

use super::*;
use crate::ledger::fixture::Bench;
use crate::ledger::{Authorize, CardPresented};

#[test]
fn a_payment_keeps_what_it_was_told_of_its_card_also_if_the_card_was_issued_later() {
    let mut bench = Bench::with_card(1000);
    let known = Bench::sale("known", 10);
    bench.authorize(&known).unwrap();
    for (token, masked_number, brand) in [
        ("another-number", "************9999", Brand::Visa),
        ("another-brand", "************4242", Brand::Elo),
        ("the-same", "************4242", Brand::Visa),
    ] {
        let (token_of_card, masked_number) =
            (CardToken::parse(token).unwrap(), masked_number.into());
        let card =
            CardPresented { token: token_of_card, masked_number, brand, ..known.card.clone() };
        bench.authorize(&Authorize { card, ..Bench::sale(token, 10) }).unwrap();
        let issued = Bench::new_card(token, 1000).decide(&bench.ledger, bench.stamp());
        bench.apply(issued.unwrap());
    }
    let before = bench.ledger.clone();
    bench.restore();
    assert_eq!(bench.ledger, before);
    bench.check();
}

#[test]
fn more_rows_than_can_be_there_are_refused_and_as_many_are_not() {
    let mut bench = Bench::with_card(1000);
    bench.authorize(&Bench::sale("sale", 10)).unwrap();
    let put_together = |n_rows_at_most| {
        let mut restoring = Restoring::new(n_rows_at_most);
        bench.ledger.parts(|part| restoring.add(part))?;
        restoring.finish()
    };
    // A card, a payment, its answer, and the accounts of card and merchant.
    assert_eq!(put_together(5).as_ref(), Ok(&bench.ledger));
    assert_eq!(put_together(4), Err(Unfit("it announces more rows than can be in it")));
}

#[test]
fn parts_of_which_one_is_lost_are_no_ledger() {
    let mut bench = Bench::with_card(1000);
    bench.authorize(&Bench::sale("sale", 10)).unwrap();
    bench.pay_bill(&Bench::bill("bill", 10)).unwrap();
    let without = |lost| {
        let (mut restoring, mut parts) = (Restoring::new(u64::MAX), 0..);
        bench.ledger.parts(|part| match parts.next() {
            at if at == lost => Ok(()),
            _ => restoring.add(part),
        })?;
        restoring.finish()
    };
    // The summary, the card, the payment, its answer, the accounts and the bill.
    for lost in 0..6 {
        assert!(without(Some(lost)).is_err(), "all but part {lost} is taken for a ledger");
    }
    assert_eq!(without(None).as_ref(), Ok(&bench.ledger));
}
