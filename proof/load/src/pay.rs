//! Many payers at once.

mod cards;
mod log_writer;
mod pace;
mod payer;
mod report;

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bancada_grpc::client::{BankAddress, connect};
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_telemetry::clock;
use tokio::time::Instant;

use crate::log::LogError;
use log_writer::LogWriter;
use pace::Pace;
use payer::Payer;
pub use report::{Numbers, Report};

/// Connections; one is read by one task.
const N_CHANNELS: usize = 4;

/// What is to be paid, how fast and for how long.
#[derive(Clone, Debug)]
pub struct Load {
    /// Whom the payers pay at.
    pub bank: BankAddress,
    /// How long new payments begin.
    pub duration: Duration,
    /// Payments in progress at once.
    pub concurrency: NonZeroU16,
    /// Payments per second; without a rate, as many as the Bank takes.
    pub rate: Option<u32>,
    /// Decides cards and amounts. The keys of two runs differ whatever the seed: the second run
    /// would only be told the first run's answers.
    pub seed: u64,
    /// Cards to pay with, at least one; one in ten has a limit of 500.00.
    pub n_cards: NonZeroU16,
    /// How long a payment without an answer is repeated before it is unknown.
    pub resolve_within: Duration,
    /// Where to write what was asked and answered: one JSON object a line, [`Paid`].
    pub log: Option<PathBuf>,
}

/// Why a load ended without a report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The log could not be made or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The Bank issued no cards to pay with.
    #[error("the bank issues no cards: {0}")]
    NoCards(String),
    /// The Bank refused what no repetition mends.
    #[error("the bank refused a payment: {0}")]
    Refused(String),
    /// The Bank answered with a payment that is none.
    #[error("the bank answered without a payment")]
    NoPayment,
    /// A payer panicked.
    #[error("a payer panicked")]
    Panicked,
}

impl Load {
    /// Issues the cards, pays until the time is over or `stop` resolves, and finishes what is in
    /// progress then. `begun` is told before the first payment.
    ///
    /// # Errors
    /// When the Bank refuses what no repetition mends, or the log cannot be written. That the Bank
    /// is away is no error: payments are unknown then.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
        begun: impl FnOnce(),
    ) -> Result<Report, LoadError> {
        let log = self.log.as_deref().map(LogWriter::create).transpose()?;
        let cards = cards::issue(&self.bank, self.seed, self.n_cards.get().into()).await?;
        let cards = Arc::new(cards);
        let channels: Vec<_> =
            (0..N_CHANNELS).map(|_| BankServiceClient::new(connect(&self.bank))).collect();

        let run = clock::uuid().simple().to_string();
        let start = Instant::now();
        let pace = Arc::new(Pace::new(start, self.duration, self.rate));
        let stopped = Arc::clone(&pace);
        let stopping = tokio::spawn(async move {
            stop.await;
            stopped.stop();
        });
        begun();
        let payers: Vec<_> = (0..self.concurrency.get())
            .map(|number| {
                let payer = Payer {
                    bank: channels[usize::from(number) % N_CHANNELS].clone(),
                    name: format!("load-{run}-{number}"),
                    seed: self.seed.wrapping_mul(65_537).wrapping_add(number.into()),
                    cards: Arc::clone(&cards),
                    pace: Arc::clone(&pace),
                    resolve_within: self.resolve_within,
                    log: log.as_ref().map(LogWriter::sender),
                };
                tokio::spawn(payer.pay())
            })
            .collect();
        let mut report = Report::new();
        for payer in payers {
            report.add(&payer.await.map_err(|_| LoadError::Panicked)??);
        }
        report.took = start.elapsed().max(Duration::from_millis(1));
        stopping.abort();
        if let Some(log) = log {
            log.finish()?;
        }
        Ok(report)
    }
}
