//! One question to the Bank about an order.

use std::time::Duration;

use bancada_kernel::{IdempotencyKey, MerchantId};
use tokio::time::timeout;

use crate::ports::{Bank, BankAnswer, BankCallError, BankRequest};

/// How the outcome of an order is learned.
pub(super) enum Inquiry {
    /// By charging the card, for the first time or again: the key makes it the same.
    Charge(Box<BankRequest>),
    /// By looking for the answer that the key got; where there is none the key is closed, because
    /// without the card nobody will ever use it, and a lost copy of the request must not.
    Close { merchant: MerchantId, key: IdempotencyKey },
    /// By looking only. The Bank may have forgotten the answer: that it knows none says nothing,
    /// and a key that were closed now would be called declined, though it may have been charged.
    Find { merchant: MerchantId, key: IdempotencyKey },
}

impl Inquiry {
    /// Asks, for at most `deadline`. `None` where nobody can know the outcome.
    pub(super) async fn ask(
        self,
        bank: &dyn Bank,
        deadline: Duration,
    ) -> Result<Option<BankAnswer>, BankCallError> {
        let answer = async {
            match self {
                Inquiry::Charge(request) => bank.authorize(*request).await.map(Some),
                Inquiry::Close { merchant, key } => match bank.find(&merchant, &key).await? {
                    Some(answer) => Ok(Some(answer)),
                    None => bank.abandon(&merchant, &key).await.map(Some),
                },
                Inquiry::Find { merchant, key } => bank.find(&merchant, &key).await,
            }
        };
        let late = || BankCallError::Unknown(format!("no answer within {deadline:?}"));
        timeout(deadline, answer).await.unwrap_or_else(|_| Err(late()))
    }
}
