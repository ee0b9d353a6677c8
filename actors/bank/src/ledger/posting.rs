//! Double entry: every movement of money is a set of postings that sum to zero.

use bancada_kernel::{CardToken, MerchantId};
use serde::{Deserialize, Serialize};

/// Whose books a posting is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Account {
    /// What a cardholder owes the Bank.
    Card(CardToken),
    /// What the Bank owes a merchant, until settlement.
    MerchantSettlement(MerchantId),
}

/// One side of a movement, in minor units of the ledger's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Which account.
    pub account: Account,
    /// Positive is a debit, negative a credit.
    pub amount_minor: i64,
}

/// The postings of a charge: the cardholder owes more, and the merchant is owed as much.
pub(super) fn charge(card: &CardToken, merchant: &MerchantId, amount_minor: i64) -> Vec<Posting> {
    vec![
        Posting { account: Account::Card(card.clone()), amount_minor },
        Posting {
            account: Account::MerchantSettlement(merchant.clone()),
            amount_minor: -amount_minor,
        },
    ]
}
