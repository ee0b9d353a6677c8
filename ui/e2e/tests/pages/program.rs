//! The program whose pages are tested.

pub(crate) use bancada_testbed::eventually;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use bancada_testbed::free_ports;

/// Everything here is waited for at most so long; a loaded machine is slow, not wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Names orders.
static N_ORDERS: AtomicU64 = AtomicU64::new(1);

/// A process that is killed when the test is over.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Built together with these tests by `cargo test --workspace`.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let binary = tests.parent().unwrap().parent().unwrap().join("bancada");
    assert!(binary.is_file(), "{} is missing; run cargo xtask test", binary.display());
    binary
}

fn web() -> PathBuf {
    let web =
        std::env::var_os("BANCADA_WEB").map_or_else(|| root().join("dist/web"), PathBuf::from);
    assert!(web.join("index.html").is_file(), "the pages are missing; run cargo xtask web");
    web
}

/// Where pictures for people go.
pub(crate) fn pictures() -> PathBuf {
    let folder = root().join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// `bancada` with this command, in an environment that does not change it.
fn program(name: &str) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BANCADA_")) {
        command.env_remove(name);
    }
    command.arg(name).env("BANCADA_LOG", "error");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// A system as one process per service, so that the Bank can be taken away.
pub(crate) struct System {
    data: tempfile::TempDir,
    ports: [u16; 4],
    web: PathBuf,
}

impl System {
    pub(crate) fn new() -> System {
        System { data: tempfile::tempdir().unwrap(), ports: free_ports(), web: web() }
    }

    /// One whose pages lack the script that starts them.
    pub(crate) fn without_boot_script() -> System {
        let system = System::new();
        let folder = system.data.path().join("web");
        copy_without_boot_script(&system.web, &folder);
        System { web: folder, ..system }
    }

    pub(crate) fn bank_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    /// The latest order.
    pub(crate) async fn first_order(&self) -> Value {
        let url = self.url("/api/checkout/v1/orders?limit=1");
        let list: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        list["orders"][0].clone()
    }

    /// The name at the Bank of the card with these last digits.
    pub(crate) async fn card_ending_with(&self, last4: &str) -> String {
        let url = self.url("/api/extrato/v1/cards");
        let list: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        let mut cards = list["cards"].as_array().unwrap().iter();
        let is_it = |card: &&Value| card["card"]["masked"].as_str().unwrap().ends_with(last4);
        cards.find(is_it).unwrap()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0])
    }

    fn command(&self, service: &str) -> Command {
        let mut command = program(service);
        command.arg("--data").arg(self.data.path()).env("BANCADA_WEB", &self.web);
        command
    }

    /// Everything in one process.
    pub(crate) async fn up(&self) -> Process {
        let [http, grpc, admin, _] = self.ports.map(|port| port.to_string());
        let mut command = self.command("up");
        command.args(["--port", &http, "--grpc-port", &grpc, "--admin-port", &admin]);
        let process = Process(command.spawn().unwrap());
        let url = self.url("/api/extrato/v1/cards");
        eventually("the program is up", async || {
            let Ok(answer) = reqwest::get(&url).await else { return false };
            // The demo cards have come as far as the statement.
            answer.text().await.is_ok_and(|text| text.contains("************0099"))
        })
        .await;
        process
    }

    /// So many cards are charged so often in all, until the result is dropped.
    pub(crate) fn load(&self, n_cards: u16, per_second: u32) -> Process {
        let mut command = program("load");
        command.args(["--bank", &format!("http://127.0.0.1:{}", self.ports[1])]);
        command.args(["--cards", &n_cards.to_string(), "--rate", &per_second.to_string()]);
        Process(command.args(["--duration", "1h"]).spawn().unwrap())
    }

    /// Charges a card for a bag of coffee; the result is the card's name at the Bank.
    pub(crate) async fn buy(&self, number: &str) -> String {
        let card = json!({
            "number": number, "holder": "Ana Teste", "expiry_month": 12, "expiry_year": 2035,
            "cvv": "123",
        });
        let body = json!({ "items": [{ "slug": "cafe-em-graos", "quantity": 1 }], "card": card });
        let nth = N_ORDERS.fetch_add(1, Ordering::Relaxed);
        let request = reqwest::Client::new()
            .post(self.url("/api/checkout/v1/orders"))
            .header("idempotency-key", format!("00000000-0000-4000-8000-{nth:012}"))
            .json(&body);
        let order: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(order["status"], "paid", "{order}");
        order["card_token"].as_str().expect("the card's name").to_owned()
    }

    /// The amounts in minor units that were paid toward a card's bill.
    pub(crate) async fn bills_paid(&self, token: &str) -> Vec<i64> {
        let url = self.url(&format!("/api/extrato/v1/cards/{token}/statement?kind=bill_payment"));
        let page: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        let lines = page["lines"].as_array().expect("lines");
        lines.iter().filter_map(|line| line["amount"]["amount_minor"].as_i64()).collect()
    }

    /// The shop alone, with its pages.
    pub(crate) async fn checkout(&self) -> Process {
        let [http, grpc, _, admin] = self.ports;
        let mut command = self.command("checkout");
        command.args(["--http", &format!("127.0.0.1:{http}")]);
        command.args(["--admin-listen", &format!("127.0.0.1:{admin}")]);
        command.args(["--bank", &format!("http://127.0.0.1:{grpc}")]);
        let process = Process(command.spawn().unwrap());
        let url = self.url("/api/checkout/v1/products");
        eventually("the shop is up", async || reqwest::get(&url).await.is_ok()).await;
        process
    }

    /// The Bank alone.
    pub(crate) fn bank(&self) -> Process {
        let [_, grpc, admin, _] = self.ports;
        let mut command = self.command("bank");
        command.args(["--grpc", &format!("127.0.0.1:{grpc}")]);
        command.args(["--admin-listen", &format!("127.0.0.1:{admin}")]);
        Process(command.spawn().unwrap())
    }
}

fn copy_without_boot_script(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_without_boot_script(&path, &to.join(name));
        } else if !name.to_string_lossy().starts_with("boot-") {
            std::fs::copy(path, to.join(name)).unwrap();
        }
    }
}
