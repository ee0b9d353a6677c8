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
    /// What the open fatura still asks: what was charged in it, as far as it is still owed. What a
    /// cardholder pays goes to earlier faturas first, for they are due first.
    pub fn fatura_due(&self) -> Money {
        let owed = self.state.now.balance.minor.max(0);
        Money { minor: self.current_fatura.minor.min(owed), ..self.current_fatura }
    }

    /// What can still be spent: limit less what is owed and held. Exact but for a card that an old
    /// journal left in credit by more than any can have today.
    pub fn available(&self) -> Money {
        let card = &self.state.now;
        let used = i128::from(card.balance.minor) + i128::from(card.held.minor);
        let minor = (i128::from(card.limit.minor) - used).clamp(i64::MIN.into(), i64::MAX.into());
        Money { minor: i64::try_from(minor).unwrap_or(i64::MAX), ..card.limit }
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::CardStatus;

    use super::*;

    #[test]
    fn a_fatura_asks_for_what_of_it_is_still_owed() {
        // Charged in the open fatura, and owed in all.
        for (charged, balance, expected) in [
            (0, 0, 0),
            (3_990, 3_990, 3_990),
            (3_990, 2_990, 2_990),   // a part was paid
            (3_990, 0, 0),           // all was paid
            (3_990, -10, 0),         // more was paid: a credit
            (3_990, 13_990, 3_990),  // an earlier fatura is open as well
            (-1_000, 5_000, -1_000), // what an earlier fatura charged was returned
            (0, -500, 0),
        ] {
            let nothing = Money::brl(0);
            let now = CardSnapshot {
                holder: "Ana".to_owned(),
                limit: Money::brl(100_000),
                balance: Money::brl(balance),
                held: nothing,
                status: CardStatus::Active,
                closing_day: 5,
                due_day: 15,
            };
            let state = CardState {
                token: CardToken::parse("tok_1").unwrap(),
                brand: Brand::Visa,
                masked_number: "************4242".to_owned(),
                now,
                sequence: 1,
                position: 1,
            };
            let card = StatementCard { state, current_fatura: Money::brl(charged) };
            assert_eq!(card.fatura_due(), Money::brl(expected), "{charged} of {balance}");
        }
    }
}
