//! Apache Kafka, started and stopped by a test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, OwnedResourceSpecifier,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use tempfile::TempDir;

use crate::{PATIENCE, free_ports};

/// Any 22 characters of base64; Kafka's own tools make a random one.
const CLUSTER_ID: &str = "YmFuY2FkYS1rYWZrYS10ZQ";

/// One broker, which is a controller as well. It ends with the test.
pub struct Broker {
    folder: TempDir,
    libs: PathBuf,
    port: u16,
    /// Which of the controllers it is.
    index: usize,
    /// The controllers' ports.
    controllers: Vec<u16>,
    process: Mutex<Option<Child>>,
}

impl Broker {
    /// A broker that tests share, each with a topic of its own; it ends with the last of them.
    pub fn shared() -> Arc<Broker> {
        static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let broker = Arc::new(Broker::start());
            *shared = Arc::downgrade(&broker);
            broker
        })
    }

    /// A broker of its own.
    pub fn start() -> Broker {
        let broker = Broker::prepare(0, &free_ports::<1>());
        broker.start_again();
        broker
    }

    /// Three brokers that keep three copies of everything, and go on without one of them.
    pub fn start_three() -> [Broker; 3] {
        let controllers = free_ports::<3>();
        let brokers = [0, 1, 2].map(|index| Broker::prepare(index, &controllers));
        // None answers before there is another one.
        brokers.iter().for_each(Broker::spawn);
        brokers.iter().for_each(|broker| broker.wait_until(3, &broker.address()));
        brokers
    }

    fn prepare(index: usize, controllers: &[u16]) -> Broker {
        let libs = std::env::var_os("BANCADA_KAFKA_LIBS").map(PathBuf::from).expect(
            "these tests start Apache Kafka: run `cargo xtask test`, which fetches it, or set \
             BANCADA_KAFKA_LIBS to the libs folder of an unpacked Kafka",
        );
        let folder = tempfile::tempdir().unwrap();
        let [port] = free_ports();
        let controllers = controllers.to_vec();
        let broker = Broker { folder, libs, port, index, controllers, process: Mutex::new(None) };
        broker.write_properties(port);
        broker.format();
        broker
    }

    fn write_properties(&self, port: u16) {
        let copies = self.controllers.len();
        let voters = self.controllers.iter().zip(1..);
        let voters: Vec<_> = voters.map(|(port, id)| format!("{id}@127.0.0.1:{port}")).collect();
        let properties = format!(
            "process.roles=broker,controller\n\
             node.id={id}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
             controller.listener.names=CONTROLLER\n\
             controller.quorum.voters={voters}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             default.replication.factor={copies}\n\
             min.insync.replicas={in_sync}\n\
             offsets.topic.replication.factor={copies}\n\
             offsets.topic.num.partitions=3\n\
             transaction.state.log.replication.factor={copies}\n\
             transaction.state.log.min.isr=1\n\
             share.coordinator.state.topic.replication.factor={copies}\n\
             share.coordinator.state.topic.min.isr=1\n\
             auto.create.topics.enable=false\n\
             log.dirs={data}\n",
            id = self.index + 1,
            controller = self.controllers[self.index],
            voters = voters.join(","),
            in_sync = copies.div_ceil(2),
            data = self.folder().join("data").display(),
        );
        fs::write(self.folder().join("server.properties"), properties).unwrap();
    }

    /// Where it keeps everything, and what it has printed since it was started.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `HOST:PORT`, also while it is down.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut process) = process {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it with what it has on its disk, and waits until it answers.
    pub fn start_again(&self) {
        self.spawn();
        self.wait_until(1, &self.address());
    }

    /// Lets something be done with its topics while those who use it cannot reach it. It must have
    /// been killed.
    pub async fn behind_their_backs(&self, work: impl AsyncFnOnce(&str)) {
        let [port] = free_ports();
        let address = format!("127.0.0.1:{port}");
        self.write_properties(port);
        self.spawn();
        self.wait_until(1, &address);
        work(&address).await;
        self.kill();
        self.write_properties(self.port);
    }

    /// Takes its disk away, and gives it an empty one. It must have been killed.
    pub fn wipe(&self) {
        fs::remove_dir_all(self.folder().join("data")).unwrap();
        self.format();
    }

    fn spawn(&self) {
        let log = File::create(self.folder().join("broker.log")).unwrap();
        let mut java = self.java("kafka.Kafka", &[]);
        let process = java.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        *self.process.lock().unwrap() = Some(process);
    }

    fn wait_until(&self, n_brokers: usize, address: &str) {
        let deadline = Instant::now() + PATIENCE;
        while count_brokers(address) < n_brokers {
            let log = fs::read_to_string(self.folder().join("broker.log")).unwrap();
            assert!(Instant::now() < deadline, "the broker does not start: {log}");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    fn format(&self) {
        let format = ["format", "--cluster-id", CLUSTER_ID, "--config"];
        let output = self.java("kafka.tools.StorageTool", &format).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn java(&self, class: &str, arguments: &[&str]) -> Command {
        let mut java = Command::new("java");
        java.args([if self.controllers.len() > 1 { "-Xmx256m" } else { "-Xmx400m" }]);
        java.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        java.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        java.arg("-cp").arg(self.libs.join("*")).arg(class).args(arguments);
        java.arg(self.folder().join("server.properties"));
        java.stdin(Stdio::null()).current_dir(self.folder());
        java
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How many brokers the one at an address knows; none where nobody answers.
fn count_brokers(address: &str) -> usize {
    use rdkafka::consumer::Consumer as _;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address).set_log_level(
        // Connections are refused until it is there.
        rdkafka::config::RDKafkaLogLevel::Emerg,
    );
    let client: rdkafka::consumer::BaseConsumer = config.create().unwrap();
    client.fetch_metadata(None, Duration::from_secs(1)).map_or(0, |it| it.brokers().len())
}

/// Makes a topic as somebody else might.
pub async fn make_topic(address: &str, name: &str, n_partitions: i32, settings: &[(&str, &str)]) {
    let topic = NewTopic::new(name, n_partitions, TopicReplication::Fixed(1));
    let topic = settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value));
    let made = admin(address).create_topics([&topic], &AdminOptions::new()).await.unwrap();
    assert_eq!(made, [Ok(name.to_owned())]);
}

/// Gives a topic another setting.
pub async fn alter_topic(address: &str, name: &str, setting: (&str, &str)) {
    let topic = OwnedResourceSpecifier::Topic(name.to_owned());
    let altered = AlterConfig::new(ResourceSpecifier::Topic(name)).set(setting.0, setting.1);
    let done = admin(address).alter_configs([&altered], &AdminOptions::new()).await.unwrap();
    assert_eq!(done, [Ok(topic)]);
}

/// Gives a topic more partitions.
pub async fn add_partitions(address: &str, name: &str, n_partitions: usize) {
    let more = NewPartitions::new(name, n_partitions);
    let done = admin(address).create_partitions([&more], &AdminOptions::new()).await.unwrap();
    assert_eq!(done, [Ok(name.to_owned())]);
}

/// Deletes a topic.
pub async fn delete_topic(address: &str, name: &str) {
    let deleted = admin(address).delete_topics(&[name], &AdminOptions::new()).await.unwrap();
    assert_eq!(deleted, [Ok(name.to_owned())]);
}

fn admin(address: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", address).create().unwrap()
}
