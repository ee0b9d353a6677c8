//! A Bank behind its server, and what is asked of it.

use std::collections::HashMap;
use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bancada_bank::ports::{JournalError, Surroundings};
use bancada_bank::{BankParts, ProofParts, ShardParts, Vault, bank};
use bancada_database::journal::SqliteJournal;
use bancada_edge::ConnectionLimit;
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_kernel::{Currency, Timestamp};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use bancada_proto::bank::v1::event_feed_client::EventFeedClient;
use bancada_supervision::{ChildSpec, Options, Strategy, Supervisor, Tree, TreeHandle};
use bancada_telemetry::{Metrics, clock};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// A Luhn-correct number that no table publishes.
const NUMBER: &str = "4000000000001000";
const MERCHANT: &str = "loja";
/// Everything is waited for at most so long; a loaded machine is slow, not wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// The clock is the real one, and what the test lets pass.
#[derive(Default)]
struct World {
    passed_ms: AtomicI64,
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        Timestamp(clock::now().0 + self.passed_ms.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        clock::monotonic() + Duration::from_millis(self.passed_ms.load(Ordering::Relaxed) as u64)
    }

    fn uuid(&self) -> Uuid {
        clock::uuid()
    }

    fn journal_is_lost(&self, error: &JournalError) {
        panic!("the journal is lost: {error}");
    }
}

/// Runs a test inside an actix system.
pub(crate) fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(async {
        tokio::time::timeout(PATIENCE, test).await.expect("the test ends");
    });
}

pub(crate) struct ServedBank {
    folder: TempDir,
    world: Arc<World>,
    tree: TreeHandle,
    channel: Channel,
    card_token: String,
}

type Answer = Result<v1::OperationResponse, Status>;

impl ServedBank {
    /// A Bank with one card of this limit.
    pub(crate) async fn with_limit(limit_minor: i64) -> ServedBank {
        let mut served = ServedBank::start(tempfile::tempdir().unwrap()).await;
        let request = v1::IssueCardRequest {
            number: NUMBER.to_owned(),
            holder: "Ana Teste".to_owned(),
            expiry_month: 12,
            expiry_year: 2090,
            limit: Some(brl(limit_minor)),
            closing_day: 5,
            due_day: 15,
        };
        let card = served.cards().issue_card(request).await.unwrap().into_inner();
        served.card_token = card.card_token;
        served
    }

    async fn start(folder: TempDir) -> ServedBank {
        let journal = SqliteJournal::new(&folder.path().join("journal.sqlite3"), 0, None);
        let world = Arc::new(World::default());
        let (supervisor, handle) = bank(BankParts {
            currency: Currency::BRL,
            vault: Vault::new([7; 32]),
            surroundings: Arc::clone(&world) as Arc<dyn Surroundings>,
            max_in_flight: 64,
            shards: vec![ShardParts {
                history: Arc::new(journal.history().unwrap()),
                journal: Arc::new(journal),
                broker: None,
                proof: ProofParts::default(),
                snapshots: None,
            }],
        })
        .unwrap();
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let address = listener.local_addr().unwrap();
        let parts = GrpcServerParts {
            listener,
            bank: handle.clone(),
            metrics: Metrics::new(),
            allowed_hosts: Arc::default(),
            connections: ConnectionLimit::new(1_024, None),
        };
        let server = ChildSpec::permanent("server", move |_| GrpcServer::new(parts.clone()));
        let root =
            Supervisor::new("test", Strategy::OneForOne).supervisor(supervisor).child(server);
        let tree = Tree::start(root, Options::default()).await.unwrap();
        while handle.readiness().is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        ServedBank { folder, world, tree, channel, card_token: String::new() }
    }

    /// Stops the Bank and starts another on the same disk.
    pub(crate) async fn restart(self) -> ServedBank {
        let ServedBank { folder, tree, card_token, .. } = self;
        tree.shutdown().await;
        ServedBank { card_token, ..ServedBank::start(folder).await }
    }

    pub(crate) async fn stop(self) {
        self.tree.shutdown().await;
    }

    /// Moves the Bank's clock.
    pub(crate) fn let_pass(&self, ms: i64) {
        self.world.passed_ms.fetch_add(ms, Ordering::Relaxed);
    }

    fn payments(&self) -> BankServiceClient<Channel> {
        BankServiceClient::new(self.channel.clone())
    }

    fn cards(&self) -> CardServiceClient<Channel> {
        CardServiceClient::new(self.channel.clone())
    }

    /// Asks for a hold; the payment, whatever was decided.
    pub(crate) async fn hold(&self, key: &str, minor: i64, installments: u32) -> v1::Payment {
        let request = v1::AuthorizeRequest {
            merchant_id: MERCHANT.to_owned(),
            idempotency_key: key.to_owned(),
            card: Some(v1::CardDetails {
                number: NUMBER.to_owned(),
                holder: "Ana Teste".to_owned(),
                expiry_month: 12,
                expiry_year: 2090,
                cvv: "123".to_owned(),
            }),
            amount: Some(brl(minor)),
            capture: false,
            store: "Loja".to_owned(),
            description: "Café".to_owned(),
            order_id: "o-1".to_owned(),
            installments,
        };
        self.payments().authorize(request).await.unwrap().into_inner().payment.unwrap()
    }

    pub(crate) async fn capture(&self, key: &str, payment: &str, minor: i64) -> Answer {
        self.capture_of(MERCHANT, key, payment, minor).await
    }

    pub(crate) async fn capture_of(
        &self,
        merchant: &str,
        key: &str,
        payment: &str,
        minor: i64,
    ) -> Answer {
        let request = v1::CaptureRequest {
            merchant_id: merchant.to_owned(),
            idempotency_key: key.to_owned(),
            payment_id: payment.to_owned(),
            amount: Some(brl(minor)),
        };
        self.payments().capture(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn void(&self, key: &str, payment: &str) -> Answer {
        let request = v1::VoidRequest {
            merchant_id: MERCHANT.to_owned(),
            idempotency_key: key.to_owned(),
            payment_id: payment.to_owned(),
        };
        self.payments().void(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn refund(&self, key: &str, payment: &str, minor: i64) -> Answer {
        let request = v1::RefundRequest {
            merchant_id: MERCHANT.to_owned(),
            idempotency_key: key.to_owned(),
            payment_id: payment.to_owned(),
            amount: Some(brl(minor)),
        };
        self.payments().refund(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn payment(&self, id: &str) -> v1::Payment {
        let by = Some(v1::get_payment_request::By::PaymentId(id.to_owned()));
        let request = v1::GetPaymentRequest { merchant_id: MERCHANT.to_owned(), by };
        self.payments().get_payment(request).await.unwrap().into_inner().payment.unwrap()
    }

    pub(crate) async fn card(&self) -> v1::CardAccount {
        let request = v1::GetCardRequest { card_token: self.card_token.clone() };
        self.cards().get_card(request).await.unwrap().into_inner()
    }

    pub(crate) async fn set_limit(&self, minor: i64) -> Result<v1::CardAccount, Status> {
        let card_token = self.card_token.clone();
        let request = v1::SetCardLimitRequest { card_token, limit: Some(brl(minor)) };
        self.cards().set_card_limit(request).await.map(tonic::Response::into_inner)
    }

    /// Follows the Bank from its first event to one like this.
    pub(crate) async fn events_until(
        &self,
        is_last: impl Fn(&v1::PaymentEvent) -> bool,
    ) -> Vec<v1::PaymentEvent> {
        let mut feed = EventFeedClient::new(self.channel.clone());
        let request = Request::new(v1::SubscribeRequest::default());
        let mut batches = feed.subscribe(request).await.unwrap().into_inner();
        let mut events = Vec::new();
        loop {
            for event in batches.message().await.unwrap().unwrap().events {
                let is_found = is_last(&event);
                events.push(event);
                if is_found {
                    return events;
                }
            }
        }
    }
}

pub(crate) fn another_merchant() -> &'static str {
    "another"
}

/// The reason in a status, and the facts with it.
pub(crate) fn reason(status: &Status) -> (String, HashMap<String, String>) {
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.domain, "bank.bancada");
    (info.reason, info.metadata)
}

fn brl(amount_minor: i64) -> v1::Money {
    v1::Money { amount_minor, currency: "BRL".to_owned() }
}
