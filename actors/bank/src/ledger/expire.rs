//! `expire` releases holds that nobody captured in time.
//!
//! Time is an argument. The shell asks again and again what has expired by now; the answer is one
//! entry per hold, decided by the same single writer as every capture, so that the two cannot
//! both happen.

use bancada_kernel::EventKind;

use super::entry::Entry;
use super::key_scope::Stamp;
use super::operation::payment_entry;
use super::state::Ledger;
use super::void::release;

/// How long a hold lasts: 7 days, the window of Visa, Mastercard, American Express and Discover
/// for a payment that its cardholder starts online (docs.stripe.com/payments/capture-later).
pub const HOLD_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Asks what has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expire;

impl Expire {
    /// The release of the oldest hold, if its time is over by `stamp.now`. Apply it and ask again:
    /// `None` says that no hold is due.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Option<Entry> {
        let payment = ledger.oldest_hold()?;
        (stamp.now >= payment.hold_ends_at()).then(|| {
            let effect = release(ledger, payment, EventKind::PaymentExpired);
            payment_entry(ledger, stamp, payment, effect)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::PaymentStatus;
    use crate::ledger::fixture::{Bench, NOW};

    #[test]
    fn only_open_holds_expire_each_at_its_time() {
        let mut bench = Bench::with_card(1000);
        let (first, captured, voided) =
            (bench.hold("a", 100), bench.hold("b", 100), bench.hold("c", 100));
        bench.capture(&Bench::capture_of("cap", captured, 100)).unwrap().unwrap();
        bench.void(&Bench::void_of("void", voided)).unwrap().unwrap();
        bench.now += 1;
        let second = bench.hold("d", 100);
        bench.now = NOW.0 + HOLD_MS - 1;
        assert_eq!(bench.expire(), 0);
        bench.now += 1;
        assert_eq!(bench.expire(), 1);
        assert_eq!(bench.payment(first).status, PaymentStatus::Expired);
        assert_eq!(bench.payment(second).status, PaymentStatus::Authorized);
        bench.now += 1;
        assert_eq!((bench.expire(), bench.expire()), (1, 0));
        let card = bench.card();
        assert_eq!((card.held.minor, card.balance.minor, card.available_minor()), (0, 100, 900));
        bench.check();
    }

    #[test]
    fn a_clock_set_back_lets_nothing_expire_early() {
        let mut bench = Bench::with_card(1000);
        bench.now = NOW.0 + HOLD_MS;
        let late = bench.hold("late", 100);
        bench.now = NOW.0;
        let early = bench.hold("early", 100);
        bench.now = NOW.0 + HOLD_MS;
        assert_eq!(bench.expire(), 1, "the older one first, in whatever order they came");
        assert_eq!(bench.payment(early).status, PaymentStatus::Expired);
        assert_eq!(bench.payment(late).status, PaymentStatus::Authorized);
        bench.check();
    }
}
