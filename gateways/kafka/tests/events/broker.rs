//! Apache Kafka, started and stopped by a test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ports::free_ports;

/// A loaded machine is slow, not wrong.
const PATIENCE: Duration = Duration::from_secs(90);
/// Any 22 characters of base64; Kafka's own tools make a random one.
const CLUSTER_ID: &str = "YmFuY2FkYS1rYWZrYS10ZQ";

/// One broker that is its own controller. It ends with the test.
pub(crate) struct Broker {
    folder: TempDir,
    libs: PathBuf,
    port: u16,
    process: Mutex<Option<Child>>,
}

impl Broker {
    /// A broker that tests share, each with a topic of its own; it ends with the last of them.
    pub(crate) fn shared() -> Arc<Broker> {
        static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let broker = Arc::new(Broker::start());
            *shared = Arc::downgrade(&broker);
            broker
        })
    }

    pub(crate) fn start() -> Broker {
        let libs = std::env::var_os("BANCADA_KAFKA_LIBS").map(PathBuf::from).expect(
            "these tests start Apache Kafka: run `cargo xtask test`, which fetches it, or set \
             BANCADA_KAFKA_LIBS to the libs folder of an unpacked Kafka",
        );
        let folder = tempfile::tempdir().unwrap();
        let [port, controller] = free_ports();
        let properties = format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
             controller.listener.names=CONTROLLER\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             offsets.topic.replication.factor=1\n\
             transaction.state.log.replication.factor=1\n\
             transaction.state.log.min.isr=1\n\
             share.coordinator.state.topic.replication.factor=1\n\
             share.coordinator.state.topic.min.isr=1\n\
             auto.create.topics.enable=false\n\
             log.dirs={data}\n",
            data = folder.path().join("data").display(),
        );
        fs::write(folder.path().join("server.properties"), properties).unwrap();
        let broker = Broker { folder, libs, port, process: Mutex::new(None) };
        broker.format();
        broker.start_again();
        broker
    }

    /// Where it keeps everything, and what it has printed since it was started.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut process) = process {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it with what it has on its disk, and waits until it answers.
    pub(crate) fn start_again(&self) {
        let log = File::create(self.folder().join("broker.log")).unwrap();
        let mut java = self.java("kafka.Kafka", &[]);
        let process = java.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        *self.process.lock().unwrap() = Some(process);
        let deadline = Instant::now() + PATIENCE;
        while !self.answers() {
            let log = fs::read_to_string(self.folder().join("broker.log")).unwrap();
            assert!(Instant::now() < deadline, "the broker does not start: {log}");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// Takes its disk away, and gives it an empty one. It must have been killed.
    pub(crate) fn wipe(&self) {
        fs::remove_dir_all(self.folder().join("data")).unwrap();
        self.format();
    }

    fn format(&self) {
        let format = ["format", "--standalone", "--cluster-id", CLUSTER_ID, "--config"];
        let output = self.java("kafka.tools.StorageTool", &format).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn java(&self, class: &str, arguments: &[&str]) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        java.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        java.arg("-cp").arg(class_path(&self.libs)).arg(class).args(arguments);
        java.arg(self.folder().join("server.properties"));
        java.stdin(Stdio::null()).current_dir(self.folder());
        java
    }

    fn answers(&self) -> bool {
        use rdkafka::consumer::Consumer as _;
        let mut config = rdkafka::ClientConfig::new();
        config.set("bootstrap.servers", self.address()).set_log_level(
            // Connections are refused until it is there.
            rdkafka::config::RDKafkaLogLevel::Emerg,
        );
        let client: rdkafka::consumer::BaseConsumer = config.create().unwrap();
        client.fetch_metadata(None, Duration::from_secs(1)).is_ok_and(|it| !it.brokers().is_empty())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn class_path(libs: &Path) -> PathBuf {
    libs.join("*")
}
