//! A card's account.

use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, Expiry, Money, Text,
};
use serde::{Deserialize, Serialize};

/// A card that the Bank issued. Holds no number, only its token and last four digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CardAccount {
    /// Stands for the number.
    pub token: CardToken,
    /// `************1234`
    pub masked_number: Text,
    /// Its brand.
    pub brand: Brand,
    /// Name on the card.
    pub holder: String,
    /// Valid through this month.
    pub expiry: Expiry,
    /// Credit limit.
    pub limit: Money,
    /// Owed: captured less refunded, and less what the cardholder paid. Below zero, the cardholder
    /// has a credit.
    pub balance: Money,
    /// Authorized and not captured.
    pub held: Money,
    /// Whether it can pay.
    pub status: CardStatus,
    /// Day of month, 1 to 28.
    pub closing_day: u8,
    /// Day of month, 1 to 28.
    pub due_day: u8,
    /// The reason with which a demo card declines every payment.
    pub always_declines: Option<DeclineReason>,
    /// How many events this card has had (L5).
    pub sequence: u64,
}

impl CardAccount {
    /// limit - balance - holds, in minor units (L2 keeps approvals from making it negative). As
    /// wide as it can become: a card of a journal from before there were largest amounts may be in
    /// credit by more than an `i64` has room for beside its limit.
    pub fn available_minor(&self) -> i128 {
        i128::from(self.limit.minor) - i128::from(self.balance.minor) - i128::from(self.held.minor)
    }

    /// The balance once so much is returned or paid; `None` where the card would be in credit by
    /// more than [`MAX_AMOUNT_MINOR`].
    pub(super) fn balance_after_credit(&self, amount: Money) -> Option<Money> {
        let minor = self.balance.minor.checked_sub(amount.minor)?;
        (minor >= -MAX_AMOUNT_MINOR).then_some(Money { minor, ..self.balance })
    }

    /// What a statement shows of the card.
    pub fn snapshot(&self) -> CardSnapshot {
        CardSnapshot {
            holder: self.holder.clone(),
            limit: self.limit,
            balance: self.balance,
            held: self.held,
            status: self.status,
            closing_day: self.closing_day,
            due_day: self.due_day,
        }
    }

    /// This card in its next event, as it will stand after it.
    pub(super) fn in_next_event(&self, after: CardSnapshot) -> EventCard {
        EventCard {
            token: self.token.clone(),
            sequence: self.sequence + 1,
            masked_number: self.masked_number.to_string(),
            brand: self.brand,
            after: Some(after),
        }
    }
}
