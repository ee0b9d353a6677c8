//! Asks everybody who is compared.

mod bank;
mod checkout;
mod elasticsearch;
mod error;
mod extrato;
mod kafka;
mod patience;

use std::path::PathBuf;
use std::time::Duration;

use bancada_grpc::client::BankAddress;
use bancada_kafka::Brokers;
use bancada_pipeline::HttpAddress;

use crate::verdict::Verdict;
use crate::{checkout as shop, payers};
use bank::BankFeed;
pub use error::{AuditError, ReadError};

/// One question to a service.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Who is held against the Bank.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The Bank: what its feed tells is what happened.
    pub bank: BankAddress,
    /// What payers were told, as [`bancada_load`] wrote it.
    pub load_log: Option<PathBuf>,
    /// Whether that log may end too early, which is a finding otherwise.
    pub log_may_be_cut: bool,
    /// The shop.
    pub checkout: Option<HttpAddress>,
    /// The statement.
    pub extrato: Option<HttpAddress>,
    /// The brokers that have the topic of payments.
    pub kafka: Option<Brokers>,
    /// Where the documents of payments are.
    pub elasticsearch: Option<HttpAddress>,
    /// How long whoever is behind the Bank may take to catch up.
    pub catch_up_within: Duration,
}

impl Audit {
    /// Reads all of them, and judges. Whoever cannot be read is a part of the verdict.
    ///
    /// # Errors
    /// When the Bank or the load log cannot be read: nothing is known then.
    pub async fn verdict(&self) -> Result<Verdict, AuditError> {
        let web = reqwest::Client::builder().timeout(ANSWER_WITHIN).build();
        let web = web.map_err(|error| AuditError::NoClient(error.into()))?;
        // The shop is asked first: an order that is paid later than the Bank is read is not
        // missing.
        let orders = match &self.checkout {
            Some(url) => Some(checkout::orders(&web, url).await),
            None => None,
        };
        let (feed, bank) = BankFeed::read(&self.bank).await.map_err(AuditError::Bank)?;
        let (mut comparisons, mut cut) = (Vec::new(), None);
        if let Some(path) = &self.load_log {
            let log = bancada_load::read_log(path)?;
            comparisons.push(payers::compare(&log.payments, &bank));
            cut = log.cut;
        }
        let within = self.catch_up_within;
        if let (Some(orders), Some(url)) = (orders, &self.checkout) {
            let orders = match orders {
                Ok(orders) => checkout::with_refunds(orders, &web, url, &bank, within).await,
                Err(error) => Err(error),
            };
            comparisons.push(match orders {
                Ok(orders) => shop::compare(&orders, &bank),
                Err(error) => checkout::unread(&error),
            });
        }
        if let Some(brokers) = &self.kafka {
            comparisons.push(kafka::audit(brokers, &feed, &bank, within).await);
        }
        if let Some(url) = &self.extrato {
            comparisons.push(extrato::audit(&web, url, &feed, &bank, within).await);
        }
        if let Some(address) = &self.elasticsearch {
            comparisons.push(elasticsearch::audit(address, &feed, &bank, within).await);
        }
        Ok(Verdict::new(&bank, comparisons).of_log(cut, self.log_may_be_cut))
    }
}
