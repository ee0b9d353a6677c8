//! Issues the demo cards on an empty bank.

use bancada_kernel::test_cards::{TEST_CARDS, TestCard, TestOutcome};
use bancada_kernel::{CardNumber, Expiry, Money};

use crate::answer::{BankError, CardError, CardRequest, QueryError};
use crate::handle::BankHandle;
use crate::ledger::IssueCardError;

/// The fatura of every demo card closes and is due on these days.
const CLOSING_DAY: u8 = 5;
const DUE_DAY: u8 = 15;

impl BankHandle {
    /// Issues every demo card that does not exist yet. Safe to repeat.
    pub async fn issue_demo_cards(&self) -> Result<(), CardError> {
        for card in TEST_CARDS {
            match self.issue_card(request(card)).await {
                Ok(_) | Err(BankError::Refused(IssueCardError::Exists)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether there are cards, and no demo card among them: they were made with another key.
    pub async fn has_only_strange_cards(&self) -> Result<bool, QueryError> {
        for card in TEST_CARDS {
            if self.find_card(self.token(&request(card).number)).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(!self.list_cards(None, 1).await?.is_empty())
    }
}

fn request(card: &TestCard) -> CardRequest {
    let (year, month) = card.expiry;
    CardRequest {
        number: CardNumber::parse(card.number).expect("a test of the kernel reads every number"),
        holder: card.holder.to_owned(),
        expiry: Expiry::new(year, month).expect("a constant of the kernel"),
        limit: Money::brl(card.limit_minor),
        closing_day: CLOSING_DAY,
        due_day: DUE_DAY,
        always_declines: match card.outcome {
            TestOutcome::Approved => None,
            TestOutcome::Declined(reason) => Some(reason),
        },
    }
}
