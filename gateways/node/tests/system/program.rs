//! One running `bancada`, and how to talk to it.

pub(crate) use bancada_testbed::eventually;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) use crate::said::Said;
pub(crate) use bancada_testbed::free_ports;

/// Everything here is waited for at most so long; a loaded machine is slow, not wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_bancada");

/// A process that is killed when the test is over.
pub(crate) struct Program {
    child: Child,
}

impl Program {
    pub(crate) fn start(arguments: &[&str]) -> Program {
        let log = std::env::var("BANCADA_TEST_LOG").unwrap_or_else(|_| "error".to_owned());
        let mut command = Program::command(arguments, &log);
        Program::spawn(command.stdout(Stdio::null()))
    }

    /// The same with all that it prints and logs at the end of a file.
    pub(crate) fn start_writing(arguments: &[&str], filter: &str, log: &Path) -> Program {
        let log = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut command = Program::command(arguments, filter);
        Program::spawn(command.stdout(log.try_clone().unwrap()).stderr(log))
    }

    fn command(arguments: &[&str], log: &str) -> Command {
        let mut command = Command::new(BINARY);
        // Its environment is the test's, but for what would change the program.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BANCADA_")) {
            command.env_remove(name);
        }
        command.args(arguments).env("BANCADA_LOG", log);
        // So many that every test of a second has some, and whatever crashes is back from one.
        command.env("BANCADA_SNAPSHOT_EVERY", "300");
        command
    }

    /// Runs a command as one of the test's.
    pub(crate) fn spawn(command: &mut Command) -> Program {
        Program { child: command.stdin(Stdio::null()).spawn().unwrap() }
    }

    /// Kills it as the kernel would, without a chance to do anything.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as Ctrl-C does, and returns its exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        self.signal("-INT");
        self.wait()
    }

    /// Its number in the system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, such as `-STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Its exit code, if it has ended.
    pub(crate) fn ended(&mut self) -> Option<Option<i32>> {
        self.child.try_wait().unwrap().map(|status| status.code())
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Its exit code; `None` when a signal ended it.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the parts of a system are, whether in one process or in three.
#[derive(Clone)]
pub(crate) struct System {
    pub(crate) data: PathBuf,
    pub(crate) shop: String,
    pub(crate) statement: String,
    pub(crate) bank: String,
    pub(crate) admin: String,
    pub(crate) web: reqwest::Client,
    /// Kafka's brokers, to be audited as well.
    pub(crate) kafka: Option<String>,
    ports: [u16; 3],
}

impl System {
    /// A system that is not running yet.
    pub(crate) fn new(data: &Path) -> System {
        let ports = free_ports::<3>();
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        System {
            data: data.to_owned(),
            shop: url(ports[0]),
            statement: url(ports[0]),
            bank: url(ports[1]),
            admin: url(ports[2]),
            web: reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap(),
            kafka: None,
            ports,
        }
    }

    /// Runs everything in one process.
    pub(crate) fn up(&self, more: &[&str]) -> Program {
        self.with_arguments(more, Program::start)
    }

    /// The same with all that it prints and logs at the end of a file.
    pub(crate) fn up_writing(&self, more: &[&str], filter: &str, log: &Path) -> Program {
        self.with_arguments(more, |arguments| Program::start_writing(arguments, filter, log))
    }

    /// The same with what starts it told by the test.
    pub(crate) fn up_with(&self, more: &[&str], start: impl FnOnce(&[&str]) -> Program) -> Program {
        self.with_arguments(more, start)
    }

    fn with_arguments(&self, more: &[&str], start: impl FnOnce(&[&str]) -> Program) -> Program {
        let [http, grpc, admin] = self.ports.map(|port| port.to_string());
        let data = self.data.display().to_string();
        let mut arguments = vec!["up", "--data", &data, "--port", &http];
        arguments.extend(["--grpc-port", &grpc, "--admin-port", &admin]);
        arguments.extend(more);
        start(&arguments)
    }

    /// The files of the bank's snapshots, the newest first.
    pub(crate) fn snapshots(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.data.join("bank")).unwrap();
        let position = |path: &PathBuf| -> Option<u64> {
            let name = path.file_name()?.to_str()?.strip_prefix("snapshot-")?;
            name.strip_suffix(".bin")?.rsplit('-').next()?.parse().ok()
        };
        let paths = files.map(|file| file.unwrap().path());
        let mut paths: Vec<_> = paths.filter(|path| position(path).is_some()).collect();
        paths.sort_by_key(|path| std::cmp::Reverse(position(path)));
        paths
    }

    /// Waits until every check of the admin listener is well and the demo cards are there.
    pub(crate) async fn is_ready(&self) {
        self.is_ready_to_pay().await;
        // The last one to be issued.
        self.knows_card("0099").await;
    }

    /// Waits until every check of the admin listener is well.
    pub(crate) async fn is_ready_to_pay(&self) {
        let url = format!("{}/readyz?verbose", self.admin);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let why = match self.web.get(&url).send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(error) => format!("{error:?}"),
            };
            assert!(Instant::now() < deadline, "the system is not ready in time: {why}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for the demo card with these last digits, and returns its token.
    pub(crate) async fn knows_card(&self, last4: &str) -> String {
        let mut token = String::new();
        eventually("the statement knows the card", async || {
            let Ok(list) = self.get(&format!("{}/api/extrato/v1/cards", self.statement)).await
            else {
                return false;
            };
            let cards = list["cards"].as_array().cloned().unwrap_or_default();
            let found =
                cards.iter().find(|card| card["card"]["masked"].as_str().unwrap().ends_with(last4));
            found.is_some_and(|card| {
                card["token"].as_str().unwrap().clone_into(&mut token);
                true
            })
        })
        .await;
        token
    }

    pub(crate) async fn get(&self, url: &str) -> reqwest::Result<Value> {
        self.web.get(url).send().await?.error_for_status()?.json().await
    }

    /// Places an order for one bag of coffee; the status and the body.
    pub(crate) async fn buy(&self, key: &str, number: &str) -> reqwest::Result<(u16, Value)> {
        self.post_order(Some(key), &order(number)).await
    }

    pub(crate) async fn post_order(
        &self,
        key: Option<&str>,
        body: &Value,
    ) -> reqwest::Result<(u16, Value)> {
        let url = format!("{}/api/checkout/v1/orders", self.shop);
        let request = self.web.post(url).json(body);
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        let answer = request.send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    pub(crate) async fn order_status(&self, key: &str) -> String {
        let url = format!("{}/api/checkout/v1/orders/{key}", self.shop);
        match self.get(&url).await {
            Ok(order) => order["status"].as_str().unwrap().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// The lines of a card's statement.
    pub(crate) async fn lines(&self, token: &str) -> Vec<Value> {
        let url = format!("{}/api/extrato/v1/cards/{token}/statement", self.statement);
        let statement = self.get(&url).await.unwrap();
        statement["lines"].as_array().unwrap().clone()
    }

    /// Waits until the statement has a line of this order's payment.
    pub(crate) async fn shows_payment(&self, token: &str, payment: &str) {
        eventually("the statement shows the payment", async || {
            let lines = self.lines(token).await;
            lines.iter().any(|line| line["transaction_id"] == payment)
        })
        .await;
    }

    /// The audit of everything.
    pub(crate) async fn audit(&self, log: Option<&Path>) -> Said {
        self.audit_with(log, &[]).await
    }

    /// The same with more options.
    pub(crate) async fn audit_with(&self, log: Option<&Path>, more: &[&str]) -> Said {
        let mut command = Command::new(BINARY);
        command.args(["audit", "--bank", &self.bank]);
        command.args(["--checkout", &self.shop, "--extrato", &self.statement]);
        command.args(more);
        if let Some(log) = log {
            command.arg("--load-log").arg(log);
        }
        if let Some(kafka) = &self.kafka {
            command.args(["--kafka", kafka]);
        }
        Said::by_and_by(command).await
    }

    pub(crate) async fn passes_audit(&self, log: Option<&Path>) {
        self.passes_audit_with(log, &[]).await;
    }

    pub(crate) async fn passes_audit_with(&self, log: Option<&Path>, more: &[&str]) {
        let said = self.audit_with(log, more).await;
        assert_eq!(said.code, Some(0), "{said}");
        let is_clean = said.printed.ends_with("lost 0, duplicate 0, mismatch 0, overspent 0");
        assert!(is_clean, "{said}");
    }

    pub(crate) async fn crash(&self, child: &str) {
        let answer = self.web.post(format!("{}/chaos/crash/{child}", self.admin)).send();
        assert_eq!(answer.await.unwrap().status(), 204);
    }

    /// How many entries are durable.
    async fn position(&self) -> u64 {
        self.counted_at(&self.admin, "bancada_journal_position").await
    }

    /// A metric of the process that has this admin listener; 0 while it does not answer.
    pub(crate) async fn counted_at(&self, admin: &str, name: &str) -> u64 {
        let text = match self.web.get(format!("{admin}/metrics")).send().await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => return 0,
        };
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        lines.next().and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// Waits until so many more entries are durable.
    pub(crate) async fn advances(&self, by: u64) {
        let before = self.position().await;
        eventually("payments flow", async || self.position().await >= before + by).await;
    }

    /// How often a child was started.
    pub(crate) async fn generation(&self, child: &str) -> u64 {
        self.node(child).await.unwrap()["generation"].as_u64().unwrap()
    }

    /// A child of the supervision tree, as it is now.
    pub(crate) async fn node(&self, child: &str) -> reqwest::Result<Value> {
        let tree = self.get(&format!("{}/tree", self.admin)).await?;
        let nodes = tree["nodes"].as_array().unwrap();
        Ok(nodes.iter().find(|node| node["path"] == child).cloned().unwrap_or_default())
    }
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
            "cvv": if number.len() == 15 { "1234" } else { "123" },
        },
    })
}

pub(crate) fn new_key() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Runs a test on a runtime of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(test);
}
