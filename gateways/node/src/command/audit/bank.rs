//! Everything the Bank has committed, read from its event feed, and what is wrong with it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use bancada_grpc::client::{BankAddress, FeedClient};
use bancada_grpc::event_from_message;
use bancada_kernel::{CardToken, EventKind, PaymentEvent};

/// The feed sends at once what is there.
const BATCH_WITHIN: Duration = Duration::from_secs(10);

/// One payment at the Bank.
pub(super) struct BankPayment {
    pub(super) is_charged: bool,
    pub(super) amount_minor: i64,
    pub(super) merchant: String,
    pub(super) order_id: String,
    /// Absent for a card that the Bank does not know: no statement shows it.
    pub(super) card: Option<CardToken>,
}

/// A card as its last event left it.
#[derive(Default)]
pub(super) struct BankCard {
    pub(super) balance_minor: i64,
    sequence: u64,
    charged_minor: i64,
}

/// The Bank's past.
#[derive(Default)]
pub(super) struct BankView {
    pub(super) payments: HashMap<String, BankPayment>,
    pub(super) cards: HashMap<CardToken, BankCard>,
    /// Charges by merchant and order.
    pub(super) charges: HashMap<(String, String), Vec<String>>,
    /// Approvals that left less than nothing available.
    pub(super) overspent: Vec<String>,
    /// Gaps, repetitions and balances that do not add up.
    pub(super) broken: Vec<String>,
    position: u64,
}

impl BankView {
    /// Reads everything that is committed now.
    pub(super) async fn read(bank: &str) -> anyhow::Result<BankView> {
        let feed = FeedClient::new(&BankAddress::parse(bank)?);
        let mut batches = feed.subscribe(0).await?;
        let mut view = BankView::default();
        let mut end = None;
        while end.is_none_or(|end| view.position < end) {
            let batch = tokio::time::timeout(BATCH_WITHIN, batches.message()).await;
            let batch = batch.context("it sent no events in time; has it any?")?;
            let batch = batch.map_err(|status| anyhow::anyhow!(status.message().to_owned()))?;
            let batch = batch.context("it ended the feed")?;
            // What is committed later is not part of this audit.
            let end = *end.get_or_insert(batch.committed_position);
            for message in batch.events {
                if message.position <= end {
                    view.add(&event_from_message(message)?);
                }
            }
        }
        for (token, card) in &view.cards {
            if card.balance_minor != card.charged_minor {
                let (balance, charged) = (card.balance_minor, card.charged_minor);
                view.broken.push(format!("{token}: balance {balance}, charged {charged}"));
            }
        }
        Ok(view)
    }

    /// The last position that was read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    fn add(&mut self, event: &PaymentEvent) {
        if event.position != self.position + 1 {
            self.broken.push(format!("position {} after {}", event.position, self.position));
        }
        self.position = event.position;
        let is_charged = event.kind == EventKind::PaymentCaptured;
        let mut known_card = None;
        if let Some(card) = &event.card
            && let Some(after) = &card.after
        {
            known_card = Some(card.token.clone());
            let seen = self.cards.entry(card.token.clone()).or_default();
            if card.sequence != seen.sequence + 1 {
                let text = format!("{}: {} after {}", card.token, card.sequence, seen.sequence);
                self.broken.push(text);
            }
            seen.sequence = card.sequence;
            seen.balance_minor = after.balance.minor;
            if is_charged {
                seen.charged_minor += event.amount.minor;
            }
            let available = after.limit.minor - after.balance.minor - after.held.minor;
            let is_approval = is_charged || event.kind == EventKind::PaymentAuthorized;
            if is_approval && available < 0 {
                let text = format!("{}: {available} at position {}", card.token, event.position);
                self.overspent.push(text);
            }
        }
        if !matches!(
            event.kind,
            EventKind::PaymentCaptured | EventKind::PaymentAuthorized | EventKind::PaymentDeclined
        ) {
            return;
        }
        let id = event.transaction_id.to_string();
        let merchant = event.merchant_id.as_ref().map(ToString::to_string).unwrap_or_default();
        if is_charged {
            let order = (merchant.clone(), event.order_id.clone());
            self.charges.entry(order).or_default().push(id.clone());
        }
        let payment = BankPayment {
            is_charged,
            amount_minor: event.amount.minor,
            merchant,
            order_id: event.order_id.clone(),
            card: known_card,
        };
        if self.payments.insert(id.clone(), payment).is_some() {
            self.broken.push(format!("payment {id} was decided twice"));
        }
    }
}
