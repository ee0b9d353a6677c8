//! One client for both sides: the same messages, the same connections, the same loop.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bancada_grpc::client::{BankAddress, connect};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use hdrhistogram::Histogram;
use tonic::transport::Channel;

const N_CHANNELS: usize = 4;
/// Visa's published test number; the echo does not look at it.
pub(crate) const NUMBER: &str = "4242424242424242";

/// What one round measured.
pub(crate) struct Round {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
}

pub(crate) struct Driver {
    channels: Vec<Channel>,
    concurrency: usize,
    run: std::sync::atomic::AtomicU32,
}

impl Driver {
    pub(crate) fn new(address: SocketAddr, concurrency: usize) -> anyhow::Result<Driver> {
        let address = BankAddress::parse(&format!("http://{address}"))?;
        let channels = (0..N_CHANNELS).map(|_| connect(&address)).collect();
        Ok(Driver { channels, concurrency, run: 0.into() })
    }

    /// The card that pays; its limit is out of reach.
    pub(crate) async fn issue_cards(&self) -> anyhow::Result<()> {
        let request = v1::IssueCardRequest {
            number: NUMBER.to_owned(),
            holder: "Ana Teste".to_owned(),
            expiry_month: 12,
            expiry_year: 2035,
            limit: Some(v1::Money { amount_minor: i64::MAX / 4, currency: "BRL".to_owned() }),
            closing_day: 5,
            due_day: 15,
        };
        let mut cards = CardServiceClient::new(self.channels[0].clone());
        cards.issue_card(request).await.context("the card cannot be issued")?;
        Ok(())
    }

    /// Pays once, with a key that was never used.
    pub(crate) async fn pay_once(&self) -> anyhow::Result<()> {
        let mut client = BankServiceClient::new(self.channels[0].clone());
        let answer =
            client.authorize(request(bancada_telemetry::clock::uuid().to_string())).await?;
        let payment = answer.into_inner().payment.context("an answer without a payment")?;
        anyhow::ensure!(payment.decline.is_none(), "the first payment was declined");
        Ok(())
    }

    /// Calls as often as answers come, for a while.
    pub(crate) async fn run(&self, duration: Duration) -> anyhow::Result<Round> {
        let run = self.run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let started = Instant::now();
        let end = started + duration;
        let callers: Vec<_> = (0..self.concurrency)
            .map(|caller| {
                let channel = self.channels[caller % N_CHANNELS].clone();
                tokio::spawn(call_until(end, channel, format!("{run}-{caller}")))
            })
            .collect();
        let mut latency = histogram();
        for caller in callers {
            latency.add(caller.await??)?;
        }
        let took = started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a few seconds")]
        let ms = |quantile| latency.value_at_quantile(quantile) as f64 / 1_000.0;
        #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
        let per_second = latency.len() as f64 / took;
        Ok(Round { per_second, p50_ms: ms(0.5), p99_ms: ms(0.99), p999_ms: ms(0.999) })
    }
}

async fn call_until(
    end: Instant,
    channel: Channel,
    name: String,
) -> anyhow::Result<Histogram<u64>> {
    let mut client = BankServiceClient::new(channel);
    let mut latency = histogram();
    let mut number = 0_u64;
    while Instant::now() < end {
        number += 1;
        let sent = Instant::now();
        let answer = client.authorize(request(format!("{name}-{number}"))).await?;
        let payment = answer.into_inner().payment.context("an answer without a payment")?;
        anyhow::ensure!(payment.decline.is_none(), "a payment of the benchmark was declined");
        latency.saturating_record(u64::try_from(sent.elapsed().as_micros())?);
    }
    Ok(latency)
}

fn request(key: String) -> v1::AuthorizeRequest {
    v1::AuthorizeRequest {
        merchant_id: "bench".to_owned(),
        order_id: key.clone(),
        idempotency_key: key,
        card: Some(v1::CardDetails {
            number: NUMBER.to_owned(),
            holder: "Ana Teste".to_owned(),
            expiry_month: 12,
            expiry_year: 2035,
            cvv: "123".to_owned(),
        }),
        amount: Some(v1::Money { amount_minor: 100, currency: "BRL".to_owned() }),
        capture: true,
        store: "Loja".to_owned(),
        description: "Café".to_owned(),
        installments: 1,
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(60_000_000, 3).expect("constants within the library's bounds")
}
