//! `issue_card` opens a card's account.

use bancada_kernel::calendar::Day;
use bancada_kernel::limits::MAX_LIMIT_MINOR;
use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, EventKind, Expiry, Money,
    PaymentEvent,
};

use super::entry::{Entry, IssuedCard};
use super::key_scope::Stamp;
use super::state::Ledger;

/// A new card, already without its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueCard {
    /// Token of the number.
    pub token: CardToken,
    /// `************1234`
    pub masked_number: String,
    /// Brand by the number.
    pub brand: Brand,
    /// Name on the card.
    pub holder: String,
    /// Valid through this month.
    pub expiry: Expiry,
    /// Credit limit.
    pub limit: Money,
    /// Day of month, 1 to 28, so that every month has it.
    pub closing_day: u8,
    /// Day of month, 1 to 28.
    pub due_day: u8,
    /// Makes a demo card that declines every payment.
    pub always_declines: Option<DeclineReason>,
}

/// Why a card is not issued, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueCardError {
    /// The number has an account.
    #[error("a card with this number exists already")]
    Exists,
    /// Nobody could be named on it.
    #[error("the holder's name must have 1 to 64 characters")]
    HolderOutOfRange,
    /// Its month is over.
    #[error("the card has expired before it is issued")]
    Expired,
    /// Less than zero.
    #[error("the limit must not be negative")]
    LimitNegative,
    /// More than a card may have.
    #[error("the limit must be at most {MAX_LIMIT_MINOR} minor units")]
    LimitTooLarge,
    /// Not the ledger's currency.
    #[error("the currency is not the one this bank keeps its books in")]
    CurrencyNotSupported,
    /// Not a day that every month has.
    #[error("the closing and due days must be 1 to 28")]
    DayOutOfRange,
}

impl IssueCard {
    /// Decides whether the card is issued.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Entry, IssueCardError> {
        if ledger.card(&self.token).is_some() {
            return Err(IssueCardError::Exists);
        }
        if self.holder.trim().is_empty() || self.holder.chars().count() > 64 {
            return Err(IssueCardError::HolderOutOfRange);
        }
        let (year, month) = Day::of(stamp.now).year_month();
        if self.expiry.is_past(year, month) {
            return Err(IssueCardError::Expired);
        }
        if self.limit.minor < 0 {
            return Err(IssueCardError::LimitNegative);
        }
        if self.limit.minor > MAX_LIMIT_MINOR {
            return Err(IssueCardError::LimitTooLarge);
        }
        if self.limit.currency != ledger.currency() {
            return Err(IssueCardError::CurrencyNotSupported);
        }
        let days = 1..=28;
        if !days.contains(&self.closing_day) || !days.contains(&self.due_day) {
            return Err(IssueCardError::DayOutOfRange);
        }
        Ok(self.entry(ledger, stamp))
    }

    fn entry(&self, ledger: &Ledger, stamp: Stamp) -> Entry {
        let nothing = Money { minor: 0, currency: ledger.currency() };
        let after = CardSnapshot {
            holder: self.holder.trim().to_owned(),
            limit: self.limit,
            balance: nothing,
            held: nothing,
            status: CardStatus::Active,
            closing_day: self.closing_day,
            due_day: self.due_day,
        };
        let card = EventCard {
            token: self.token.clone(),
            sequence: 1,
            masked_number: self.masked_number.clone(),
            brand: self.brand,
            after: Some(after),
        };
        let event = PaymentEvent::of_card(
            EventKind::CardIssued,
            stamp.event_id,
            ledger.position() + 1,
            card,
            nothing,
            stamp.now,
            stamp.trace,
        );
        let issued = IssuedCard { expiry: self.expiry, always_declines: self.always_declines };
        Entry { issued: Some(issued), ..Entry::of_event(event, stamp.ran) }
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::Currency;

    use super::*;
    use crate::ledger::fixture::Bench;

    #[test]
    fn a_card_is_issued_once_and_only_with_sense() {
        let bench = Bench::with_card(1000);
        let good = Bench::new_card("another", 500);
        for good in [
            good.clone(),
            IssueCard { holder: "é".repeat(64), ..good.clone() },
            IssueCard { limit: Money::brl(0), ..good.clone() },
            IssueCard { limit: Money::brl(MAX_LIMIT_MINOR), ..good.clone() },
            IssueCard { expiry: Expiry::new(2026, 11).unwrap(), ..good.clone() },
            IssueCard { closing_day: 1, due_day: 28, ..good.clone() },
            IssueCard { closing_day: 28, due_day: 1, ..good.clone() },
        ] {
            assert!(good.decide(&bench.ledger, bench.stamp()).is_ok(), "{good:?}");
        }
        let dollars = Money { minor: 500, currency: Currency::USD };
        let taken = IssueCard { token: Bench::token(), ..good.clone() };
        for (command, error) in [
            (taken, IssueCardError::Exists),
            (IssueCard { holder: " ".into(), ..good.clone() }, IssueCardError::HolderOutOfRange),
            (
                IssueCard { holder: "x".repeat(65), ..good.clone() },
                IssueCardError::HolderOutOfRange,
            ),
            (
                IssueCard { expiry: Expiry::new(2026, 10).unwrap(), ..good.clone() },
                IssueCardError::Expired,
            ),
            (IssueCard { limit: Money::brl(-1), ..good.clone() }, IssueCardError::LimitNegative),
            (
                IssueCard { limit: Money::brl(MAX_LIMIT_MINOR + 1), ..good.clone() },
                IssueCardError::LimitTooLarge,
            ),
            (IssueCard { limit: dollars, ..good.clone() }, IssueCardError::CurrencyNotSupported),
            (IssueCard { due_day: 29, ..good.clone() }, IssueCardError::DayOutOfRange),
            (IssueCard { closing_day: 0, ..good.clone() }, IssueCardError::DayOutOfRange),
        ] {
            assert_eq!(command.decide(&bench.ledger, bench.stamp()), Err(error));
        }
    }
}
