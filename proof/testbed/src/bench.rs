//! A real Bank and a real statement on disks of their own, and the transport between them.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bancada_bank::ledger::PaymentStatus;
use bancada_bank::ports::{DeliveryCursor, EventPublisher, JournalError};
use bancada_bank::{BankHandle, BankParts, PaymentRequest, ProofParts, ShardParts, Vault, bank};
use bancada_database::delivery::SqliteDelivery;
use bancada_database::journal::SqliteJournal;
use bancada_database::statement::SqliteStatements;
use bancada_edge::ConnectionLimit;
use bancada_extrato::ports::EventSource;
use bancada_extrato::statement::{Filter, StatementLine};
use bancada_extrato::{ExtratoHandle, ExtratoParts, Limits, extrato};
use bancada_grpc::client::{BankAddress, BillClient, FeedClient};
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_kafka::{
    Consumer, KafkaDeadLetters, KafkaPublisher, KafkaSource, Producer, RecordWriter, Topic,
    TopicWatcher,
};
use bancada_kernel::test_cards::TEST_CARDS;
use bancada_kernel::{
    CardNumber, CardToken, Currency, Cvv, Expiry, IdempotencyKey, MerchantId, Money, PaymentEvent,
    Timestamp,
};
use bancada_supervision::{ChildSpec, Link, Options, Strategy, Supervisor, Tree, TreeHandle};
use bancada_telemetry::{Metrics, clock};
use tempfile::TempDir;
use uuid::Uuid;

use crate::kafka::Broker;
use crate::{PATIENCE, eventually};

/// The way from the Bank to the statement.
#[derive(Clone)]
pub enum Transport {
    /// The Bank's own feed, over gRPC.
    Feed,
    /// A topic of a broker.
    Kafka(Topic),
}

impl Transport {
    /// A topic of this test's own.
    pub fn kafka(broker: &Broker) -> Transport {
        let brokers = broker.address().parse().unwrap();
        Transport::Kafka(Topic::named(brokers, &format!("payments-{}", clock::uuid())))
    }
}

struct World;

impl bancada_bank::ports::Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn monotonic(&self) -> Duration {
        clock::monotonic()
    }

    fn uuid(&self) -> Uuid {
        clock::uuid()
    }

    fn journal_is_lost(&self, error: &JournalError) {
        panic!("the journal is lost: {error}");
    }
}

impl bancada_extrato::ports::Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random_unit(&self) -> f64 {
        rand::random()
    }
}

/// Where Bank and statement keep their data, and how they find each other.
pub struct Bench {
    folder: TempDir,
    listener: Arc<TcpListener>,
    /// How events come from the Bank to the statement.
    pub transport: Transport,
    /// Of both.
    pub metrics: Metrics,
}

/// A Bank that runs.
pub struct RunningBank {
    /// The way in.
    pub handle: BankHandle,
    /// Its actors, which take chaos commands.
    pub tree: TreeHandle,
}

/// A statement that runs.
pub struct RunningStatement {
    /// The way in.
    pub handle: ExtratoHandle,
    /// Its actors, which take chaos commands.
    pub tree: TreeHandle,
}

/// Runs a test inside an actix system.
pub fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(test);
}

impl Bench {
    /// Empty disks, and a port for the Bank.
    pub fn new(transport: Transport) -> Bench {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let (folder, metrics) = (tempfile::tempdir().unwrap(), Metrics::new());
        Bench { folder, listener, transport, metrics }
    }

    /// Starts the Bank on what it has on its disk; the demo cards are issued.
    pub async fn bank(&self) -> RunningBank {
        let path = self.folder.path().join("journal.sqlite3");
        let journal = SqliteJournal::new(&path, 0, None);
        let producer = Link::new();
        let broker = match &self.transport {
            Transport::Feed => None,
            Transport::Kafka(_) => {
                let path = self.folder.path().join("delivery.sqlite3");
                let cursor = Arc::new(SqliteDelivery::open(&path, 0).unwrap());
                let publisher = Arc::new(KafkaPublisher::new(&producer));
                Some((publisher as Arc<dyn EventPublisher>, cursor as Arc<dyn DeliveryCursor>))
            }
        };
        let (supervisor, handle) = bank(BankParts {
            currency: Currency::BRL,
            vault: Vault::new([7; 32]),
            surroundings: Arc::new(World),
            max_in_flight: 4_096,
            shards: vec![ShardParts {
                history: Arc::new(journal.history().unwrap()),
                journal: Arc::new(journal),
                broker,
                proof: ProofParts::default(),
                snapshots: None,
            }],
        })
        .unwrap();
        let grpc = GrpcServerParts {
            listener: Arc::clone(&self.listener),
            bank: handle.clone(),
            metrics: self.metrics.clone(),
            allowed_hosts: Arc::default(),
            connections: ConnectionLimit::new(1_024, None),
        };
        let grpc = ChildSpec::permanent("server", move |_| GrpcServer::new(grpc.clone()));
        let mut root =
            Supervisor::new("test", Strategy::OneForOne).supervisor(supervisor).child(grpc);
        if let Transport::Kafka(topic) = self.transport.clone() {
            let (metrics, watched) = (self.metrics.clone(), topic.clone());
            let spec =
                ChildSpec::permanent("producer", move |_| Producer::new(topic.clone(), &metrics));
            let watcher = ChildSpec::permanent("topic-watcher", move |_| {
                TopicWatcher::new(vec![watched.clone()])
            });
            root = root.supervisor(kafka().child(spec.link(&producer)).child(watcher));
        }
        let tree = Tree::start(root, options()).await.unwrap();
        eventually("the ledger is loaded", async || handle.readiness().is_ok()).await;
        handle.issue_demo_cards().await.unwrap();
        RunningBank { handle, tree }
    }

    /// Takes away the note of what was delivered, as a power cut may. The Bank must be down.
    pub fn forget_what_was_delivered(&self) {
        std::fs::remove_file(self.folder.path().join("delivery.sqlite3")).unwrap();
    }

    /// Starts the statement on what it has on its disk.
    pub async fn statement(&self) -> RunningStatement {
        self.statement_from(|source| source).await
    }

    /// Starts the statement, with something between it and its source.
    pub async fn statement_from(
        &self,
        through: impl FnOnce(Arc<dyn EventSource>) -> Arc<dyn EventSource>,
    ) -> RunningStatement {
        let store = SqliteStatements::new(&self.folder.path().join("statement.sqlite3"));
        let feed = Arc::new(self.feed());
        let (consumer, dead_letters) = (Link::new(), Link::new());
        let (supervisor, handle) = extrato(ExtratoParts {
            reader: Arc::new(store.reader().unwrap()),
            store: Arc::new(store),
            source: through(match &self.transport {
                Transport::Feed => Arc::clone(&feed) as _,
                Transport::Kafka(_) => Arc::new(KafkaSource::new(&consumer)),
            }),
            event_reader: Arc::clone(&feed) as _,
            repair: feed,
            bills: Arc::new(BillClient::new(&self.address())),
            dead_letters: match &self.transport {
                Transport::Feed => None,
                Transport::Kafka(_) => Some(Arc::new(KafkaDeadLetters::new(&dead_letters))),
            },
            surroundings: Arc::new(World),
            limits: Limits::default(),
        });
        let mut root = Supervisor::new("test", Strategy::OneForOne).supervisor(supervisor);
        if let Transport::Kafka(topic) = self.transport.clone() {
            let metrics = self.metrics.clone();
            let spec =
                ChildSpec::permanent("consumer", move |_| Consumer::new(topic.clone(), &metrics));
            let (topic, metrics) = (self.dead_letters(), self.metrics.clone());
            let writer = ChildSpec::permanent("dead-letter-writer", move |_| {
                RecordWriter::new(topic.clone(), "dead-letter-writer", &metrics)
            });
            let kafka = kafka().child(spec.link(&consumer)).child(writer.link(&dead_letters));
            root = root.supervisor(kafka);
        }
        let tree = Tree::start(root, options()).await.unwrap();
        RunningStatement { handle, tree }
    }

    /// Where the statement's dead letters go.
    pub fn dead_letters(&self) -> Topic {
        let Transport::Kafka(topic) = &self.transport else { panic!("without a broker") };
        topic.dead_letters()
    }

    fn feed(&self) -> FeedClient {
        FeedClient::new(&self.address())
    }

    /// Where the Bank serves gRPC.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    fn address(&self) -> BankAddress {
        BankAddress::parse(&self.url()).unwrap()
    }
}

fn kafka() -> Supervisor {
    Supervisor::new("kafka", Strategy::OneForOne).on_own_arbiter()
}

fn options() -> Options {
    Options { chaos: true, ..Options::default() }
}

impl RunningBank {
    /// Buys with one of the demo cards that approve; whether it was approved.
    pub async fn pay(&self, card: usize, amount_minor: i64) -> bool {
        let request = sale(TEST_CARDS[card].number, amount_minor);
        let answer = self.handle.authorize(request).await.unwrap();
        answer.payment.status == PaymentStatus::Captured
    }

    /// Buys a number of times, in turn with the first four demo cards.
    pub async fn pay_often(&self, n_payments: usize) {
        for n in 0..n_payments {
            assert!(self.pay(n % 4, 100).await, "the cards have limits for this");
        }
    }

    /// The position of the last committed event.
    pub fn position(&self) -> u64 {
        self.handle.feed().committed_position()
    }

    /// Everything that the Bank has committed.
    pub async fn events(&self) -> Vec<PaymentEvent> {
        let mut reader = self.handle.feed().subscribe(0);
        let mut events: Vec<PaymentEvent> = Vec::new();
        while events.last().map_or(0, |last| last.position) < self.position() {
            let batch = reader.next_batch().await.unwrap();
            events.extend(batch.events.iter().map(|event| PaymentEvent::clone(event)));
        }
        events
    }
}

impl RunningStatement {
    /// Waits until the statement holds what the Bank has committed, and compares the two.
    pub async fn equals(&self, bank: &RunningBank) {
        let events = bank.events().await;
        let mut difference = String::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let cards = self.handle.cards(None, 200).await.unwrap().cards;
            difference.clear();
            let mut of_cards: Vec<&PaymentEvent> = Vec::new();
            for card in &cards {
                let token = &card.state.token;
                let of_card = events.iter().filter(|event| {
                    event.card.as_ref().is_some_and(|it| it.token == *token && it.sequence > 0)
                });
                let of_card: Vec<_> = of_card.collect();
                let last = of_card.last().unwrap();
                if card.state.position != last.position {
                    difference += &format!("{token}: {:?}, not {last:?}\n", card.state);
                }
                of_cards.extend(of_card.into_iter().filter(|event| event.merchant_id.is_some()));
            }
            of_cards.sort_unstable_by_key(|event| event.position);
            let expected: Vec<_> = of_cards.iter().map(|event| event.position).collect();
            let lines = self.lines().await;
            let shown: Vec<_> = lines.iter().map(|line| line.position).collect();
            if shown != expected || cards.len() != TEST_CARDS.len() {
                difference += &format!("lines {shown:?}, not {expected:?}");
            }
            if difference.is_empty() {
                for (line, event) in lines.iter().zip(of_cards) {
                    assert_eq!(line.transaction_id, event.transaction_id);
                    assert_eq!((line.amount, line.decline), (event.amount, event.decline));
                    assert_eq!(line.trace, event.trace);
                }
                return;
            }
            assert!(Instant::now() < deadline, "{difference}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Every line of every card, by position.
    pub async fn lines(&self) -> Vec<StatementLine> {
        let mut lines = Vec::new();
        for card in self.handle.cards(None, 200).await.unwrap().cards {
            let mut before = None;
            loop {
                let filter = Filter { before, limit: 200, ..Filter::default() };
                let page = self.handle.statement(&card.state.token, filter).await.unwrap().unwrap();
                lines.extend(page.lines);
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
        }
        lines.sort_unstable_by_key(|line| line.position);
        lines
    }
}

/// The token of the demo card with this index.
pub fn token(card: usize) -> CardToken {
    Vault::new([7; 32]).token(&CardNumber::parse(TEST_CARDS[card].number).unwrap())
}

/// A sale of this many minor units of BRL with a card, under a new key.
pub fn sale(number: &str, amount_minor: i64) -> PaymentRequest {
    let number = CardNumber::parse(number).unwrap();
    PaymentRequest {
        merchant: MerchantId::parse("loja").unwrap(),
        key: IdempotencyKey::parse(&clock::uuid().to_string()).unwrap(),
        cvv: Some(Cvv::parse("123", number.brand()).unwrap()),
        number,
        expiry: Expiry::new(2035, 12).unwrap(),
        amount: Money::brl(amount_minor),
        capture: true,
        store: "Loja".to_owned(),
        description: "Café".to_owned(),
        order_id: String::new(),
        installments: 1,
        trace: Some(bancada_telemetry::trace::start()),
    }
}
