//! The statement: its projection and the source of events.

use std::path::Path;
use std::sync::Arc;

use bancada_database::data_directory::DataDirectory;
use bancada_database::postgres::PostgresStatements;
use bancada_database::statement::{FILE, SqliteStatements};
use bancada_extrato::ports::{EventReader, StatementReader, StatementStoreOpener};
use bancada_extrato::{ExtratoHandle, ExtratoParts, Limits, extrato};
use bancada_grpc::client::{BankAddress, BillClient, FeedClient};
use bancada_http::Check;
use bancada_kernel::PaymentEvent;
use bancada_supervision::Supervisor;

use crate::arguments::DatabaseOption;
use crate::process::TreeSlot;
use crate::service::kafka::Kafka;
use crate::service::left_behind;
use crate::service::stalled::unless_stalled;
use crate::surroundings::RealSurroundings;

/// Reads what either transport delivers: JSON through Kafka, protobuf from the Bank's own feed.
struct AnyTransport(Arc<FeedClient>);

impl EventReader for AnyTransport {
    fn read(&self, raw: &[u8]) -> Result<PaymentEvent, String> {
        if raw.first() == Some(&b'{') {
            bancada_event_record::event_from_value(raw).map_err(|error| error.to_string())
        } else {
            self.0.read(raw)
        }
    }
}

/// Where the statement keeps its rows, and how they are read.
struct Stores {
    store: Arc<dyn StatementStoreOpener>,
    reader: Arc<dyn StatementReader>,
}

impl Stores {
    fn new(directory: &DataDirectory, database: &DatabaseOption) -> anyhow::Result<Stores> {
        let file = directory.file(FILE);
        if let Some(url) = &database.postgres {
            left_behind::refuse(&file, "statements")?;
            url.refuse_transaction_pooler()?;
            let store = PostgresStatements::new(url);
            return Ok(Stores { reader: Arc::new(store.reader()), store: Arc::new(store) });
        }
        let store = SqliteStatements::new(&file);
        Ok(Stores { reader: Arc::new(store.reader()?), store: Arc::new(store) })
    }
}

pub(crate) struct ExtratoService {
    pub(crate) handle: ExtratoHandle,
    /// Locked as long as it lives.
    _directory: DataDirectory,
}

impl ExtratoService {
    /// The statement's data, opened and locked, and its actors; call it inside the runtime on
    /// which the connections to the Bank shall live.
    pub(crate) fn open(
        data: &Path,
        database: &DatabaseOption,
        bank: &BankAddress,
        mut kafka: Option<&mut Kafka>,
        surroundings: &RealSurroundings,
    ) -> anyhow::Result<(Supervisor, ExtratoService)> {
        let directory = DataDirectory::open(data, "extrato")?;
        let Stores { store, reader } = Stores::new(&directory, database)?;
        let feed = Arc::new(FeedClient::new(bank));
        let parts = ExtratoParts {
            reader,
            store,
            source: kafka.as_deref_mut().map_or_else(|| Arc::clone(&feed) as _, Kafka::source),
            repair: Arc::clone(&feed) as _,
            event_reader: Arc::new(AnyTransport(Arc::clone(&feed))),
            bills: kafka
                .as_deref_mut()
                .map_or_else(|| Arc::new(BillClient::new(bank)) as _, Kafka::bills),
            dead_letters: kafka.map(Kafka::dead_letters),
            surroundings: Arc::new(surroundings.clone()),
            limits: Limits::default(),
        };
        let (supervisor, handle) = extrato(parts);
        Ok((supervisor, ExtratoService { handle, _directory: directory }))
    }

    /// The statement can be read also while it is behind: it says so itself. One whose Bank lost
    /// what it shows is for somebody to look at.
    pub(crate) fn check(handle: &ExtratoHandle, tree: &TreeSlot) -> Check {
        let freshness = handle.freshness();
        let behind = freshness.committed_position.saturating_sub(freshness.applied_position);
        let detail = match (freshness.connected, behind) {
            (false, _) => Some(match handle.store_failure() {
                Some(why) => format!("its own store fails: {why}"),
                None => "the source of events is away".to_owned(),
            }),
            (true, 0) => None,
            (true, behind) => Some(format!("{behind} events behind the bank")),
        };
        let detail = match freshness.is_being_rebuilt {
            true => Some(format!("it was damaged and is rebuilt, {behind} events behind the bank")),
            false => detail,
        };
        let other_past = handle.other_past();
        let check = Check {
            name: "extrato",
            ok: other_past.is_none(),
            is_vital: true,
            detail: other_past.map(|why| format!("the bank has another past: {why}")).or(detail),
        };
        unless_stalled(check, tree)
    }

    pub(crate) fn refresh(handle: &ExtratoHandle, surroundings: &RealSurroundings) {
        let freshness = handle.freshness();
        let behind = freshness.committed_position.saturating_sub(freshness.applied_position);
        surroundings.metrics.set_statement_lag(behind);
        let counted = handle.statistics();
        surroundings.metrics.set_statement_events(&[
            ("applied", counted.n_applied),
            ("duplicate", counted.n_duplicates),
            ("held", counted.n_held),
            ("dead_letter", counted.n_dead_letters),
        ]);
        surroundings.metrics.set_statement_cards(counted.n_behind, counted.n_held_cards);
    }
}
