//! Paying as the shop does: through its own client, with its budget for retries.

use std::sync::Arc;
use std::time::Duration;

use bancada_checkout::ports::{Bank as _, BankRequest, Outcome, PresentedCard};
use bancada_grpc::client::{BankAddress, BankClient};
use bancada_kernel::{
    CardNumber, Currency, Cvv, Expiry, IdempotencyKey, MerchantId, Money, OrderId,
};
use bancada_telemetry::Metrics;

use crate::cards::Cards;
use crate::load::{Paid, Target};

/// As long as the shop itself waits.
const DEADLINE: Duration = Duration::from_secs(3);

/// One client for all of its clones.
#[derive(Clone)]
pub(crate) struct Shop {
    client: BankClient,
    cards: Cards,
    metrics: Metrics,
}

impl Shop {
    pub(crate) fn new(address: &BankAddress, cards: &Cards) -> Shop {
        let metrics = Metrics::new();
        let client = BankClient::new(address, DEADLINE, metrics.clone());
        Shop { client, cards: cards.clone(), metrics }
    }

    /// How often the Bank was asked to authorize, retries included.
    pub(crate) fn n_attempts(&self) -> f64 {
        let text = self.metrics.text();
        let is_attempt = |line: &&str| {
            line.starts_with("bancada_grpc_requests_total{")
                && line.contains("method=\"BankService/Authorize\"")
                && line.contains("side=\"client\"")
        };
        let counts = text.lines().filter(is_attempt).filter_map(|line| line.rsplit(' ').next());
        counts.filter_map(|count| count.parse::<f64>().ok()).sum()
    }
}

impl Target for Shop {
    async fn pay(&mut self, key: String) -> anyhow::Result<Paid> {
        let number = CardNumber::parse(self.cards.number())?;
        let card = PresentedCard {
            expiry: Expiry::new(2035, 12)?,
            cvv: Cvv::parse("123", number.brand())?,
            number,
            holder: "Ana Teste".to_owned(),
        };
        let answer = self
            .client
            .authorize(BankRequest {
                merchant: MerchantId::parse("bench")?,
                key: IdempotencyKey::parse(&key)?,
                card: Arc::new(card),
                amount: Money { minor: 100, currency: Currency::BRL },
                installments: 1,
                store: "Loja".to_owned(),
                description: "Café".to_owned(),
                order_id: OrderId::new(uuid::Uuid::now_v7()),
                trace: None,
                capture: true,
            })
            .await;
        match answer {
            Ok(answer) => {
                let is_approved = answer.outcome == Outcome::Approved;
                anyhow::ensure!(is_approved, "a payment of the benchmark was declined");
                Ok(Paid::Approved)
            }
            // No room, or no answer in time: the shop asks again later, under the same key.
            Err(_) => Ok(Paid::Overloaded),
        }
    }
}
