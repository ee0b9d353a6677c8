//! One payer: asks, and asks again with the same key until it knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bancada_kernel::CardNumber;
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_telemetry::clock;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::cards;
use super::report::Tally;
use crate::load_log::{Answer, Paid};

const MERCHANT: &str = "carga";
/// One attempt.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const MIN_DELAY: Duration = Duration::from_millis(20);
const MAX_DELAY: Duration = Duration::from_secs(1);

/// When payments are due.
pub(super) struct Pace {
    start: Instant,
    end: Instant,
    rate: Option<u32>,
    n_taken: AtomicU64,
    is_over: AtomicBool,
}

impl Pace {
    pub(super) fn new(start: Instant, duration: Duration, rate: Option<u32>) -> Pace {
        let (n_taken, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        Pace { start, end: start + duration, rate, n_taken, is_over }
    }

    /// Ends it before its time.
    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Waits for the next payment's turn and returns it; `None` when the time is over. With a
    /// rate, the turn is when it should have been: a slow Bank does not slow its own measurement.
    async fn turn(&self) -> Option<Instant> {
        let due = match self.rate {
            None => Instant::now(),
            Some(rate) => {
                let taken = self.n_taken.fetch_add(1, Ordering::Relaxed);
                let nanos = u128::from(taken) * 1_000_000_000 / u128::from(rate);
                let due =
                    self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                if due < self.end {
                    sleep_until(due).await;
                }
                due
            }
        };
        // What the Bank did not take in time is not made up for afterwards.
        let is_late = Instant::now() >= self.end;
        (due < self.end && !is_late && !self.is_over.load(Ordering::Relaxed)).then_some(due)
    }
}

pub(super) struct Payer {
    pub(super) bank: BankServiceClient<Channel>,
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) cards: Arc<Vec<CardNumber>>,
    pub(super) pace: Arc<Pace>,
    pub(super) resolve_within: Duration,
    pub(super) log: Option<mpsc::Sender<Paid>>,
}

impl Payer {
    /// Pays until the time is over.
    pub(super) async fn pay(mut self) -> anyhow::Result<Tally> {
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
    ) -> anyhow::Result<(Option<v1::Payment>, u32)> {
        let give_up = Instant::now() + self.resolve_within;
        let (mut delay, mut attempts) = (MIN_DELAY, 0);
        loop {
            attempts += 1;
            let asking = self.bank.authorize(request.clone());
            let status = match timeout(ANSWER_WITHIN, asking).await {
                Ok(Ok(answer)) => {
                    let payment = answer.into_inner().payment;
                    let payment =
                        payment.ok_or_else(|| anyhow::anyhow!("an answer without a payment"))?;
                    return Ok((Some(payment), attempts));
                }
                Ok(Err(status)) => status,
                Err(_) => Status::deadline_exceeded("no answer in time"),
            };
            // Nothing that repeating could mend.
            if matches!(status.code(), Code::InvalidArgument | Code::AlreadyExists) {
                anyhow::bail!("the bank refused a payment: {}", status.message());
            }
            if Instant::now() + delay >= give_up {
                return Ok((None, attempts));
            }
            sleep(delay).await;
            delay = (delay * 2).min(MAX_DELAY);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_rate_that_the_bank_does_not_take_ends_with_the_time() {
        let now = Instant::now();
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3_600));
        let start = now.checked_sub(second).unwrap();
        // A second has passed, and a million payments are due that nobody has made.
        let late = Pace::new(start, second, Some(1_000_000));
        assert_eq!(late.turn().await, None);
        let behind = Pace::new(start, hour, Some(1_000_000));
        assert_eq!(behind.turn().await, Some(start), "its turn is when it should have been");
        assert_eq!(Pace::new(now, hour, None).turn().await.map(|due| due >= now), Some(true));
        behind.stop();
        assert_eq!(behind.turn().await, None);
    }
}
