//! `change_limit` gives a card another credit limit.

use bancada_kernel::limits::MAX_LIMIT_MINOR;
use bancada_kernel::{CardSnapshot, CardStatus, CardToken, EventKind, Money, PaymentEvent};

use super::entry::Entry;
use super::key_scope::Stamp;
use super::state::Ledger;

/// A card's new limit. It may be less than what is owed and held: nothing is taken back, and
/// nothing more is approved until enough is free again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLimit {
    /// Which card.
    pub token: CardToken,
    /// What it shall be.
    pub limit: Money,
}

/// Why a limit is not changed, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeLimitError {
    /// The Bank has no such card.
    #[error("the bank has no card with this token")]
    UnknownCard,
    /// Less than zero.
    #[error("the limit must not be negative")]
    LimitNegative,
    /// More than a card may have.
    #[error("the limit must be at most {MAX_LIMIT_MINOR} minor units")]
    LimitTooLarge,
    /// Not the ledger's currency.
    #[error("the currency is not the one this bank keeps its books in")]
    CurrencyNotSupported,
    /// Cancelled is for ever.
    #[error("a cancelled card has no use for a limit")]
    Cancelled,
}

impl ChangeLimit {
    /// Decides; `None` when the card has that limit already, so that a repetition is harmless.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Option<Entry>, ChangeLimitError> {
        let account = ledger.card(&self.token).ok_or(ChangeLimitError::UnknownCard)?;
        if self.limit.minor < 0 {
            return Err(ChangeLimitError::LimitNegative);
        }
        if self.limit.minor > MAX_LIMIT_MINOR {
            return Err(ChangeLimitError::LimitTooLarge);
        }
        if self.limit.currency != ledger.currency() {
            return Err(ChangeLimitError::CurrencyNotSupported);
        }
        if account.limit == self.limit {
            return Ok(None);
        }
        if account.status == CardStatus::Cancelled {
            return Err(ChangeLimitError::Cancelled);
        }
        let after = CardSnapshot { limit: self.limit, ..account.snapshot() };
        let event = PaymentEvent::of_card(
            EventKind::CardLimitChanged,
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
    use bancada_kernel::{Currency, DeclineReason};

    use super::*;
    use crate::ledger::fixture::Bench;
    use crate::ledger::{PaymentStatus, SetCardStatus};

    fn to(minor: i64) -> ChangeLimit {
        ChangeLimit { token: Bench::token(), limit: Money::brl(minor) }
    }

    #[test]
    fn a_limit_below_what_is_used_takes_nothing_back_and_approves_nothing_more() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 800);
        bench.change_limit(500);
        assert_eq!(bench.card().available_minor(), -300);
        let declined = bench.authorize(&Bench::sale("one", 1)).unwrap();
        assert_eq!(declined.status, PaymentStatus::Declined(DeclineReason::InsufficientFunds));
        assert!(bench.capture(&Bench::capture_of("c", id, 800)).unwrap().is_ok());
        bench.change_limit(801);
        let approved = bench.authorize(&Bench::sale("two", 1)).unwrap();
        assert_eq!(approved.status, PaymentStatus::Captured);
        bench.check();
    }

    #[test]
    fn a_limit_of_nothing_is_a_limit() {
        let mut bench = Bench::with_card(1000);
        bench.change_limit(0);
        let declined = bench.authorize(&Bench::sale("one", 1)).unwrap();
        assert_eq!(declined.status, PaymentStatus::Declined(DeclineReason::InsufficientFunds));
        bench.check();
    }

    #[test]
    fn refusals_come_in_order_of_precedence() {
        let mut bench = Bench::with_card(1000);
        assert_eq!(to(1000).decide(&bench.ledger, bench.stamp()), Ok(None), "it has it already");
        bench.set_status(&SetCardStatus { token: Bench::token(), status: CardStatus::Cancelled });
        let dollars = |minor| Money { minor, currency: Currency::USD };
        let unknown = CardToken::parse("nobody").unwrap();
        for (command, error) in [
            (ChangeLimit { token: unknown, ..to(-1) }, ChangeLimitError::UnknownCard),
            (ChangeLimit { limit: dollars(-1), ..to(0) }, ChangeLimitError::LimitNegative),
            (to(MAX_LIMIT_MINOR + 1), ChangeLimitError::LimitTooLarge),
            (ChangeLimit { limit: dollars(1), ..to(0) }, ChangeLimitError::CurrencyNotSupported),
            (to(2000), ChangeLimitError::Cancelled),
        ] {
            assert_eq!(command.decide(&bench.ledger, bench.stamp()), Err(error));
        }
        bench.check();
    }
}
