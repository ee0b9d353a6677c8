//! Payments of bills on their way through the topic to the Bank.

use bancada_extrato::ports::BillSender as _;
use bancada_extrato::statement::{BillOutcome, BillPayment};
use bancada_kafka::{BillConsumer, KafkaBills, RecordWriter, Topic};
use bancada_kernel::{IdempotencyKey, Money};
use bancada_supervision::{ChildSpec, Link, Options, Strategy, Supervisor, Tree, TreeHandle};
use bancada_telemetry::{Metrics, clock};
use rdkafka::message::{Headers as _, Message as _, OwnedMessage};

use crate::faults::produce;
use crate::topic::read;
use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::Broker;

/// The topics of one test.
pub(crate) struct Topics {
    pub(crate) bills: Topic,
    pub(crate) dead_letters: Topic,
}

impl Topics {
    pub(crate) fn new(broker: &Broker) -> Topics {
        let named = |kind: &str| {
            let brokers = broker.address().parse().unwrap();
            Topic::named(brokers, &format!("{kind}-{}", clock::uuid()))
        };
        Topics { bills: named("bills"), dead_letters: named("dead-letters") }
    }

    /// The Bank's end.
    pub(crate) async fn consumer(&self, bank: &RunningBank) -> TreeHandle {
        let (bills, dead_letters) = (self.bills.clone(), self.dead_letters.clone());
        let bank = bank.handle.clone();
        let spec = ChildSpec::permanent("bills", move |_| {
            BillConsumer::new(bills.clone(), dead_letters.clone(), bank.clone(), &Metrics::new())
        });
        let root = Supervisor::new("test", Strategy::OneForOne).child(spec);
        Tree::start(root, Options { chaos: true, ..Options::default() }).await.unwrap()
    }

    /// The statement's end.
    pub(crate) async fn producer(&self) -> (KafkaBills, TreeHandle) {
        let (link, bills) = (Link::new(), self.bills.clone());
        let spec = ChildSpec::permanent("bills", move |_| {
            RecordWriter::new(bills.clone(), "bills", &Metrics::new())
        });
        let root = Supervisor::new("test", Strategy::OneForOne).child(spec.link(&link));
        (KafkaBills::new(&link), Tree::start(root, Options::default()).await.unwrap())
    }
}

fn payment(key: &str, minor: i64) -> BillPayment {
    payment_of(0, key, minor)
}

/// What the holder of this demo card pays.
pub(crate) fn payment_of(card: usize, key: &str, minor: i64) -> BillPayment {
    BillPayment {
        key: IdempotencyKey::parse(key).unwrap(),
        token: token(card),
        amount: Money::brl(minor),
        asked_at: clock::now(),
        outcome: BillOutcome::Pending,
        trace: None,
    }
}

/// Hands over a payment, which a broker does not take that has not heard yet of a topic made a
/// moment ago.
pub(crate) async fn send(bills: &KafkaBills, payment: &BillPayment) {
    let taken = async || bills.send(payment).await.map_err(|error| error.to_string());
    eventually("a payment is taken", taken).await;
}

async fn balance(bank: &RunningBank) -> i64 {
    balance_of(bank, 0).await
}

pub(crate) async fn balance_of(bank: &RunningBank, card: usize) -> i64 {
    bank.handle.find_card(token(card)).await.unwrap().unwrap().balance.minor
}

#[test]
fn a_key_is_booked_once_and_what_makes_no_sense_is_put_aside_while_others_go_on() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::Feed);
        let bank = bench.bank().await;
        let topics = Topics::new(&broker);
        let consumer = topics.consumer(&bank).await;
        let (bills, producer) = topics.producer().await;
        for key in ["a", "a", "b", "a"] {
            send(&bills, &payment(key, 100)).await;
        }
        produce(&broker, &topics.bills, token(0).as_str(), b"{\"key\": 7}");
        // A key with another amount, and an amount of nothing.
        send(&bills, &payment("a", 101)).await;
        send(&bills, &payment("c", 0)).await;
        send(&bills, &payment("d", 100)).await;
        eventually("all are booked", async || balance(&bank).await == -300).await;
        let aside = read(&broker, topics.dead_letters.name(), 3);
        let why = |record: &OwnedMessage| {
            let headers = record.headers().unwrap();
            let why = headers.iter().find(|header| header.key == "why").unwrap();
            String::from_utf8(why.value.unwrap().to_vec()).unwrap()
        };
        for words in ["no payment of a bill", "used before", "greater than zero"] {
            let found: Vec<_> = aside.iter().map(why).collect();
            assert!(found.iter().any(|why| why.contains(words)), "{words}: {found:?}");
        }
        let payloads: Vec<_> = aside.iter().map(|record| record.payload().unwrap()).collect();
        assert!(payloads.contains(&&b"{\"key\": 7}"[..]), "as it came");

        // A consumer that crashes, and one that begins anew, change nothing.
        consumer.crash("bills").await.unwrap();
        send(&bills, &payment("e", 100)).await;
        eventually("it is back", async || balance(&bank).await == -400).await;
        consumer.shutdown().await;
        send(&bills, &payment("f", 100)).await;
        let consumer = topics.consumer(&bank).await;
        eventually("what came meanwhile is booked", async || balance(&bank).await == -500).await;
        for tree in [consumer, producer, bank.tree] {
            tree.shutdown().await;
        }
    });
}

#[test]
fn a_payment_waits_while_the_broker_is_away() {
    let broker = Broker::start();
    run(async {
        let bench = Bench::new(Transport::Feed);
        let bank = bench.bank().await;
        let topics = Topics::new(&broker);
        let consumer = topics.consumer(&bank).await;
        let (bills, producer) = topics.producer().await;
        send(&bills, &payment("a", 100)).await;
        eventually("it is booked", async || balance(&bank).await == -100).await;
        broker.kill();
        assert!(bills.send(&payment("b", 100)).await.is_err(), "nobody says that it is on its way");
        broker.start_again();
        eventually("it can be sent", async || bills.send(&payment("b", 100)).await.is_ok()).await;
        eventually("it is booked", async || balance(&bank).await == -200).await;
        for tree in [consumer, producer, bank.tree] {
            tree.shutdown().await;
        }
    });
}
