//! One payer: asks, and asks again with the same key until it knows.

use std::sync::Arc;
use std::time::Duration;

use bancada_kernel::CardNumber;
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_supervision::{Attempts, Retry};
use bancada_telemetry::clock;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::pace::Pace;
use super::report::Tally;
use super::{LoadError, cards};
use crate::log::{Answer, Paid};

const MERCHANT: &str = "carga";
/// One attempt.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const RETRY: Retry = Retry::between(Duration::from_millis(20), Duration::from_secs(1));

pub(crate) struct Payer {
    pub(crate) bank: BankServiceClient<Channel>,
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) cards: Arc<Vec<CardNumber>>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) resolve_within: Duration,
    pub(crate) log: Option<mpsc::Sender<Paid>>,
}

impl Payer {
    /// Pays until the time is over.
    pub(crate) async fn pay(mut self) -> Result<Tally, LoadError> {
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut tally = Tally::new();
        let mut n_paid = 0_u64;
        while let Some(due) = self.pace.turn().await {
            n_paid += 1;
            let number = &self.cards[rng.random_range(0..self.cards.len())];
            let amount_minor = rng.random_range(100..=20_000);
            let key = format!("{}-{n_paid}", self.name);
            let request = request(&key, number, amount_minor);
            let masked = number.masked();
            let sent_at_ms = clock::now().0;
            let (answer, attempts) = self.ask_until_known(&request).await?;
            let took = due.elapsed();
            let paid = Paid {
                key,
                merchant: MERCHANT.to_owned(),
                card: masked,
                amount_minor,
                sent_at_ms,
                took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                attempts,
                answer: match &answer {
                    None => Answer::Unknown,
                    Some(payment) if payment.decline.is_some() => Answer::Declined,
                    Some(_) => Answer::Approved,
                },
                reason: answer.as_ref().and_then(|it| it.decline.clone()).map(|it| it.reason),
                payment_id: answer.map(|payment| payment.payment_id),
            };
            tally.count(&paid);
            if let Some(log) = &self.log {
                // The writer says by itself what is wrong with the file.
                let _ = log.send(paid).await;
            }
        }
        Ok(tally)
    }

    async fn ask_until_known(
        &mut self,
        request: &v1::AuthorizeRequest,
    ) -> Result<(Option<v1::Payment>, u32), LoadError> {
        let give_up = Instant::now() + self.resolve_within;
        let mut attempts = RETRY.attempts();
        loop {
            let asking = self.bank.authorize(request.clone());
            let status = match timeout(ANSWER_WITHIN, asking).await {
                Ok(Ok(answer)) => {
                    let payment = answer.into_inner().payment;
                    return Ok((Some(payment.ok_or(LoadError::NoPayment)?), n_sent(&attempts)));
                }
                Ok(Err(status)) => status,
                Err(_) => Status::deadline_exceeded("no answer in time"),
            };
            // Nothing that repeating could mend.
            if matches!(status.code(), Code::InvalidArgument | Code::AlreadyExists) {
                return Err(LoadError::Refused(status.message().to_owned()));
            }
            let sent = n_sent(&attempts);
            let delay = attempts.failed(0.0);
            if Instant::now() + delay >= give_up {
                return Ok((None, sent));
            }
            sleep(delay).await;
        }
    }
}

/// How often a payment was sent, the attempt in progress included.
fn n_sent(attempts: &Attempts) -> u32 {
    attempts.n_failures().saturating_add(1)
}

fn request(key: &str, number: &CardNumber, amount_minor: i64) -> v1::AuthorizeRequest {
    v1::AuthorizeRequest {
        merchant_id: MERCHANT.to_owned(),
        idempotency_key: key.to_owned(),
        card: Some(cards::details(number)),
        amount: Some(v1::Money { amount_minor, currency: "BRL".to_owned() }),
        capture: true,
        store: "Carga".to_owned(),
        description: "carga".to_owned(),
        order_id: key.to_owned(),
        installments: 1,
    }
}
