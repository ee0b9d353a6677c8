//! A card as its statement knows it.

use bancada_kernel::{Brand, CardSnapshot, CardToken, Money};
use serde::{Deserialize, Serialize};

/// A card after the last event that was applied to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardState {
    /// Its name at the Bank.
    pub token: CardToken,
    /// Its brand.
    pub brand: Brand,
    /// `************1234`
    pub masked_number: String,
    /// Limit, balance, holds, status and days, as the Bank told them with that event.
    pub now: CardSnapshot,
    /// The sequence of that event among the card's own: from 1, without gaps.
    pub sequence: u64,
    /// The position of that event in the Bank's journal.
    pub position: u64,
}

/// A card as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementCard {
    /// The card.
    pub state: CardState,
    /// Charged less returned in the cycle that is open now; negative after a return of what an
    /// earlier fatura charged.
    pub current_fatura: Money,
}

impl StatementCard {
    /// What can still be spent: limit less what is owed and held. Exact but for a card that an old
    /// journal left in credit by more than any can have today.
    pub fn available(&self) -> Money {
        let card = &self.state.now;
        let used = i128::from(card.balance.minor) + i128::from(card.held.minor);
        let minor = (i128::from(card.limit.minor) - used).clamp(i64::MIN.into(), i64::MAX.into());
        Money { minor: i64::try_from(minor).unwrap_or(i64::MAX), ..card.limit }
    }
}
