//! A running Bank with its gRPC server, and how to talk to it.

pub(crate) use bancada_testbed::eventually;
use std::future::Future;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bancada_bank::ledger::{Ledger, check};
use bancada_bank::ports::{EventHistory, JournalError, JournalOpener, Surroundings};
use bancada_bank::{BankHandle, BankParts, ProofParts, ShardParts, Vault, bank};
use bancada_edge::ConnectionLimit;
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_kernel::{Currency, Timestamp};
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use bancada_proto::bank::v1::event_feed_client::EventFeedClient;
use bancada_proto::bank::v1::{
    self, AuthorizeRequest, AuthorizeResponse, CardAccount, CardDetails,
};
use bancada_supervision::{ChildSpec, Options, Strategy, Supervisor, Tree, TreeHandle};
use bancada_telemetry::Metrics;
use prost::Message;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use bancada_testbed::{Disk, MemoryJournal};

/// Of the server.
pub(crate) const MAX_CONNECTIONS: usize = 256;
/// Numbers that pass the Luhn check, published for tests.
pub(crate) const NUMBER: &str = "4242424242424242";
pub(crate) const OTHER_NUMBER: &str = "5555555555554444";
/// No bank of these tests issues it.
pub(crate) const UNKNOWN_NUMBER: &str = "4000056655665556";
/// November 2026.
const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// Banks started by this process.
static N_STARTED: AtomicU64 = AtomicU64::new(0);

#[derive(Default)]
pub(crate) struct World {
    n_uuids: AtomicU64,
    pub(crate) lost: Mutex<Option<JournalError>>,
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.n_uuids.fetch_add(1, Ordering::Relaxed)) + 1)
    }

    fn journal_is_lost(&self, error: &JournalError) {
        *self.lost.lock().unwrap() = Some(error.clone());
    }
}

/// The Bank and its server, in two trees, so that one can be away while the other is there.
pub(crate) struct RunningBank {
    /// What is on the disk; empty where the test gave the Bank another one.
    pub(crate) journal: MemoryJournal,
    opener: Arc<dyn JournalOpener>,
    pub(crate) world: Arc<World>,
    pub(crate) handle: BankHandle,
    pub(crate) bank: TreeHandle,
    pub(crate) server: TreeHandle,
    /// Of the server.
    pub(crate) address: String,
    pub(crate) channel: Channel,
    pub(crate) metrics: Metrics,
}

/// Runs a test inside an actix system, within a minute.
pub(crate) fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(async {
        tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test ends");
    });
}

impl RunningBank {
    /// A bank that has issued one card of this limit.
    pub(crate) async fn with_limit(limit_minor: i64) -> RunningBank {
        let running = RunningBank::start(&MemoryJournal::new(), 4_096).await;
        running.is_loaded().await;
        running.issue(NUMBER, limit_minor).await;
        running
    }

    /// A bank over this journal; it may still be loading.
    pub(crate) async fn start(journal: &MemoryJournal, max_in_flight: usize) -> RunningBank {
        let (opener, history) = (Arc::new(journal.clone()), Arc::new(journal.clone()));
        let running = RunningBank::over(opener, history, max_in_flight).await;
        RunningBank { journal: journal.clone(), ..running }
    }

    /// A bank over any journal.
    pub(crate) async fn over(
        opener: Arc<dyn JournalOpener>,
        history: Arc<dyn EventHistory>,
        max_in_flight: usize,
    ) -> RunningBank {
        let world = Arc::new(World::default());
        // Ids must not repeat across restarts, as UUIDs do not.
        let n_past = N_STARTED.fetch_add(1, Ordering::Relaxed);
        world.n_uuids.store(n_past * 1_000_000, Ordering::Relaxed);
        let (supervisor, handle) = bank(BankParts {
            currency: Currency::BRL,
            vault: Vault::new([7; 32]),
            surroundings: Arc::clone(&world) as Arc<dyn Surroundings>,
            max_in_flight,
            shards: vec![ShardParts {
                journal: Arc::clone(&opener),
                history,
                broker: None,
                proof: ProofParts::default(),
                snapshots: None,
            }],
        })
        .unwrap();
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let address = format!("http://{}", listener.local_addr().unwrap());
        let metrics = Metrics::new();
        let parts = GrpcServerParts {
            listener,
            bank: handle.clone(),
            metrics: metrics.clone(),
            allowed_hosts: Arc::default(),
            connections: ConnectionLimit::new(MAX_CONNECTIONS, None),
        };
        let server = ChildSpec::permanent("server", move |_| GrpcServer::new(parts.clone()))
            .shutdown_within(Duration::from_secs(7));
        let root = |name: &'static str| Supervisor::new(name, Strategy::OneForOne);
        let options = Options::default;
        let bank = Tree::start(root("banks").supervisor(supervisor), options()).await.unwrap();
        let server = Tree::start(root("servers").child(server), options()).await.unwrap();
        let channel = Endpoint::from_shared(address.clone()).unwrap().connect_lazy();
        let journal = MemoryJournal::new();
        RunningBank { journal, opener, world, handle, bank, server, address, channel, metrics }
    }

    pub(crate) async fn is_loaded(&self) {
        eventually("self.handle.readiness().is_ok()", async || self.handle.readiness().is_ok())
            .await;
    }

    pub(crate) fn payments(&self) -> BankServiceClient<Channel> {
        BankServiceClient::new(self.channel.clone())
    }

    pub(crate) fn cards(&self) -> CardServiceClient<Channel> {
        CardServiceClient::new(self.channel.clone())
    }

    pub(crate) fn feed(&self) -> EventFeedClient<Channel> {
        EventFeedClient::new(self.channel.clone())
    }

    /// Issues a card, and returns its account.
    pub(crate) async fn issue(&self, number: &str, limit_minor: i64) -> CardAccount {
        let issued = self.cards().issue_card(card(number, limit_minor)).await;
        checked(issued.map(tonic::Response::into_inner)).unwrap()
    }

    /// Asks for a payment; whatever comes back shows no card number.
    pub(crate) async fn authorize(
        &self,
        request: AuthorizeRequest,
    ) -> Result<AuthorizeResponse, Status> {
        let answer = self.payments().authorize(request).await;
        checked(answer.map(tonic::Response::into_inner))
    }

    pub(crate) async fn pay(&self, key: &str, amount_minor: i64) -> v1::Payment {
        self.authorize(sale(key, amount_minor)).await.unwrap().payment.unwrap()
    }

    /// The card as the Bank shows it.
    pub(crate) async fn card(&self, token: &str) -> CardAccount {
        let request = v1::GetCardRequest { card_token: token.to_owned() };
        let found = self.cards().get_card(request).await;
        checked(found.map(tonic::Response::into_inner)).unwrap()
    }

    /// The token of the one card of these tests.
    pub(crate) async fn token(&self) -> String {
        let listed = self.cards().list_cards(v1::ListCardsRequest::default()).await.unwrap();
        let cards = listed.into_inner().cards;
        let found = cards.into_iter().find(|card| card.masked_number.ends_with("4242"));
        found.unwrap().card_token
    }

    /// Stops everything and holds what is on the disk against the invariants.
    pub(crate) async fn stop_and_check(self) -> Ledger {
        self.journal.set_disk(Disk::Well);
        self.server.shutdown().await;
        self.bank.shutdown().await;
        let mut entries = Vec::new();
        self.opener.open().unwrap().replay(0, &mut |entry| entries.push(entry)).unwrap();
        let mut ledger = Ledger::new(Currency::BRL);
        entries.iter().for_each(|entry| ledger.apply(entry));
        assert_eq!(check(&ledger, &entries), []);
        ledger
    }
}

/// An answer or a status, in which no card number of these tests may stand.
pub(crate) fn checked<T: Message>(answer: Result<T, Status>) -> Result<T, Status> {
    let bytes = match &answer {
        Ok(message) => message.encode_to_vec(),
        Err(status) => [status.message().as_bytes(), status.details()].concat(),
    };
    for number in [NUMBER, OTHER_NUMBER, UNKNOWN_NUMBER] {
        let shows = bytes.windows(number.len()).any(|part| part == number.as_bytes());
        assert!(!shows, "an answer shows a card number");
    }
    answer
}

/// The field that a refusal names, and its code must be `INVALID_ARGUMENT`.
#[track_caller]
pub(crate) fn field_of(status: &Status) -> String {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().expect("google.rpc.BadRequest");
    assert_eq!(details.field_violations.len(), 1, "{details:?}");
    assert!(!details.field_violations[0].description.is_empty());
    details.field_violations[0].field.clone()
}

/// The reason of ours in a status.
#[track_caller]
pub(crate) fn reason_of(status: &Status) -> String {
    let info = status.get_details_error_info().expect("google.rpc.ErrorInfo");
    assert_eq!(info.domain, "bank.bancada");
    info.reason
}

pub(crate) fn brl(amount_minor: i64) -> Option<v1::Money> {
    Some(v1::Money { amount_minor, currency: "BRL".to_owned() })
}

pub(crate) fn card(number: &str, limit_minor: i64) -> v1::IssueCardRequest {
    v1::IssueCardRequest {
        number: number.to_owned(),
        holder: "Ana Teste".to_owned(),
        expiry_month: 12,
        expiry_year: 2035,
        limit: brl(limit_minor),
        closing_day: 5,
        due_day: 15,
    }
}

pub(crate) fn details(number: &str) -> CardDetails {
    CardDetails {
        number: number.to_owned(),
        holder: "Ana Teste".to_owned(),
        expiry_month: 12,
        expiry_year: 2035,
        cvv: "123".to_owned(),
    }
}

/// Authorize and capture in one step, with the card of these tests.
pub(crate) fn sale(key: &str, amount_minor: i64) -> AuthorizeRequest {
    AuthorizeRequest {
        merchant_id: "loja".to_owned(),
        idempotency_key: key.to_owned(),
        card: Some(details(NUMBER)),
        amount: brl(amount_minor),
        capture: true,
        store: "Loja".to_owned(),
        description: "Café".to_owned(),
        order_id: "o-1".to_owned(),
        installments: 1,
    }
}
