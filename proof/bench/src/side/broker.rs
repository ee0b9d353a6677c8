//! Apache Kafka, one broker, started for a measurement and killed in the middle of it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bancada_kafka::{Brokers, Topic};

/// The folder of Kafka's jars.
const LIBS: &str = "BANCADA_KAFKA_LIBS";
/// Any 22 characters of base64.
const CLUSTER_ID: &str = "YmFuY2FkYS1iZW5jaC1rYQ";
const START_WITHIN: Duration = Duration::from_secs(120);

/// A broker that is its own controller; it ends with this value.
pub(crate) struct Broker {
    folder: PathBuf,
    libs: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl Broker {
    /// Starts one with its data in `folder`, with Kafka's own settings.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Broker> {
        let libs = std::env::var_os(LIBS).map(PathBuf::from);
        let libs = libs.with_context(|| {
            format!("there is no Kafka: {LIBS} names its libs folder; cargo xtask bench fetches it")
        })?;
        let folder = folder.join("kafka");
        fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        let free = || anyhow::Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        let (port, controller) = (free()?, free()?);
        let properties = format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             controller.listener.names=CONTROLLER\n\
             controller.quorum.voters=1@127.0.0.1:{controller}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             offsets.topic.replication.factor=1\n\
             log.dirs={}\n",
            folder.join("data").display(),
        );
        fs::write(folder.join("server.properties"), properties)?;
        let mut broker = Broker { folder, libs, port, process: None };
        let format = ["format", "--cluster-id", CLUSTER_ID, "--config"];
        let formatted = broker.java("kafka.tools.StorageTool", &format).output()?;
        let said = String::from_utf8_lossy(&formatted.stderr);
        ensure!(formatted.status.success(), "Kafka cannot be set up: {said}");
        broker.start_again().await?;
        Ok(broker)
    }

    pub(crate) fn brokers(&self) -> anyhow::Result<Brokers> {
        Ok(format!("127.0.0.1:{}", self.port).parse()?)
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Starts it on what it has, and waits until it takes the topic.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<()> {
        let log = File::create(self.folder.join("log"))?;
        let mut java = self.java("kafka.Kafka", &[]);
        self.process = Some(java.stdout(log.try_clone()?).stderr(log).spawn()?);
        let deadline = Instant::now() + START_WITHIN;
        let topic = Topic::payments(self.brokers()?);
        while let Err(error) = topic.ensure().await {
            let said = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            ensure!(Instant::now() < deadline, "Kafka does not start: {error}: {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn java(&self, class: &str, arguments: &[&str]) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]);
        java.arg(self.libs.join("*")).arg(class).args(arguments);
        java.arg(self.folder.join("server.properties"));
        java.stdin(Stdio::null()).stderr(Stdio::piped()).current_dir(&self.folder);
        java
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Its data goes with the folder.
        let _ = self.kill();
    }
}
