//! What every transport does, whichever it is.

use std::sync::Arc;

use async_trait::async_trait;
use bancada_bank::StatusRequest;
use bancada_bank::ledger::PaymentStatus;
use bancada_extrato::ports::{EventSource, EventStream, Offsets, Reached, SourceError};
use bancada_kernel::{CardStatus, IdempotencyKey, MerchantId, PaymentEvent};

use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::Broker;

macro_rules! contract {
    ($($name:ident)*) => {
        mod feed {
            $(#[test] fn $name() {
                super::run(super::$name(super::Bench::new(super::Transport::Feed)));
            })*
        }
        mod kafka {
            $(#[test] fn $name() {
                let broker = super::Broker::shared();
                super::run(super::$name(super::Bench::new(super::Transport::kafka(&broker))));
            })*
        }
    };
}

contract! {
    every_event_arrives_as_it_was_committed
    a_statement_follows_the_bank
    a_statement_that_was_away_continues_where_it_was
    reading_everything_again_changes_nothing
    a_bank_that_was_away_goes_on
}

/// Notes what a statement is given.
#[derive(Clone, Default)]
struct Noted(Arc<std::sync::Mutex<Vec<PaymentEvent>>>);

struct Noting {
    source: Arc<dyn EventSource>,
    noted: Noted,
}

struct NotingStream {
    stream: Box<dyn EventStream>,
    noted: Noted,
}

#[async_trait]
impl EventSource for Noting {
    async fn open(
        &self,
        after: Offsets,
        reached: &[Reached],
    ) -> Result<Box<dyn EventStream>, SourceError> {
        let stream = self.source.open(after, reached).await?;
        Ok(Box::new(NotingStream { stream, noted: self.noted.clone() }))
    }
}

#[async_trait]
impl EventStream for NotingStream {
    async fn next(&mut self) -> Result<bancada_extrato::ports::SourceBatch, SourceError> {
        let batch = self.stream.next().await?;
        let events = batch.records.iter().map(|record| record.event.clone().unwrap());
        self.noted.0.lock().unwrap().extend(events);
        Ok(batch)
    }
}

async fn every_event_arrives_as_it_was_committed(bench: Bench) {
    let bank = bench.bank().await;
    let noted = Noted::default();
    let noting = noted.clone();
    let statement = bench.statement_from(|source| Arc::new(Noting { source, noted: noting })).await;

    assert!(bank.pay(0, 12_990).await);
    assert!(!bank.pay(5, 100).await, "a card that always declines");
    // A card of nobody, and a key that was never used: neither belongs to a statement.
    let stranger = bank.handle.authorize(sale("4111111111111111", 100)).await.unwrap();
    assert!(matches!(stranger.payment.status, PaymentStatus::Declined(_)));
    let merchant = MerchantId::parse("loja").unwrap();
    let key = IdempotencyKey::parse("never-used").unwrap();
    bank.handle.abandon(merchant, key, None).await.unwrap();
    for status in [CardStatus::Blocked, CardStatus::Active] {
        let request = StatusRequest { token: token(1), status };
        bank.handle.set_card_status(request).await.unwrap();
    }
    assert!(bank.pay(1, 1).await);

    let committed = bank.events().await;
    eventually("everything has arrived", async || noted.0.lock().unwrap().len() >= committed.len())
        .await;
    let mut arrived = noted.0.lock().unwrap().clone();
    for card in 0..2 {
        let token = token(card);
        let of_card =
            |event: &&PaymentEvent| event.card.as_ref().is_some_and(|it| it.token == token);
        let order: Vec<_> = arrived.iter().filter(of_card).map(|event| event.position).collect();
        assert!(order.is_sorted(), "in order per card: {order:?}");
    }
    arrived.sort_unstable_by_key(|event| event.position);
    assert_eq!(arrived, committed);
    statement.equals(&bank).await;
    statement.tree.shutdown().await;
    bank.tree.shutdown().await;
}

async fn a_statement_follows_the_bank(bench: Bench) {
    let bank = bench.bank().await;
    bank.pay_often(20).await;
    let statement = bench.statement().await;
    statement.equals(&bank).await;
    bank.pay_often(200).await;
    statement.equals(&bank).await;
    eventually("it knows that it is fresh", async || {
        let freshness = statement.handle.freshness();
        let positions = (freshness.applied_position, freshness.committed_position);
        positions == (bank.position(), bank.position()) && freshness.connected
    })
    .await;
    let counted = statement.handle.statistics();
    assert_eq!((counted.n_duplicates, counted.n_held, counted.n_dead_letters), (0, 0, 0));
    statement.tree.shutdown().await;
    bank.tree.shutdown().await;
}

async fn a_statement_that_was_away_continues_where_it_was(bench: Bench) {
    let bank = bench.bank().await;
    let statement = bench.statement().await;
    bank.pay_often(40).await;
    statement.equals(&bank).await;
    let known = bank.position();
    statement.tree.shutdown().await;
    bank.pay_often(40).await;
    let statement = bench.statement().await;
    statement.equals(&bank).await;
    let counted = statement.handle.statistics();
    let n_new = bank.position() - known;
    assert_eq!((counted.n_applied, counted.n_duplicates), (n_new, 0), "nothing is read twice");
    statement.tree.shutdown().await;
    bank.tree.shutdown().await;
}

/// A source that forgot how far it was.
pub(crate) struct Forgetful(pub(crate) Arc<dyn EventSource>);

#[async_trait]
impl EventSource for Forgetful {
    async fn open(
        &self,
        _: Offsets,
        reached: &[Reached],
    ) -> Result<Box<dyn EventStream>, SourceError> {
        self.0.open(Offsets::default(), reached).await
    }
}

async fn reading_everything_again_changes_nothing(bench: Bench) {
    let bank = bench.bank().await;
    bank.pay_often(40).await;
    let statement = bench.statement().await;
    statement.equals(&bank).await;
    let before = (statement.lines().await, statement.handle.cards(None, 200).await.unwrap().cards);
    statement.tree.shutdown().await;

    let statement = bench.statement_from(|source| Arc::new(Forgetful(source))).await;
    eventually("everything was read again", async || {
        statement.handle.statistics().n_duplicates >= bank.position()
    })
    .await;
    let after = (statement.lines().await, statement.handle.cards(None, 200).await.unwrap().cards);
    assert_eq!(after, before);
    statement.tree.shutdown().await;
    bank.tree.shutdown().await;
}

async fn a_bank_that_was_away_goes_on(bench: Bench) {
    let bank = bench.bank().await;
    let statement = bench.statement().await;
    bank.pay_often(40).await;
    // Whatever was not delivered yet is delivered by the next one.
    bank.tree.shutdown().await;
    let bank = bench.bank().await;
    bank.pay_often(40).await;
    statement.equals(&bank).await;
    statement.tree.shutdown().await;
    bank.tree.shutdown().await;
}
