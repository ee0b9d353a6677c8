//! The statement: its projection and the source of events.

use std::path::Path;
use std::sync::Arc;

use bancada_database::data_directory::DataDirectory;
use bancada_database::statement::SqliteStatements;
use bancada_extrato::ports::EventReader;
use bancada_extrato::{ExtratoHandle, ExtratoParts, Limits, extrato};
use bancada_grpc::client::{BankAddress, BillClient, FeedClient};
use bancada_http::Check;
use bancada_kernel::PaymentEvent;
use bancada_supervision::Supervisor;

use crate::service::kafka::Kafka;
use crate::surroundings::RealSurroundings;

/// Reads what either transport delivers: JSON through Kafka, protobuf from the Bank's own feed.
struct AnyTransport(Arc<FeedClient>);

impl EventReader for AnyTransport {
    fn read(&self, raw: &[u8]) -> Result<PaymentEvent, String> {
        if raw.first() == Some(&b'{') {
            bancada_kafka::event_from_value(raw).map_err(|error| error.to_string())
        } else {
            self.0.read(raw)
        }
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
        bank: &BankAddress,
        mut kafka: Option<&mut Kafka>,
        surroundings: &RealSurroundings,
    ) -> anyhow::Result<(Supervisor, ExtratoService)> {
        let directory = DataDirectory::open(data, "extrato")?;
        let store = SqliteStatements::new(&directory.file("statement.sqlite3"));
        let feed = Arc::new(FeedClient::new(bank));
        let parts = ExtratoParts {
            reader: Arc::new(store.reader()?),
            store: Arc::new(store),
            source: kafka.as_deref_mut().map_or_else(|| Arc::clone(&feed) as _, Kafka::source),
            repair: Arc::clone(&feed) as _,
            event_reader: Arc::new(AnyTransport(Arc::clone(&feed))),
            bills: kafka.map_or_else(|| Arc::new(BillClient::new(bank)) as _, Kafka::bills),
            surroundings: Arc::new(surroundings.clone()),
            limits: Limits::default(),
        };
        let (supervisor, handle) = extrato(parts);
        Ok((supervisor, ExtratoService { handle, _directory: directory }))
    }

    /// The statement can be read also while it is behind: it says so itself.
    pub(crate) fn check(handle: &ExtratoHandle) -> Check {
        let freshness = handle.freshness();
        let behind = freshness.committed_position.saturating_sub(freshness.applied_position);
        let detail = match (freshness.connected, behind) {
            (false, _) => Some("the source of events is away".to_owned()),
            (true, 0) => None,
            (true, behind) => Some(format!("{behind} events behind the bank")),
        };
        Check { name: "extrato", ok: true, detail }
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
