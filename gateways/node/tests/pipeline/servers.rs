//! All servers of the pipeline, and how a test talks to them.

pub(crate) use bancada_testbed::eventually;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use bancada_pipeline::{Lag, Status};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::{Value, json};

use crate::connect::Connect;
use crate::elasticsearch::Elasticsearch;
use crate::front::Front;
use crate::process::PATIENCE;
use bancada_testbed::kafka::Broker;

const BINARY: &str = env!("CARGO_BIN_EXE_bancada");
/// Kafka's jars, with Kafka Connect.
const LIBS: &str = "BANCADA_KAFKA_LIBS";
/// Where Kafka Connect finds Confluent's sink.
const PLUGINS: &str = "BANCADA_CONNECT_PLUGINS";
/// An unpacked Elasticsearch.
const ELASTICSEARCH: &str = "BANCADA_ELASTICSEARCH_HOME";

/// They end with this.
pub(crate) struct Servers {
    // In the order in which they are stopped.
    pub(crate) connect: Connect,
    pub(crate) front: Front,
    pub(crate) elasticsearch: Elasticsearch,
    pub(crate) broker: Broker,
    pub(crate) web: reqwest::Client,
}

/// What these tests would need and do not have, with what to do about it.
pub(crate) fn missing() -> Option<String> {
    let unset =
        [LIBS, PLUGINS, ELASTICSEARCH].into_iter().find(|it| std::env::var_os(it).is_none())?;
    Some(format!(
        "{unset} is not set. `cargo xtask test` fetches what it can and sets it; Confluent's \
         connector is taken from the folder or jar that BANCADA_CONNECT_PLUGIN names"
    ))
}

fn folder(variable: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(variable).unwrap())
}

impl Servers {
    /// Starts everything.
    pub(crate) fn start() -> Servers {
        let began = Instant::now();
        let (broker, elasticsearch) = std::thread::scope(|scope| {
            let elasticsearch =
                scope.spawn(|| Elasticsearch::start(Path::new(&folder(ELASTICSEARCH))));
            (Broker::start(), elasticsearch.join().unwrap())
        });
        let libs = folder(LIBS);
        let connect = Connect::start(&libs, &folder(PLUGINS), &broker.address(), "tests");
        let front = Front::start(elasticsearch.address());
        let web = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        eprintln!("Kafka, Connect and Elasticsearch answer after {:?}", began.elapsed());
        Servers { connect, front, elasticsearch, broker, web }
    }

    /// A Kafka Connect beside the other, without any plugin.
    pub(crate) fn connect_without_plugins(&self) -> Connect {
        let nothing = tempfile::tempdir().unwrap();
        Connect::start(&folder(LIBS), nothing.path(), &self.broker.address(), "without-plugins")
    }

    /// What `bancada pipeline` with these arguments did.
    pub(crate) fn pipeline(&self, arguments: &[&str]) -> Output {
        self.pipeline_command(arguments).output().unwrap()
    }

    /// `bancada pipeline`, told where they are, with these arguments.
    pub(crate) fn pipeline_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BANCADA_")) {
            command.env_remove(name);
        }
        command.env("BANCADA_KAFKA", self.broker.address());
        command.env("BANCADA_CONNECT", self.connect.url());
        command.env("BANCADA_ELASTICSEARCH", self.front.url());
        command.env("BANCADA_LOG", "error").arg("pipeline").args(arguments);
        command
    }

    /// What another command of the program did, which is told nothing by the environment.
    pub(crate) fn bancada(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BANCADA_")) {
            command.env_remove(name);
        }
        command.env("BANCADA_LOG", "error").args(arguments).output().unwrap()
    }

    /// Makes sure that the pipeline is set up; what was said about each thing.
    pub(crate) fn applied(&self) -> String {
        let output = self.pipeline(&["apply", "--within", "60s"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}{errors}");
        said
    }

    /// What `bancada pipeline status` says, and its exit code.
    pub(crate) fn status(&self) -> (Value, Option<i32>) {
        let output = self.pipeline(&["status", "--output", "json"]);
        let status = serde_json::from_slice(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        (status.unwrap_or_else(|error| panic!("{error}: {errors}")), output.status.code())
    }

    /// Where they are, as the library takes it.
    pub(crate) fn addresses(&self) -> bancada_pipeline::Servers {
        bancada_pipeline::Servers {
            kafka: self.broker.address().parse().unwrap(),
            connect: self.connect.url().parse().unwrap(),
            elasticsearch: self.front.url().parse().unwrap(),
            elasticsearch_from_connect: None,
            kibana: None,
            within: Duration::ZERO,
        }
    }

    /// How the pipeline is. Kafka Connect may be dividing its work.
    pub(crate) async fn look(&self) -> Status {
        let addresses = bancada_pipeline::Servers { within: PATIENCE, ..self.addresses() };
        bancada_pipeline::status(&addresses, Duration::ZERO).await.unwrap()
    }

    /// How far Kafka Connect is; asked of the brokers alone.
    pub(crate) async fn lag(&self) -> Lag {
        bancada_pipeline::lag(&self.broker.address().parse().unwrap()).await.unwrap()
    }

    /// Waits until the topic has so many records, and they are copied.
    pub(crate) async fn catches_up(&self, n_records: u64) {
        eventually("everything is copied", async || {
            let lag = self.lag().await;
            let is_done = lag.n_records >= n_records && lag.n_behind == 0;
            is_done.then_some(()).ok_or_else(|| format!("{lag:?}, not {n_records}"))
        })
        .await;
    }

    /// The connector's tasks, as Kafka Connect tells them.
    pub(crate) async fn tasks(&self) -> Value {
        let name = "bancada-payments-to-elasticsearch";
        let url = format!("{}/connectors/{name}/status", self.connect.url());
        let state: Value = self.web.get(url).send().await.unwrap().json().await.unwrap();
        state["tasks"].clone()
    }

    /// Lets the index take no writes, or takes that back.
    pub(crate) async fn block_writes(&self, block: bool) {
        let url = format!("{}/payments/_settings", self.front.url());
        let body = json!({ "index.blocks.write": block });
        self.web.put(url).json(&body).send().await.unwrap().error_for_status().unwrap();
    }

    /// Puts a record on the topic that is copied, as anybody could.
    pub(crate) fn produce(&self, key: &str, value: &str) {
        self.produce_with(key, value, &[]);
    }

    /// The same with headers.
    pub(crate) fn produce_with(&self, key: &str, value: &str, headers: &[(&str, &str)]) {
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(*value) })
        });
        let mut config = ClientConfig::new();
        let producer: BaseProducer =
            config.set("bootstrap.servers", self.broker.address()).create().unwrap();
        producer.send(BaseRecord::to("payments").key(key).payload(value).headers(headers)).unwrap();
        producer.flush(Duration::from_secs(30)).unwrap();
    }

    /// Asks Elasticsearch itself.
    pub(crate) async fn search(&self, body: &Value) -> Value {
        let refresh = format!("{}/payments/_refresh", self.front.url());
        self.web.post(refresh).send().await.unwrap().error_for_status().unwrap();
        let url = format!("{}/payments/_search", self.front.url());
        let answer = self.web.post(url).json(body).send().await.unwrap();
        let found: Value = answer.json().await.unwrap();
        assert!(found["error"].is_null(), "{body}: {found}");
        found
    }

    /// A document; null where there is none.
    pub(crate) async fn document(&self, id: &str) -> Value {
        let url = format!("{}/payments/_doc/{id}", self.front.url());
        let found: Value = self.web.get(url).send().await.unwrap().json().await.unwrap();
        found["_source"].clone()
    }
}

/// Whether a GET is answered with success; asked without a runtime, while servers start.
pub(crate) fn answers(url: &str) -> bool {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let asked = TcpStream::connect(address).and_then(|mut connection| {
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(connection, "GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    });
    asked.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}
