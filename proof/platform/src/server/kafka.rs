//! Apache Kafka: one broker that is its own controller.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::Signal;

use super::{Probe, java, run};
use crate::address::local;
use crate::folder::Folder;
use crate::part::PartSpec;

const HEAP_MEGABYTES: u32 = 384;
/// Any 22 characters of base64: nobody else is in this cluster.
const CLUSTER_ID: &str = "YmFuY2FkYS1wbGF0Zm9ybQ";

/// A broker on a data directory of its own.
pub(crate) struct Kafka {
    folder: Rc<Folder>,
    place: PathBuf,
    libs: PathBuf,
    port: u16,
}

impl Kafka {
    /// Writes its settings, and gives its data directory the form it wants.
    pub(crate) async fn prepare(
        folder: &Rc<Folder>,
        libs: &Path,
        port: u16,
    ) -> anyhow::Result<Kafka> {
        let place = folder.part("kafka")?;
        let kafka = Kafka { folder: Rc::clone(folder), place, libs: libs.to_owned(), port };
        std::fs::write(kafka.properties(), kafka.settings())?;
        if !kafka.data().join("meta.properties").exists() {
            let class = "kafka.tools.StorageTool";
            let mut format = java(&kafka.folder, HEAP_MEGABYTES, &kafka.libs, class)?;
            format.args(["format", "--standalone", "--cluster-id", CLUSTER_ID, "--config"]);
            format.arg(kafka.properties()).current_dir(&kafka.place);
            run(format).await.context("Kafka's data cannot be made")?;
        }
        Ok(kafka)
    }

    pub(crate) fn address(&self) -> String {
        local(self.port).to_string()
    }

    pub(crate) fn spec(self) -> anyhow::Result<PartSpec> {
        let probe = Probe::Connects(local(self.port));
        // That there is a Java is looked at once, before the first start.
        java(&self.folder, HEAP_MEGABYTES, &self.libs, "kafka.Kafka")?;
        let command = move || {
            let java = java(&self.folder, HEAP_MEGABYTES, &self.libs, "kafka.Kafka");
            let mut java = java.expect("java was on the search path a moment ago");
            java.arg(self.properties()).current_dir(&self.place);
            java
        };
        Ok(PartSpec {
            name: "kafka",
            command: Box::new(command),
            probe,
            stop: (Signal::TERM, Duration::from_secs(30)),
            is_ours: false,
        })
    }

    fn data(&self) -> PathBuf {
        self.place.join("data")
    }

    fn properties(&self) -> PathBuf {
        self.place.join("server.properties")
    }

    fn settings(&self) -> String {
        let (port, controller) = (self.port, self.port + 1);
        format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
             controller.listener.names=CONTROLLER\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             offsets.topic.replication.factor=1\n\
             offsets.topic.num.partitions=3\n\
             transaction.state.log.replication.factor=1\n\
             transaction.state.log.min.isr=1\n\
             share.coordinator.state.topic.replication.factor=1\n\
             share.coordinator.state.topic.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\n\
             auto.create.topics.enable=false\n\
             log.dirs={data}\n",
            data = self.data().display(),
        )
    }
}
