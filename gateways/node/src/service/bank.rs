//! The Bank: ledger, journal and gRPC.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bancada_bank::ports::Surroundings;
use bancada_bank::{BankHandle, BankParts, Vault, bank};
use bancada_database::data_directory::DataDirectory;
use bancada_database::journal::SqliteJournal;
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_http::Check;
use bancada_kernel::Currency;
use bancada_supervision::{ChildSpec, Strategy, Supervisor};

use crate::arguments::JournalOptions;
use crate::surroundings::RealSurroundings;

/// Requests in progress at once; more are refused as overload.
const MAX_IN_FLIGHT: usize = 4_096;
/// The one shard of this process.
const SHARD: u16 = 0;

pub(crate) struct BankService {
    pub(crate) handle: BankHandle,
    /// Locked as long as it lives.
    _directory: DataDirectory,
}

impl BankService {
    /// The Bank's data, opened and locked, and its actors.
    pub(crate) fn open(
        data: &Path,
        journal: &JournalOptions,
        surroundings: &RealSurroundings,
    ) -> anyhow::Result<(Supervisor, BankService)> {
        let directory = DataDirectory::open(data, "bank")?;
        let key = directory
            .secret("vault.key", rand::random)
            .context("the bank's key cannot be read or made")?;
        let path = directory.file("journal.sqlite3");
        let journal = SqliteJournal::new(&path, SHARD, journal.journal_max_bytes);
        let parts = BankParts {
            currency: Currency::BRL,
            vault: Vault::new(key),
            history: Arc::new(journal.history()?),
            journal: Arc::new(journal),
            surroundings: Arc::new(surroundings.clone()) as Arc<dyn Surroundings>,
            max_in_flight: MAX_IN_FLIGHT,
            broker: None,
        };
        let (supervisor, handle) = bank(parts);
        Ok((supervisor, BankService { handle, _directory: directory }))
    }

    /// Its gRPC server, on a thread of its own.
    pub(crate) fn grpc(
        &self,
        listener: &Arc<TcpListener>,
        surroundings: &RealSurroundings,
    ) -> Supervisor {
        let parts = GrpcServerParts {
            listener: Arc::clone(listener),
            bank: self.handle.clone(),
            metrics: surroundings.metrics.clone(),
        };
        let server = ChildSpec::permanent("server", move |_| GrpcServer::new(parts.clone()))
            .shutdown_within(Duration::from_secs(7));
        Supervisor::new("grpc", Strategy::OneForOne).child(server)
    }

    pub(crate) fn check(handle: &BankHandle) -> Check {
        let detail = handle.readiness().err().map(str::to_owned);
        Check { name: "bank", ok: detail.is_none(), detail }
    }

    pub(crate) fn refresh(handle: &BankHandle, surroundings: &RealSurroundings) {
        let committed = handle.feed().committed_position();
        surroundings.metrics.set_journal(committed, handle.delivered_position());
    }

    /// Issues the demo cards, as soon as the ledger is there.
    pub(crate) async fn issue_demo_cards(&self) -> anyhow::Result<()> {
        const EVERY: Duration = Duration::from_millis(20);
        const N_TRIES: usize = 1_500;
        let mut tries = 0;
        loop {
            let Err(error) = self.handle.issue_demo_cards().await else { return Ok(()) };
            // A full disk has no room for cards; the Bank runs nevertheless, and says so.
            if self.handle.is_full() {
                tracing::warn!("the demo cards are not issued: the disk is full");
                return Ok(());
            }
            tries += 1;
            if tries == N_TRIES {
                return Err(error).context("the demo cards cannot be issued");
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
