//! Goal: a journal from before there were largest amounts is read, goes on, and lets nothing panic.
//! Method: entries are decided about one cent, as any are, and then made as large as that program
//! took them.

use bancada_kernel::limits::{MAX_AMOUNT_MINOR, MAX_LIMIT_MINOR};
use bancada_kernel::{CardToken, DeclineReason, EventKind, PaymentSnapshot};

use super::fixture::Bench;
use super::{
    Authorize, AuthorizeError, CaptureError, Entry, PaymentStatus, RefundError, RefundRefusal,
};

/// What the old program did: with a limit of all there is.
struct Old(Bench);

impl Old {
    fn new() -> Old {
        let mut bench = Bench::with_card(1);
        let after = bench.entries[0].event.card.as_mut().unwrap().after.as_mut().unwrap();
        after.limit.minor = i64::MAX;
        bench.replay();
        Old(bench)
    }

    /// The entry about one cent, about so much.
    fn enlarge(&mut self, mut entry: Entry, minor: i64) {
        let before = self.0.card().snapshot();
        entry.event.amount.minor = minor;
        entry.postings.iter_mut().for_each(|posting| posting.amount_minor *= minor);
        if let Some(payment) = &mut entry.event.payment {
            let new = PaymentSnapshot::new(minor, payment.decided_at);
            *payment = new.after(entry.event.kind, minor);
        }
        let after = entry.event.card.as_mut().unwrap().after.as_mut().unwrap();
        match entry.event.kind {
            EventKind::BillPaid => after.balance.minor = before.balance.minor - minor,
            EventKind::PaymentCaptured => after.balance.minor = before.balance.minor + minor,
            EventKind::PaymentAuthorized => after.held.minor = before.held.minor + minor,
            other => panic!("{other:?} is not made larger"),
        }
        self.0.apply(entry);
    }

    fn bill(&mut self, key: &str, minor: i64) {
        let mut cent = Bench::bill(key, 1);
        // In credit, today's program takes nothing more.
        cent.amount.minor = 1;
        let paid = match self.0.card().balance_after_credit(cent.amount) {
            Some(_) => cent.decide(&self.0.ledger, self.0.stamp()).unwrap().unwrap(),
            None => {
                let mut refused = cent.decide(&self.0.ledger, self.0.stamp()).unwrap().unwrap();
                (refused.event.kind, refused.event.decline) = (EventKind::BillPaid, None);
                refused.postings = super::posting::bill_payment(&Bench::token(), 1);
                refused
            }
        };
        self.enlarge(paid, minor);
    }

    fn authorize(&mut self, key: &str, minor: i64, capture: bool) {
        let cent = Authorize { capture, ..Bench::sale(key, 1) };
        let super::Decision::Record(entry) = cent.decide(&self.0.ledger, self.0.stamp()).unwrap()
        else {
            panic!("{key} was used");
        };
        self.enlarge(*entry, minor);
    }
}

#[test]
fn what_an_old_program_took_is_read_and_the_next_request_is_answered() {
    let Old(mut bench) = {
        let mut old = Old::new();
        old.authorize("sale", 100, true);
        old.bill("all", i64::MAX);
        old.bill("more-than-all", 101);
        old
    };
    assert_eq!(bench.card().balance.minor, i64::MIN);
    assert_eq!(bench.card().available_minor(), i128::from(i64::MAX) - i128::from(i64::MIN));
    bench.check();
    let sale = bench.ledger.payments().next().unwrap().id;
    let refund = Bench::refund_of("r", sale, 100);
    assert_eq!(bench.refund(&refund), Ok(Err(RefundRefusal::CreditTooLarge)));
    assert_eq!(bench.refund(&refund), Ok(Err(RefundRefusal::CreditTooLarge)), "again");
    let refused = bench.pay_bill(&Bench::bill("more", 1)).unwrap().refused;
    assert_eq!(refused, Some(DeclineReason::NotPermitted));
    assert_eq!(
        bench.authorize(&Bench::sale("spends-it", MAX_AMOUNT_MINOR)).unwrap().status,
        PaymentStatus::Captured
    );
    let other = Bench::new_card("other", MAX_LIMIT_MINOR).decide(&bench.ledger, bench.stamp());
    bench.apply(other.unwrap());
    let mut sale = Bench::sale("of-another-card", 5);
    sale.card.token = CardToken::parse("other").unwrap();
    assert_eq!(bench.authorize(&sale).unwrap().status, PaymentStatus::Captured);
    bench.check();
    bench.restore();
    bench.check();
}

#[test]
fn a_hold_of_all_there_is_can_be_let_go_and_nothing_is_held_beyond_it() {
    let Old(mut bench) = {
        let mut old = Old::new();
        old.bill("credit", i64::MAX);
        old.authorize("hold", i64::MAX - 5, false);
        old
    };
    let hold = bench.ledger.payments().next().unwrap().id;
    // There is more left than an `i64` has room for in what is held.
    let more = Authorize { capture: false, ..Bench::sale("more", 6) };
    let declined = PaymentStatus::Declined(DeclineReason::InsufficientFunds);
    assert_eq!(bench.authorize(&more).unwrap().status, declined);
    let all = Bench::capture_of("all", hold, i64::MAX - 5);
    assert_eq!(bench.capture(&all), Err(CaptureError::AmountTooLarge));
    assert!(bench.capture(&Bench::capture_of("part", hold, MAX_AMOUNT_MINOR)).unwrap().is_ok());
    assert_eq!(bench.card().held.minor, 0);
    let all = Bench::refund_of("back", hold, MAX_AMOUNT_MINOR + 1);
    assert_eq!(bench.refund(&all), Err(RefundError::AmountTooLarge));
    bench.check();
}

#[test]
fn nothing_larger_than_the_largest_is_taken_and_the_largest_is() {
    let mut bench = Bench::with_card(MAX_LIMIT_MINOR);
    for minor in [MAX_AMOUNT_MINOR + 1, MAX_LIMIT_MINOR, i64::MAX] {
        let asked = bench.authorize(&Bench::sale("k", minor));
        assert_eq!(asked, Err(AuthorizeError::AmountTooLarge), "{minor}");
    }
    let sale = bench.authorize(&Bench::sale("k", MAX_AMOUNT_MINOR)).unwrap();
    assert_eq!(sale.status, PaymentStatus::Captured);
    bench.pay_bill(&Bench::bill("a", MAX_AMOUNT_MINOR)).unwrap();
    bench.pay_bill(&Bench::bill("b", MAX_AMOUNT_MINOR)).unwrap();
    assert_eq!(bench.card().balance.minor, -MAX_AMOUNT_MINOR);
    let refund = bench.refund(&Bench::refund_of("r", sale.id, 1));
    assert_eq!(refund, Ok(Err(RefundRefusal::CreditTooLarge)), "as much in credit as it may be");
    bench.check();
}

#[test]
fn an_installment_is_at_least_five_reais() {
    let mut bench = Bench::with_card(MAX_LIMIT_MINOR);
    let plan = |minor, installments| Authorize { installments, ..Bench::sale("k", minor) };
    for (minor, installments) in [(12, 12), (5_999, 12), (999, 2)] {
        let asked = bench.authorize(&plan(minor, installments));
        assert_eq!(asked, Err(AuthorizeError::InstallmentTooSmall), "{minor} in {installments}");
    }
    assert!(bench.authorize(&plan(6_000, 12)).is_ok());
    assert!(bench.authorize(&Authorize { key: Bench::key("l"), ..plan(1, 1) }).is_ok());
}
