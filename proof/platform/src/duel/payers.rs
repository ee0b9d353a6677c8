//! Payers: everyone pays again as soon as the answer is there, and never twice for one thing.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bancada_grpc::client::{BankAddress, connect, never_connected};
use bancada_proto::codebank::PaymentRequest;
use bancada_proto::codebank::payment_request::CreditCard;
use bancada_proto::codebank::payment_service_client::PaymentServiceClient;
use hdrhistogram::Histogram;
use tonic::Code;

/// What everything costs.
pub(super) const AMOUNT_MINOR: i64 = 100;
/// A payer that is not answered by then has no answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Between two tries to reach a Bank that is away.
const PAUSE: Duration = Duration::from_millis(20);
const N_CHANNELS: usize = 4;

/// A card to pay with.
#[derive(Clone)]
pub(super) struct Card {
    pub(super) number: String,
}

impl Card {
    /// The card of this number; it passes the Luhn check (ISO/IEC 7812-1, annex B).
    pub(super) fn new(number: usize) -> Card {
        let digits = format!("45392000{number:07}");
        let check = luhn3::decimal::checksum(digits.as_bytes()).expect("they are digits");
        Card { number: format!("{digits}{}", char::from(check)) }
    }
}

/// What a payer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Approved,
    Declined,
    /// Nothing, or nothing that says what became of it.
    Nothing,
}

/// What all payers were told, by the description of each payment, which is its alone.
#[derive(Clone)]
pub(super) struct Tally {
    pub(super) told: HashMap<String, Told>,
    latency: Histogram<u64>,
}

impl Tally {
    fn new() -> Tally {
        let latency = Histogram::new_with_bounds(1, 60_000_000, 3);
        Tally { told: HashMap::new(), latency: latency.expect("the bounds are right") }
    }

    #[cfg(test)]
    pub(super) fn of(told: &[(&str, Told)]) -> Tally {
        let told = told.iter().map(|(key, told)| ((*key).to_owned(), *told)).collect();
        Tally { told, ..Tally::new() }
    }

    pub(super) fn add(&mut self, other: &Tally) {
        self.told.extend(other.told.iter().map(|(key, told)| (key.clone(), *told)));
        self.latency.add(&other.latency).expect("the bounds are the same");
    }

    fn count(&self, wanted: Told) -> usize {
        self.told.values().filter(|told| **told == wanted).count()
    }

    pub(super) fn n_approved(&self) -> usize {
        self.count(Told::Approved)
    }

    pub(super) fn n_unanswered(&self) -> usize {
        self.count(Told::Nothing)
    }

    /// Approved payments per second.
    #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
    pub(super) fn per_second(&self, duration: Duration) -> f64 {
        self.n_approved() as f64 / duration.as_secs_f64()
    }

    /// A quantile of the time to an answer, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "a minute at most")]
    pub(super) fn ms(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

/// Lets so many payers pay with these cards, for so long or so often, from threads of their own.
pub(super) async fn pay(
    bank: String,
    cards: Vec<Card>,
    payers: u32,
    duration: Duration,
    attempts: Option<i64>,
) -> anyhow::Result<Tally> {
    let paying = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(all(&bank, &Arc::new(cards), payers, duration, attempts))
    };
    tokio::task::spawn_blocking(paying).await?
}

async fn all(
    bank: &str,
    cards: &Arc<Vec<Card>>,
    payers: u32,
    duration: Duration,
    attempts: Option<i64>,
) -> anyhow::Result<Tally> {
    let address = BankAddress::parse(bank)?;
    let channels: Vec<_> = (0..N_CHANNELS).map(|_| connect(&address)).collect();
    let left = Arc::new(AtomicI64::new(attempts.unwrap_or(i64::MAX)));
    let end = Instant::now() + duration;
    let payers: Vec<_> = (0..payers as usize)
        .map(|payer| {
            let bank = PaymentServiceClient::new(channels[payer % N_CHANNELS].clone());
            tokio::spawn(one(bank, Arc::clone(cards), payer, end, Arc::clone(&left)))
        })
        .collect();
    let mut tally = Tally::new();
    for payer in payers {
        tally.add(&payer.await?);
    }
    Ok(tally)
}

async fn one(
    mut bank: PaymentServiceClient<tonic::transport::Channel>,
    cards: Arc<Vec<Card>>,
    payer: usize,
    end: Instant,
    left: Arc<AtomicI64>,
) -> Tally {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut tally = Tally::new();
    let mut turn = payer;
    while Instant::now() < end && left.fetch_sub(1, Ordering::Relaxed) > 0 {
        let description = format!("duel-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        turn += 1;
        let began = Instant::now();
        let request = request(&cards[turn % cards.len()], description.clone());
        let answer = tokio::time::timeout(ANSWER_WITHIN, bank.payment(request)).await;
        let told = match answer {
            Ok(Ok(_)) => Told::Approved,
            Ok(Err(status)) if status.code() == Code::FailedPrecondition => Told::Declined,
            // Nobody was there to be asked.
            Ok(Err(status)) if never_connected(&status) => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Ok(Err(_)) | Err(_) => Told::Nothing,
        };
        if told != Told::Nothing {
            let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            tally.latency.saturating_record(took);
        }
        tally.told.insert(description, told);
    }
    tally
}

fn request(card: &Card, description: String) -> PaymentRequest {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let amount = AMOUNT_MINOR as f64 / 100.0;
    PaymentRequest {
        credit_card: Some(CreditCard {
            name: "Carga Teste".to_owned(),
            number: card.number.clone(),
            expiration_month: 12,
            expiration_year: 2035,
            cvv: 123,
        }),
        amount,
        store: "Duelo".to_owned(),
        description,
    }
}
