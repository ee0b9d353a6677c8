//! The Bank as `bancada bank` runs it, on a journal of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use bancada_bank::ports::{JournalError, Surroundings};
use bancada_bank::{BankHandle, BankParts, SnapshotParts, Vault, bank};
use bancada_database::journal::SqliteJournal;
use bancada_database::snapshot::FileSnapshots;
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_kernel::{Currency, Timestamp};
use bancada_supervision::{ChildSpec, Options, Strategy, Supervisor, Tree};
use bancada_telemetry::{Metrics, background, clock};

/// What the cards' tokens are made from.
pub(crate) const VAULT_KEY: [u8; 32] = [7; 32];

pub(crate) struct RunningBank {
    pub(crate) address: SocketAddr,
    metrics: Metrics,
}

impl RunningBank {
    /// Entries and group commits so far.
    pub(crate) fn commits(&self) -> (f64, f64) {
        (
            self.value("bancada_journal_commit_entries_sum "),
            self.value("bancada_journal_commit_entries_count "),
        )
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
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
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
    }

    fn snapshot_made(&self, position: u64, took: Duration) {
        self.metrics.snapshot_made(position, took);
    }

    fn work_in_background(&self) {
        background::enter();
    }
}

/// Starts the Bank on threads of its own; without a number, without snapshots.
pub(crate) fn start(folder: &Path, snapshot_every: Option<u64>) -> anyhow::Result<RunningBank> {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let address = listener.local_addr()?;
    let metrics = Metrics::new();
    let journal = SqliteJournal::new(&folder.join("journal.sqlite3"), 0, None);
    let snapshots = match snapshot_every {
        None => None,
        Some(every) => Some(SnapshotParts {
            store: Arc::new(FileSnapshots::new(folder, 0)),
            history: Arc::new(journal.history()?),
            every,
        }),
    };
    let parts = BankParts {
        currency: Currency::BRL,
        vault: Vault::new(VAULT_KEY),
        history: Arc::new(journal.history()?),
        journal: Arc::new(journal),
        surroundings: Arc::new(World { metrics: metrics.clone() }),
        max_in_flight: 4_096,
        broker: None,
        snapshots,
    };
    let (ready, is_ready) = mpsc::channel();
    let counted = metrics.clone();
    std::thread::spawn(move || {
        actix_rt::System::new().block_on(async {
            let (supervisor, handle) = bank(parts);
            let server = GrpcServerParts { listener, bank: handle.clone(), metrics: counted };
            let root = Supervisor::new("bench", Strategy::OneForOne)
                .supervisor(supervisor)
                .child(ChildSpec::permanent("grpc", move |_| GrpcServer::new(server.clone())));
            let tree = Tree::start(root, Options::default()).await;
            wait_until_ready(&handle).await;
            // The main thread has gone when nobody listens.
            let _ = ready.send(tree.is_ok());
            std::future::pending::<()>().await;
        });
    });
    let started = is_ready.recv_timeout(Duration::from_secs(30));
    anyhow::ensure!(started.context("the bank does not start")?, "the bank's tree does not start");
    Ok(RunningBank { address, metrics })
}

async fn wait_until_ready(bank: &BankHandle) {
    while bank.readiness().is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
