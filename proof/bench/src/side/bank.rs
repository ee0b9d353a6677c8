//! The Bank as `bancada bank` runs it, on a journal of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use anyhow::Context as _;
use bancada_bank::ports::{
    DeliveryCursor, EventHistory, EventPublisher, HighWaterMark, JournalError, JournalOpener,
    Surroundings,
};
use bancada_bank::{
    BankHandle, BankParts, OpenMark, ProofParts, ShardParts, SnapshotParts, Vault, bank,
};
use bancada_database::delivery::SqliteDelivery;
use bancada_database::journal::{FileMark, SqliteJournal};
use bancada_database::postgres::PostgresJournal;
use bancada_database::snapshot::FileSnapshots;
use bancada_edge::ConnectionLimit;
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_kafka::{Brokers, KafkaPublisher, Producer, Topic};
use bancada_kernel::{Currency, Timestamp};
use bancada_supervision::{ChildSpec, Link, Options, Strategy, Supervisor, Tree};
use bancada_telemetry::{Metrics, background, clock};
use hdrhistogram::Histogram;

use crate::load::{histogram, record};
use crate::side::slow_disk::{SlowDisk, Syncs};

/// What the cards' tokens are made from.
pub(crate) const VAULT_KEY: [u8; 32] = [7; 32];
/// As many requests in progress as the program itself admits.
const MAX_IN_FLIGHT: usize = 4_096;

/// Where a Bank of the benchmark keeps its journal.
pub(crate) struct Stores {
    journal: Arc<dyn JournalOpener>,
    history: Arc<dyn EventHistory>,
    /// Beside a journal in a file, as the program has it.
    mark: Option<OpenMark>,
    snapshots: Option<SnapshotParts>,
    broker: Option<Delivery>,
}

/// Where the Bank's events are delivered to, and where it is kept how far that came.
struct Delivery {
    topic: Topic,
    cursor: Arc<dyn DeliveryCursor>,
}

impl Stores {
    /// A file of this name.
    pub(crate) fn in_file(folder: &Path, name: &str) -> anyhow::Result<Stores> {
        let journal = SqliteJournal::new(&folder.join(name), 0, None);
        let history = Arc::new(journal.history()?);
        let marks = folder.join(format!("{name}.marks"));
        std::fs::create_dir_all(&marks)?;
        let open = move || {
            let mark = FileMark::open(&marks, 0).map_err(|error| error.to_string())?;
            Ok(Box::new(mark) as Box<dyn HighWaterMark>)
        };
        let mark: Option<OpenMark> = Some(Arc::new(open));
        Ok(Stores { journal: Arc::new(journal), history, mark, snapshots: None, broker: None })
    }

    /// A database.
    pub(crate) fn in_postgres(url: &str) -> anyhow::Result<Stores> {
        let journal = PostgresJournal::new(&url.parse()?, 0);
        let history = Arc::new(journal.history());
        let journal = Arc::new(journal);
        Ok(Stores { journal, history, mark: None, snapshots: None, broker: None })
    }

    /// The same with everything delivered to a broker.
    pub(crate) fn delivering(self, folder: &Path, brokers: Brokers) -> anyhow::Result<Stores> {
        let cursor = Arc::new(SqliteDelivery::open(&folder.join("delivery.sqlite3"), 0)?);
        let broker = Some(Delivery { topic: Topic::payments(brokers), cursor });
        Ok(Stores { broker, ..self })
    }

    /// The same with snapshots in this folder, one after so many entries.
    pub(crate) fn with_snapshots(self, folder: &Path, every: u64) -> Stores {
        let store = Arc::new(FileSnapshots::new(folder, 0));
        let history = Arc::clone(&self.history);
        Stores { snapshots: Some(SnapshotParts { store, history, every }), ..self }
    }

    /// The same with syncs that take longer.
    pub(crate) fn slowed(self, syncs: Syncs, delay: Duration) -> Stores {
        let journal = Arc::new(SlowDisk { inner: self.journal, syncs, delay });
        Stores { journal, ..self }
    }
}

pub(crate) struct RunningBank {
    pub(crate) address: SocketAddr,
    pub(crate) handle: BankHandle,
    metrics: Metrics,
    commit_times: Arc<Mutex<Histogram<u64>>>,
}

impl RunningBank {
    /// Entries and group commits so far.
    pub(crate) fn commits(&self) -> (f64, f64) {
        (
            self.value("bancada_journal_commit_entries_sum "),
            self.value("bancada_journal_commit_entries_count "),
        )
    }

    /// How long each group commit took since this was last asked, in microseconds.
    pub(crate) fn take_commit_times(&self) -> Histogram<u64> {
        let mut times = self.commit_times.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut times, histogram())
    }

    /// How many seconds the last snapshot took, once there is one.
    pub(crate) fn snapshot(&self) -> Option<f64> {
        let is_made = self.value("bancada_snapshot_position ") > 0.0;
        is_made.then(|| self.value("bancada_snapshot_duration_seconds "))
    }

    fn value(&self, name: &str) -> f64 {
        let text = self.metrics.text();
        let mut values =
            text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        values.next().unwrap_or_default()
    }
}

struct World {
    metrics: Metrics,
    commit_times: Arc<Mutex<Histogram<u64>>>,
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn monotonic(&self) -> Duration {
        clock::monotonic()
    }

    fn uuid(&self) -> uuid::Uuid {
        clock::uuid()
    }

    fn journal_is_lost(&self, error: &JournalError) {
        println!("the journal is lost: {error}");
        std::process::exit(74);
    }

    fn committed(&self, n_entries: usize, took: Duration) {
        self.metrics.committed(n_entries, took);
        record(&mut self.commit_times.lock().unwrap_or_else(PoisonError::into_inner), took);
    }

    fn snapshot_made(&self, position: u64, took: Duration) {
        self.metrics.snapshot_made(position, took);
    }

    fn work_in_background(&self) {
        background::enter();
    }
}

/// Starts a Bank on threads of its own; it runs until the process ends.
pub(crate) fn start(stores: Stores) -> anyhow::Result<RunningBank> {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let address = listener.local_addr()?;
    let metrics = Metrics::new();
    let commit_times = Arc::new(Mutex::new(histogram()));
    let world = World { metrics: metrics.clone(), commit_times: Arc::clone(&commit_times) };
    let producer = Link::new();
    let publisher = Arc::new(KafkaPublisher::new(&producer)) as Arc<dyn EventPublisher>;
    let (topic, broker) = match stores.broker {
        Some(Delivery { topic, cursor }) => (Some(topic), Some((publisher, cursor))),
        None => (None, None),
    };
    let parts = BankParts {
        currency: Currency::BRL,
        vault: Vault::new(VAULT_KEY),
        surroundings: Arc::new(world),
        max_in_flight: MAX_IN_FLIGHT,
        shards: vec![ShardParts {
            history: stores.history,
            journal: stores.journal,
            broker,
            proof: ProofParts { mark: stores.mark, witnesses: None },
            snapshots: stores.snapshots,
        }],
    };
    let built = bank(parts)?;
    let (ready, is_ready) = mpsc::channel();
    let counted = metrics.clone();
    std::thread::Builder::new().name("bank".to_owned()).spawn(move || {
        actix_rt::System::new().block_on(async {
            let (supervisor, handle) = built;
            let server = GrpcServerParts {
                listener,
                bank: handle.clone(),
                metrics: counted,
                allowed_hosts: Arc::default(),
                connections: ConnectionLimit::new(1_024, None),
            };
            let mut root = Supervisor::new("bench", Strategy::OneForOne)
                .supervisor(supervisor)
                .child(ChildSpec::permanent("grpc", move |_| GrpcServer::new(server.clone())));
            if let Some(topic) = topic {
                let spec = ChildSpec::permanent("producer", move |_| {
                    Producer::new(topic.clone(), &Metrics::new())
                });
                let kafka = Supervisor::new("kafka", Strategy::OneForOne).on_own_arbiter();
                root = root.supervisor(kafka.child(spec.link(&producer)));
            }
            let tree = Tree::start(root, Options::default()).await;
            wait_until_ready(&handle).await;
            // The main thread has gone when nobody listens.
            let _ = ready.send(tree.map(|_| handle).map_err(|error| error.to_string()));
            std::future::pending::<()>().await;
        });
    })?;
    let started = is_ready.recv_timeout(Duration::from_secs(60));
    let started = started.context("the bank does not start")?;
    let handle = started.map_err(|error| anyhow::anyhow!("the bank does not start: {error}"))?;
    Ok(RunningBank { address, handle, metrics, commit_times })
}

async fn wait_until_ready(bank: &BankHandle) {
    while bank.readiness().is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
