//! `set_card_status` blocks, unblocks or cancels a card.

use bancada_kernel::{CardSnapshot, CardStatus, CardToken, EventKind, Money, PaymentEvent};

use super::entry::Entry;
use super::key_scope::Stamp;
use super::state::Ledger;

/// A card's new status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCardStatus {
    /// Which card.
    pub token: CardToken,
    /// What it shall be.
    pub status: CardStatus,
}

/// Why a status is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetCardStatusError {
    /// The Bank has no such card.
    #[error("the bank has no card with this token")]
    UnknownCard,
    /// Cancelled is for ever.
    #[error("a cancelled card stays cancelled; issue another")]
    Cancelled,
}

impl SetCardStatus {
    /// Decides; `None` when the card has that status already, so that a repetition is harmless.
    pub fn decide(
        &self,
        ledger: &Ledger,
        stamp: Stamp,
    ) -> Result<Option<Entry>, SetCardStatusError> {
        let account = ledger.card(&self.token).ok_or(SetCardStatusError::UnknownCard)?;
        if account.status == self.status {
            return Ok(None);
        }
        if account.status == CardStatus::Cancelled {
            return Err(SetCardStatusError::Cancelled);
        }
        let after = CardSnapshot { status: self.status, ..account.snapshot() };
        let event = PaymentEvent::of_card(
            EventKind::CardStatusChanged,
            stamp.event_id,
            ledger.position() + 1,
            account.in_next_event(after),
            Money { minor: 0, currency: ledger.currency() },
            stamp.now,
            stamp.trace,
        );
        Ok(Some(Entry::of_event(event, stamp.ran)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::Bench;

    #[test]
    fn a_status_changes_once_and_cancelled_is_for_ever() {
        let mut bench = Bench::with_card(1000);
        let to = |status| SetCardStatus { token: Bench::token(), status };
        bench.set_status(&to(CardStatus::Blocked));
        assert_eq!(to(CardStatus::Blocked).decide(&bench.ledger, bench.stamp()), Ok(None));
        bench.set_status(&to(CardStatus::Active));
        bench.set_status(&to(CardStatus::Cancelled));
        let error = to(CardStatus::Active).decide(&bench.ledger, bench.stamp());
        assert_eq!(error, Err(SetCardStatusError::Cancelled));
        assert_eq!(bench.card().sequence, 4);
        bench.check();
    }
}
