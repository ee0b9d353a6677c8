//! The Bank: ledger, journal and gRPC.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bancada_bank::ports::{
    DeliveryCursor, EventHistory, HighWaterMark, JournalOpener, Surroundings,
};
use bancada_bank::proof::{Knowledge, Looked, Witness, judge};
use bancada_bank::{
    BankHandle, BankParts, ProofParts, QueryError, ShardParts, SnapshotParts, Vault, bank,
};
use bancada_database::data_directory::DataDirectory;
use bancada_database::delivery::SqliteDelivery;
use bancada_database::journal::{FileMark, SqliteJournal};
use bancada_database::postgres::{
    DatabaseUrl, PostgresDelivery, PostgresJournal, PostgresSnapshots,
};
use bancada_database::snapshot::FileSnapshots;
use bancada_database::vault_key::{self, KnownKey};
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_http::Check;
use bancada_kernel::{Currency, Shard, ShardCount};
use bancada_supervision::{ChildSpec, Strategy, Supervisor};

use crate::arguments::JournalOptions;
use crate::command::accept_loss;
use crate::doors::Doors;
use crate::process::TreeSlot;
use crate::refusal;
use crate::service::kafka::Kafka;
use crate::service::neighbours::Neighbours;
use crate::service::stalled::unless_stalled;
use crate::surroundings::RealSurroundings;

/// Requests in progress at once; more are refused as overload.
const MAX_IN_FLIGHT: usize = 4_096;
const JOURNAL: &str = "journal.sqlite3";
pub(crate) const KEY: &str = "vault.key";
pub(crate) const FINGERPRINT: &str = "vault.fingerprint";
pub(crate) const DELIVERY: &str = "delivery.sqlite3";

/// A shard's journal: the first one's is where there was only one before.
pub(crate) fn journal_file(shard: Shard) -> String {
    match shard.number() {
        0 => JOURNAL.to_owned(),
        number => format!("journal-{number}.sqlite3"),
    }
}

/// Where the Bank keeps what it must not forget.
struct Stores {
    journal: Arc<dyn JournalOpener>,
    history: Arc<dyn EventHistory>,
    snapshots: SnapshotParts,
}

impl Stores {
    fn in_files(
        directory: &mut DataDirectory,
        shard: Shard,
        options: &JournalOptions,
    ) -> anyhow::Result<Stores> {
        let name = journal_file(shard);
        let path = directory.file(&name);
        if !path.exists() && directory.has_had(&name)? {
            let who = format!("the rest of {}", directory.path().display());
            let known = [Witness { who, knows: Knowledge::Existence }];
            judge(&Looked::UNOPENED, &known).map_err(|loss| refusal::error(loss.into()))?;
        }
        let journal = SqliteJournal::new(&path, shard.number(), options.journal_max_bytes);
        journal.examine_log().map_err(refusal::error)?;
        let history = Arc::new(journal.history()?);
        directory.has_made(&name)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let snapshots = SnapshotParts {
            store: Arc::new(FileSnapshots::new(folder, shard.number())),
            history: Arc::new(journal.history()?),
            every: options.snapshot_every,
        };
        Ok(Stores { journal: Arc::new(journal), history, snapshots })
    }

    fn in_postgres(
        url: &DatabaseUrl,
        shard: Shard,
        options: &JournalOptions,
    ) -> anyhow::Result<Stores> {
        let journal = PostgresJournal::new(url, shard.number());
        let history = Arc::new(journal.history());
        let snapshots = SnapshotParts {
            store: Arc::new(PostgresSnapshots::new(url, shard.number())),
            history: Arc::new(journal.history()),
            every: options.snapshot_every,
        };
        Ok(Stores { journal: Arc::new(journal), history, snapshots })
    }
}

/// What is known of a shard's journal besides it: in files of this machine, also where the journal
/// is in a database, which somebody may put back to yesterday.
fn proof(
    data: &Path,
    directory: &DataDirectory,
    (shard, count): (Shard, ShardCount),
    cursor: Option<&Arc<dyn DeliveryCursor>>,
) -> ProofParts {
    let folder = directory.path().to_owned();
    let witnesses = Neighbours { data: data.to_owned(), shard, count, cursor: cursor.cloned() };
    let open = move || {
        let mark = FileMark::open(&folder, shard.number());
        let mark = mark.map(|mark| Box::new(mark) as Box<dyn HighWaterMark>);
        mark.map_err(|error| format!("the high-water mark cannot be opened: {error}"))
    };
    ProofParts { mark: Some(Arc::new(open)), witnesses: Some(Arc::new(witnesses)) }
}

/// Where it is kept how far a broker has come: beside the journal.
fn delivery(
    directory: &DataDirectory,
    shard: Shard,
    options: &JournalOptions,
) -> anyhow::Result<Arc<dyn DeliveryCursor>> {
    Ok(match &options.database.postgres {
        Some(url) => Arc::new(PostgresDelivery::new(url, shard.number())),
        None => {
            let path = directory.file(DELIVERY);
            Arc::new(SqliteDelivery::open(&path, shard.number())?)
        }
    })
}

/// The number of shards decides where a card is, so it stays what it was.
fn keeps_its_shards(
    directory: &DataDirectory,
    count: ShardCount,
    has_journal: bool,
) -> anyhow::Result<()> {
    let kept = directory
        .keep_number("shards", count.get(), has_journal.then_some(1))
        .context("the number of shards cannot be kept")?;
    anyhow::ensure!(
        kept == count.get(),
        "the data directory has {kept} shards, not {}: start the bank with --shards {kept}, or \
         choose another directory with --data",
        count.get()
    );
    Ok(())
}

/// The cards in a journal have tokens of one key. An earlier version did not write down which: it
/// is compared with the demo cards then, as soon as the ledger is there.
fn keeps_its_key(
    directory: &DataDirectory,
    key_file: &Path,
    vault: &Vault,
    has_journal: bool,
) -> anyhow::Result<()> {
    let file = directory.file(FINGERPRINT);
    match vault_key::compare(&file, vault.fingerprint())? {
        KnownKey::Same => Ok(()),
        KnownKey::Unknown if has_journal => Ok(()),
        KnownKey::Unknown => Ok(vault_key::remember(&file, vault.fingerprint())?),
        KnownKey::Other => anyhow::bail!(
            "{} is not the key with which the cards in {} were made: put the right one back; with \
             this one every card would be a stranger's",
            key_file.display(),
            directory.path().display()
        ),
    }
}

pub(crate) struct BankService {
    pub(crate) handle: BankHandle,
    /// Of the key; `None` where the database knows it.
    fingerprint: Option<[u8; 32]>,
    /// Locked as long as it lives.
    directory: DataDirectory,
}

impl BankService {
    /// The Bank's data, opened and locked, and its actors.
    pub(crate) fn open(
        data: &Path,
        journal: &JournalOptions,
        mut kafka: Option<&mut Kafka>,
        surroundings: &RealSurroundings,
    ) -> anyhow::Result<(Supervisor, BankService)> {
        let mut directory = DataDirectory::open(data, "bank")?;
        anyhow::ensure!(
            !accept_loss::is_interrupted(directory.path()),
            "a loss was being accepted in {}, and not all of it was done: run bancada accept-loss \
             --yes again",
            directory.path().display()
        );
        let key_file = journal.vault_key_file.clone();
        let key_file = key_file.unwrap_or_else(|| directory.file(KEY));
        let has_journal = journal.database.postgres.is_none() && directory.file(JOURNAL).exists();
        anyhow::ensure!(
            key_file.exists() || !has_journal,
            "{} is missing: without it the cards in the journal cannot be recognized",
            key_file.display()
        );
        let vault = Vault::new(vault_key::read_or_make(&key_file, rand::random)?);
        let count = ShardCount::new(journal.shards.into())?;
        match &journal.database.postgres {
            Some(url) => PostgresJournal::new(url, 0).claim(vault.fingerprint(), count)?,
            None => {
                keeps_its_shards(&directory, count, has_journal)?;
                keeps_its_key(&directory, &key_file, &vault, has_journal)?;
            }
        }
        let publisher = kafka.as_deref_mut().map(Kafka::publisher);
        let mut shard = |shard| {
            let stores = match &journal.database.postgres {
                Some(url) => Stores::in_postgres(url, shard, journal)?,
                None => Stores::in_files(&mut directory, shard, journal)?,
            };
            let broker = match &publisher {
                Some(publisher) => {
                    Some((Arc::clone(publisher), delivery(&directory, shard, journal)?))
                }
                None => None,
            };
            anyhow::Ok(ShardParts {
                journal: stores.journal,
                history: stores.history,
                proof: proof(
                    data,
                    &directory,
                    (shard, count),
                    broker.as_ref().map(|(_, cursor)| cursor),
                ),
                broker,
                snapshots: Some(stores.snapshots),
            })
        };
        let parts = BankParts {
            currency: Currency::BRL,
            vault,
            surroundings: Arc::new(surroundings.clone()) as Arc<dyn Surroundings>,
            max_in_flight: MAX_IN_FLIGHT,
            shards: count.shards().map(&mut shard).collect::<Result<_, _>>()?,
        };
        let fingerprint = journal.database.postgres.is_none().then(|| parts.vault.fingerprint());
        let (supervisor, handle) = bank(parts)?;
        if let Some(kafka) = kafka {
            kafka.bring_bills_to(handle.clone());
        }
        Ok((supervisor, BankService { handle, fingerprint, directory }))
    }

    /// Its gRPC server, on a thread of its own.
    pub(crate) fn grpc(
        &self,
        listener: &Arc<TcpListener>,
        doors: &Doors,
        surroundings: &RealSurroundings,
    ) -> Supervisor {
        let parts = GrpcServerParts {
            listener: Arc::clone(listener),
            bank: self.handle.clone(),
            metrics: surroundings.metrics.clone(),
            allowed_hosts: Arc::clone(&doors.allowed_hosts),
            connections: doors.for_clients(),
        };
        let server = ChildSpec::permanent("server", move |_| GrpcServer::new(parts.clone()))
            .shutdown_within(Duration::from_secs(7));
        Supervisor::new("grpc", Strategy::OneForOne).child(server)
    }

    pub(crate) fn check(handle: &BankHandle, tree: &TreeSlot) -> Check {
        let detail = handle.readiness().err().map(str::to_owned);
        let check = Check { name: "bank", ok: detail.is_none(), is_vital: true, detail };
        unless_stalled(check, tree)
    }

    pub(crate) fn refresh(handle: &BankHandle, surroundings: &RealSurroundings) {
        surroundings.metrics.set_journal(handle.n_committed(), handle.n_delivered());
    }

    /// Issues the demo cards, as soon as the ledger is there.
    pub(crate) async fn issue_demo_cards(&self) -> anyhow::Result<()> {
        const EVERY: Duration = Duration::from_millis(20);
        const N_TRIES: usize = 1_500;
        let mut tries = 0;
        loop {
            let issued = match self.recognize_cards().await? {
                Ok(()) => self.handle.issue_demo_cards().await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            let Err(error) = issued else { return Ok(()) };
            // A full disk has no room for cards; the Bank runs nevertheless, and says so.
            if self.handle.is_full() {
                tracing::warn!("the demo cards are not issued: the disk is full");
                return Ok(());
            }
            tries += 1;
            if tries == N_TRIES {
                anyhow::bail!("the demo cards cannot be issued: {error}");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Where an earlier version did not write down the key, the cards have to tell, once the ledger
    /// can be asked.
    async fn recognize_cards(&self) -> anyhow::Result<Result<(), QueryError>> {
        let Some(fingerprint) = self.fingerprint else { return Ok(Ok(())) };
        let file = self.directory.file(FINGERPRINT);
        if vault_key::compare(&file, fingerprint)? != KnownKey::Unknown {
            return Ok(Ok(()));
        }
        match self.handle.has_only_strange_cards().await {
            Ok(false) => vault_key::remember(&file, fingerprint)?,
            Ok(true) => anyhow::bail!(
                "the vault's key is not the one with which the cards in {} were made: put the \
                 right one back; with this one every card would be a stranger's",
                self.directory.path().display()
            ),
            Err(error) => return Ok(Err(error)),
        }
        Ok(Ok(()))
    }
}
