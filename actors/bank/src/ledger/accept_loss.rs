//! `accept_loss` begins a new generation of the journal behind what is left of it.

use bancada_kernel::{EventKind, Money, PaymentEvent, PaymentId};

use super::entry::Entry;
use super::key_scope::Stamp;
use super::state::Ledger;

/// Whoever runs the Bank gives up what its journal has lost, or has put a backup in place.
///
/// No payment and no card changes by it. From its position on the journal has another past than
/// whoever knows of what was lost, and the event says so for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptLoss {
    /// Events that somebody knew of, and that are not in the journal.
    pub n_events: u64,
    /// What was known to have moved in them, in minor units: charges, refunds and paid bills, each
    /// for itself.
    pub moved_minor: i64,
}

impl AcceptLoss {
    /// The entry behind the last one that is left.
    pub fn entry(self, ledger: &Ledger, stamp: Stamp) -> Entry {
        let AcceptLoss { n_events, moved_minor } = self;
        let last = ledger.position();
        let event = PaymentEvent {
            event_id: stamp.event_id,
            kind: EventKind::LossAccepted,
            position: last + 1,
            transaction_id: PaymentId::new(stamp.event_id.uuid()),
            card: None,
            amount: Money { minor: moved_minor, currency: ledger.currency() },
            payment: None,
            store: String::new(),
            description: format!("{n_events} events behind position {last} were given up"),
            merchant_id: None,
            order_id: String::new(),
            decline: None,
            installments: 1,
            occurred_at: stamp.now,
            trace: stamp.trace,
        };
        Entry::of_event(event, stamp.ran)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::Bench;

    #[test]
    fn a_loss_changes_no_payment_and_stays_in_the_journal() {
        let mut bench = Bench::with_card(1_000);
        bench.authorize(&Bench::sale("k", 100)).unwrap();
        let (balance, before) = (bench.card().balance, bench.ledger.mark());
        let loss = AcceptLoss { n_events: 12, moved_minor: 3_400 };
        let entry = loss.entry(&bench.ledger, bench.stamp());
        assert_eq!(entry.event.given_up(), Some(12));
        assert_eq!(entry.event.amount.minor, 3_400);
        bench.apply(entry);
        assert_eq!(bench.card().balance, balance);
        let after = bench.ledger.mark();
        assert_eq!(after.position, before.position + 1);
        assert_ne!(after.chain, before.chain);
        // It goes on from there.
        bench.authorize(&Bench::sale("l", 100)).unwrap();
        bench.check();
    }
}
