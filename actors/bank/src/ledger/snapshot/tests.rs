//! What a ledger is after it was taken apart and put together again.

use bancada_kernel::Brand;

use super::*;
use crate::ledger::fixture::Bench;
use crate::ledger::{Authorize, CardPresented};

#[test]
fn a_payment_keeps_what_it_was_told_of_its_card() {
    let mut bench = Bench::with_card(1000);
    let good = Bench::sale("account", 10);
    let card = good.card.clone();
    let number = CardPresented { masked_number: "************9999".into(), ..card.clone() };
    let brand = CardPresented { brand: Brand::Elo, ..card.clone() };
    let stranger = CardPresented { token: CardToken::parse("nobody").unwrap(), ..card };
    bench.authorize(&good).unwrap();
    for (key, card) in [("number", number), ("brand", brand), ("stranger", stranger)] {
        bench.authorize(&Authorize { card, ..Bench::sale(key, 10) }).unwrap();
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
