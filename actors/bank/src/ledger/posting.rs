//! Double entry: every movement of money is a set of postings that sum to zero.
//!
//! | step | debit | credit |
//! |---|---|---|
//! | authorize, void, expire | | |
//! | sale, capture | the card | the merchant's settlement |
//! | refund | the merchant's settlement | the card |
//! | bill | what cardholders paid | the card |
//!
//! A hold is no posting: nobody owes anything yet. It is a note on the card that makes its
//! available limit smaller, and a capture removes the whole note, also where it charges less.

use bancada_kernel::{CardToken, MerchantId};
use serde::{Deserialize, Serialize};

/// Whose books a posting is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Account {
    /// What a cardholder owes the Bank.
    Card(CardToken),
    /// What the Bank owes a merchant, until settlement.
    MerchantSettlement(MerchantId),
    // Accounts are added at the end: their order is part of the Bank's record.
    /// What cardholders paid the Bank toward their bills.
    BillPayments,
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
    let card = Account::Card(card.clone());
    move_between(card, Account::MerchantSettlement(merchant.clone()), amount_minor)
}

/// The postings of a refund: the merchant gives back what it is owed, or owes it from now on, and
/// the cardholder owes less, or is owed it.
pub(super) fn refund(card: &CardToken, merchant: &MerchantId, amount_minor: i64) -> Vec<Posting> {
    let card = Account::Card(card.clone());
    move_between(Account::MerchantSettlement(merchant.clone()), card, amount_minor)
}

/// The postings of a bill that is paid: the Bank has received the money, and the cardholder owes
/// less, or is owed it.
pub(super) fn bill_payment(card: &CardToken, amount_minor: i64) -> Vec<Posting> {
    move_between(Account::BillPayments, Account::Card(card.clone()), amount_minor)
}

fn move_between(debited: Account, credited: Account, amount_minor: i64) -> Vec<Posting> {
    vec![
        Posting { account: debited, amount_minor },
        Posting { account: credited, amount_minor: -amount_minor },
    ]
}
