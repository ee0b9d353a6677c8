//! A running shop with its Bank and its statement, and how to talk to it.

pub(crate) use bancada_testbed::eventually;
use std::future::Future;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bancada_bank::{BankHandle, BankParts, ProofParts, ShardParts, Vault, bank};
use bancada_checkout::catalogue::Catalogue;
use bancada_checkout::{CheckoutParts, Limits, checkout};
use bancada_database::journal::SqliteJournal;
use bancada_database::orders::SqliteOrders;
use bancada_database::statement::SqliteStatements;
use bancada_edge::{AllowedHosts, ConnectionLimit};
use bancada_extrato::{ExtratoParts, extrato};
use bancada_grpc::client::{BankAddress, BankClient, BillClient, FeedClient};
use bancada_grpc::{GrpcServer, GrpcServerParts};
use bancada_http::{Admin, Check, HttpServer, HttpServerParts, Service, Site};
use bancada_kernel::{Currency, MerchantId, Timestamp};
use bancada_proto::web::{PartStatus, SystemStatus};
use bancada_supervision::{ChildSpec, Options, Strategy, Supervisor, Tree, TreeHandle};
use bancada_telemetry::{Metrics, clock};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::secrets::shows_no_card_number;

/// Everything here is waited for at most so long; a loaded machine is slow, not wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of each listener here.
pub(crate) const MAX_CONNECTIONS: usize = 256;
pub(crate) const NUMBER: &str = "4242424242424242";

#[derive(Clone)]
struct World;

impl bancada_bank::ports::Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn monotonic(&self) -> std::time::Duration {
        bancada_telemetry::clock::monotonic()
    }

    fn uuid(&self) -> uuid::Uuid {
        clock::uuid()
    }

    fn journal_is_lost(&self, error: &bancada_bank::ports::JournalError) {
        panic!("{error}");
    }
}

impl bancada_checkout::ports::Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random_unit(&self) -> f64 {
        0.5
    }
}

impl bancada_extrato::ports::Surroundings for World {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random_unit(&self) -> f64 {
        0.5
    }
}

/// The Bank in a tree of its own, so that it can be away, and everything else in another.
pub(crate) struct RunningShop {
    pub(crate) bank: TreeHandle,
    pub(crate) handle: BankHandle,
    pub(crate) rest: TreeHandle,
    /// Of the shop, the statement and the pages.
    pub(crate) address: String,
    pub(crate) admin: String,
    pub(crate) web: reqwest::Client,
    _data: TempDir,
}

/// An answer as it came; no card number stands in it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Answer {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, body: response.bytes().await.unwrap().into() };
        shows_no_card_number(&answer.text());
        answer.headers.values().for_each(|it| shows_no_card_number(&format!("{it:?}")));
        answer
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The status and the stable code of a problem.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

/// Runs a test inside an actix system.
pub(crate) fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(async {
        tokio::time::timeout(2 * PATIENCE, test).await.expect("the test ends");
    });
}

impl RunningShop {
    /// Everything, with the demo cards issued and on the statement.
    pub(crate) async fn start() -> RunningShop {
        RunningShop::with(Site::default(), false).await
    }

    pub(crate) async fn with(site: Site, chaos: bool) -> RunningShop {
        let data = tempfile::tempdir().unwrap();
        let metrics = Metrics::new();
        let (bank_tree, handle, address) = bank_parts(data.path(), &metrics);
        let bank = Tree::start(bank_tree, Options::default()).await.unwrap();
        let (pages, admin) = (listener(), listener());
        let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let (page_url, admin_url) = (url(&pages), url(&admin));
        let slot = Arc::new(OnceLock::new());
        let admin_parts = admin_of(&slot, &metrics, handle.clone());
        let (shop_tree, statement_tree, services) = services(data.path(), &address, &metrics, site);
        let root = Supervisor::new("rest", Strategy::OneForOne)
            .supervisor(shop_tree)
            .supervisor(statement_tree)
            .child(server("http", pages, services, &metrics))
            .child(server("admin", admin, vec![Service::Admin(admin_parts)], &metrics));
        let rest = Tree::start(root, Options { chaos, ..Options::default() }).await.unwrap();
        slot.set(rest.clone()).unwrap();
        let web = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let (address, admin) = (page_url, admin_url);
        let shop =
            RunningShop { bank, handle: handle.clone(), rest, address, admin, web, _data: data };
        eventually("the bank is ready", async || handle.readiness().is_ok()).await;
        handle.issue_demo_cards().await.unwrap();
        shop.token_of("0099").await;
        shop
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(self.web.get(format!("{}{path}", self.address))).await
    }

    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        self.ask(self.web.get(format!("{}{path}", self.address)).header(name, value)).await
    }

    pub(crate) async fn get_admin(&self, path: &str) -> Answer {
        self.ask(self.web.get(format!("{}{path}", self.admin))).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.web.request(method, format!("{}{path}", self.address))
    }

    pub(crate) async fn ask(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, ORDERS).header("idempotency-key", key);
        self.ask(request.json(body)).await
    }

    /// Buys a bag of coffee, which must be paid.
    pub(crate) async fn buy(&self) -> Value {
        let answer = self.post(&new_key(), &order(NUMBER)).await;
        assert_eq!((answer.status, &answer.json()["status"]), (201, &"paid".into()));
        answer.json()
    }

    /// Sends bytes as they are, and reads until the server closes the connection; the status is
    /// 0 when it closed without an answer that arrived.
    pub(crate) async fn raw(&self, request: &str) -> (u16, String) {
        let address = self.address.strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut answer = Vec::new();
        // A server that has read enough closes, and what is still on its way is reset.
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or(0), answer)
    }

    /// Waits for the demo card with these last digits on the statement.
    pub(crate) async fn token_of(&self, last4: &str) -> String {
        let mut token = None;
        eventually("the statement knows the card", async || {
            let list = self.get("/api/extrato/v1/cards").await.json();
            let mut cards = list["cards"].as_array().unwrap().iter();
            let found =
                cards.find(|card| card["card"]["masked"].as_str().unwrap().ends_with(last4));
            token = found.map(|card| card["token"].as_str().unwrap().to_owned());
            token.is_some()
        })
        .await;
        token.unwrap()
    }

    pub(crate) async fn lines(&self, token: &str) -> Vec<Value> {
        let statement = self.get(&format!("/api/extrato/v1/cards/{token}/statement")).await;
        statement.json()["lines"].as_array().unwrap().clone()
    }

    pub(crate) async fn stop(self) {
        self.rest.shutdown().await;
        self.bank.shutdown().await;
    }
}

pub(crate) const ORDERS: &str = "/api/checkout/v1/orders";

fn listener() -> Arc<TcpListener> {
    Arc::new(TcpListener::bind("127.0.0.1:0").unwrap())
}

fn bank_parts(data: &Path, metrics: &Metrics) -> (Supervisor, BankHandle, BankAddress) {
    let journal = SqliteJournal::new(&data.join("journal.sqlite3"), 0, None);
    let (supervisor, handle) = bank(BankParts {
        currency: Currency::BRL,
        vault: Vault::new([7; 32]),
        surroundings: Arc::new(World),
        max_in_flight: 4_096,
        shards: vec![ShardParts {
            history: Arc::new(journal.history().unwrap()),
            journal: Arc::new(journal),
            broker: None,
            proof: ProofParts::default(),
            snapshots: None,
        }],
    })
    .unwrap();
    let listener = listener();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let parts = GrpcServerParts {
        listener,
        bank: handle.clone(),
        metrics: metrics.clone(),
        allowed_hosts: Arc::default(),
        connections: ConnectionLimit::new(1_024, None),
    };
    let server = ChildSpec::permanent("server", move |_| GrpcServer::new(parts.clone()));
    let root = Supervisor::new("banks", Strategy::OneForOne).supervisor(supervisor).child(server);
    (root, handle, BankAddress::parse(&address).unwrap())
}

fn services(
    data: &Path,
    bank: &BankAddress,
    metrics: &Metrics,
    site: Site,
) -> (Supervisor, Supervisor, Vec<Service>) {
    let limits = Limits::default();
    let (shop_tree, shop) = checkout(CheckoutParts {
        catalogue: Catalogue::seeded(),
        merchant: MerchantId::parse("loja").unwrap(),
        store_name: "Loja Bancada".to_owned(),
        store: Arc::new(SqliteOrders::new(&data.join("orders.sqlite3"))),
        bank: Arc::new(BankClient::new(bank, limits.call_deadline, metrics.clone())),
        refunds: Arc::new(FeedClient::new(bank)),
        surroundings: Arc::new(World),
        limits,
    });
    let store = SqliteStatements::new(&data.join("statement.sqlite3"));
    let feed = Arc::new(FeedClient::new(bank));
    let (statement_tree, statement) = extrato(ExtratoParts {
        reader: Arc::new(store.reader().unwrap()),
        store: Arc::new(store),
        source: Arc::clone(&feed) as _,
        event_reader: Arc::clone(&feed) as _,
        repair: feed,
        bills: Arc::new(BillClient::new(bank)),
        dead_letters: None,
        surroundings: Arc::new(World),
        limits: bancada_extrato::Limits::default(),
    });
    let up = |name: &str| PartStatus { name: name.to_owned(), up: true, detail: None };
    let status = move || SystemStatus { parts: vec![up("bank"), up("checkout")] };
    let pages = Service::Pages {
        site: Arc::new(site),
        catalogue: Arc::new(Catalogue::seeded()),
        status: Arc::new(status),
    };
    let services = vec![Service::Checkout(shop), Service::Extrato(statement), pages];
    (shop_tree, statement_tree, services)
}

fn admin_of(slot: &Arc<OnceLock<TreeHandle>>, metrics: &Metrics, bank: BankHandle) -> Admin {
    let (refreshed, refreshing) = (metrics.clone(), bank.clone());
    let readiness = move || {
        let detail = bank.readiness().err().map(str::to_owned);
        let bank = Check { name: "bank", ok: detail.is_none(), is_vital: true, detail };
        let detail = Some("somebody has to look at it".to_owned());
        vec![bank, Check { name: "copy", ok: false, is_vital: false, detail }]
    };
    Admin {
        statement: None,
        set_aside: None,
        tree: Arc::clone(slot),
        metrics: metrics.clone(),
        refresh: Arc::new(move || {
            refreshed.set_journal(refreshing.feed().committed_position(), None);
        }),
        readiness: Arc::new(readiness),
    }
}

fn server(
    id: &'static str,
    listener: Arc<TcpListener>,
    services: Vec<Service>,
    metrics: &Metrics,
) -> ChildSpec<HttpServer> {
    let parts = HttpServerParts {
        listener,
        services,
        metrics: metrics.clone(),
        n_workers: 1,
        allowed_hosts: Arc::new(AllowedHosts::new(["shop.example".parse().unwrap()])),
        connections: ConnectionLimit::new(MAX_CONNECTIONS, None),
    };
    ChildSpec::permanent(id, move |_| HttpServer::new(parts.clone()))
        .shutdown_within(Duration::from_secs(7))
}

/// An order of one bag of coffee with this card.
pub(crate) fn order(number: &str) -> Value {
    json!({
        "items": [{ "slug": "cafe-em-graos", "quantity": 1 }],
        "card": {
            "number": number,
            "holder": "Ana Teste",
            "expiry_month": 12,
            "expiry_year": 2035,
            "cvv": "123",
        },
    })
}

pub(crate) fn new_key() -> String {
    clock::uuid().to_string()
}
