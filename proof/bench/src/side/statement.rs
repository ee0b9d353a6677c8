//! The statement as `bancada extrato --kafka` runs it, with a look at when its rows change.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use anyhow::Context as _;
use bancada_database::statement::SqliteStatements;
use bancada_extrato::ports::{
    BankCard, Offsets, Reached, SourceRecord, StatementStore, StatementStoreOpener, StoreError,
    Surroundings,
};
use bancada_extrato::statement::{Applied, BillPayment, DeadLetter, HeldCard};
use bancada_extrato::{ExtratoHandle, ExtratoParts, Limits, extrato};
use bancada_grpc::client::{BankAddress, BillClient, FeedClient};
use bancada_kafka::{Brokers, Consumer, KafkaSource, Topic};
use bancada_kernel::Timestamp;
use bancada_supervision::{ChildSpec, Link, Options, Strategy, Supervisor, Tree};
use bancada_telemetry::{Metrics, clock};
use hdrhistogram::Histogram;

use crate::load::{histogram, record};

type Lags = Arc<Mutex<Histogram<u64>>>;

/// A statement that follows a Bank through a broker; it runs until the process ends.
pub(crate) struct RunningStatement {
    pub(crate) handle: ExtratoHandle,
    lags: Lags,
}

impl RunningStatement {
    /// From what happened to its row, for each event since this was last asked, in microseconds.
    pub(crate) fn take_lags(&self) -> Histogram<u64> {
        let mut lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut lags, histogram())
    }

    /// Waits until it has so many events of the Bank.
    pub(crate) async fn reaches(&self, position: u64) {
        let mut freshness = self.handle.watch_freshness();
        while self.handle.freshness().applied_position < position {
            if freshness.changed().await.is_none() {
                return;
            }
        }
    }
}

struct World;

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random_unit(&self) -> f64 {
        rand::random()
    }
}

/// Starts a statement on a file of its own.
pub(crate) fn start(
    folder: &Path,
    bank: SocketAddr,
    brokers: Brokers,
) -> anyhow::Result<RunningStatement> {
    let store = SqliteStatements::new(&folder.join("statement.sqlite3"));
    let reader = Arc::new(store.reader()?);
    let bank = BankAddress::parse(&format!("http://{bank}"))?;
    let lags = Lags::new(Mutex::new(histogram()));
    let store = Arc::new(Watched { inner: store, lags: Arc::clone(&lags) });
    let (ready, is_ready) = mpsc::channel();
    std::thread::Builder::new().name("statement".to_owned()).spawn(move || {
        actix_rt::System::new().block_on(async {
            let feed = Arc::new(FeedClient::new(&bank));
            let consumer = Link::new();
            let (supervisor, handle) = extrato(ExtratoParts {
                store,
                reader,
                source: Arc::new(KafkaSource::new(&consumer)),
                repair: Arc::clone(&feed) as _,
                event_reader: feed,
                bills: Arc::new(BillClient::new(&bank)),
                dead_letters: None,
                surroundings: Arc::new(World),
                limits: Limits::default(),
            });
            let topic = Topic::payments(brokers);
            let spec = ChildSpec::permanent("consumer", move |_| {
                Consumer::new(topic.clone(), &Metrics::new())
            });
            let kafka = Supervisor::new("kafka", Strategy::OneForOne)
                .on_own_arbiter()
                .child(spec.link(&consumer));
            let root = Supervisor::new("bench", Strategy::OneForOne)
                .supervisor(supervisor)
                .supervisor(kafka);
            let tree = Tree::start(root, Options::default()).await;
            // The main thread has gone when nobody listens.
            let _ = ready.send(tree.map(|_| handle).map_err(|error| error.to_string()));
            std::future::pending::<()>().await;
        });
    })?;
    let started = is_ready.recv_timeout(Duration::from_secs(60));
    let started = started.context("the statement does not start")?;
    let handle =
        started.map_err(|error| anyhow::anyhow!("the statement does not start: {error}"))?;
    Ok(RunningStatement { handle, lags })
}

/// A store that notes when rows can be read.
struct Watched {
    inner: SqliteStatements,
    lags: Lags,
}

impl StatementStoreOpener for Watched {
    fn open(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        Ok(Box::new(WatchedStore { inner: self.inner.open()?, lags: Arc::clone(&self.lags) }))
    }

    fn examine(&self, pause: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.inner.examine(pause)
    }

    fn open_anew(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        Ok(Box::new(WatchedStore { inner: self.inner.open_anew()?, lags: Arc::clone(&self.lags) }))
    }
}

struct WatchedStore {
    inner: Box<dyn StatementStore>,
    lags: Lags,
}

impl StatementStore for WatchedStore {
    fn apply(&mut self, records: &[SourceRecord], now: Timestamp) -> Result<Applied, StoreError> {
        let applied = self.inner.apply(records, now)?;
        let visible = clock::now();
        let mut lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        for event in records.iter().filter_map(|record| record.event.as_ref().ok()) {
            let ms = visible.0.saturating_sub(event.occurred_at.0);
            record_lag(&mut lags, ms);
        }
        Ok(applied)
    }

    fn offsets(&mut self) -> Result<Offsets, StoreError> {
        self.inner.offsets()
    }

    fn held(&mut self) -> Result<Vec<HeldCard>, StoreError> {
        self.inner.held()
    }

    fn release(&mut self, found: &[HeldCard]) -> Result<u64, StoreError> {
        self.inner.release(found)
    }

    fn hold_behind(&mut self, cards: &[BankCard]) -> Result<u64, StoreError> {
        self.inner.hold_behind(cards)
    }

    fn progress(&mut self) -> Result<Vec<Reached>, StoreError> {
        self.inner.progress()
    }

    fn keep_bill(&mut self, payment: &BillPayment) -> Result<Option<BillPayment>, StoreError> {
        self.inner.keep_bill(payment)
    }

    fn settle_bill(&mut self, answered: &BillPayment) -> Result<(), StoreError> {
        self.inner.settle_bill(answered)
    }

    fn discard_dead_letter(&mut self, id: u64) -> Result<bool, StoreError> {
        self.inner.discard_dead_letter(id)
    }

    fn waiting_dead_letters(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.inner.waiting_dead_letters(limit)
    }

    fn handed_on(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.inner.handed_on(letter)
    }

    fn open_bills(&mut self) -> Result<Vec<BillPayment>, StoreError> {
        self.inner.open_bills()
    }
}

/// The clock's milliseconds: one that went back a little counts as none.
fn record_lag(lags: &mut Histogram<u64>, ms: i64) {
    record(lags, Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
}
