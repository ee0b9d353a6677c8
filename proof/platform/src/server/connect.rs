//! Kafka Connect: one worker. What it knows is on topics of the broker.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use bancada_pipeline::WORKER_PROPERTIES;
use rustix::process::Signal;

use super::{Probe, java};
use crate::address::local;
use crate::folder::Folder;
use crate::part::PartSpec;

const HEAP_MEGABYTES: u32 = 384;
const CLASS: &str = "org.apache.kafka.connect.cli.ConnectDistributed";

/// The worker, for this Kafka and with these plugins.
pub(crate) fn spec(
    folder: &Rc<Folder>,
    libs: &Path,
    plugins: &Path,
    kafka: &str,
    port: u16,
) -> anyhow::Result<PartSpec> {
    let place = folder.part("connect")?;
    let properties = place.join("connect.properties");
    std::fs::write(&properties, settings(plugins, kafka, port))?;
    let (folder, libs): (_, PathBuf) = (Rc::clone(folder), libs.to_owned());
    // That there is a Java is looked at once, before the first start.
    java(&folder, HEAP_MEGABYTES, &libs, CLASS)?;
    let command = move || {
        let java = java(&folder, HEAP_MEGABYTES, &libs, CLASS);
        let mut java = java.expect("java was on the search path a moment ago");
        java.arg(&properties).current_dir(&place);
        java
    };
    Ok(PartSpec {
        name: "connect",
        command: Box::new(command),
        probe: Probe::Answers(local(port), "/connectors"),
        stop: (Signal::TERM, Duration::from_secs(30)),
        is_ours: false,
    })
}

fn settings(plugins: &Path, kafka: &str, port: u16) -> String {
    format!(
        "{WORKER_PROPERTIES}\n\
         bootstrap.servers={kafka}\n\
         listeners=http://127.0.0.1:{port}\n\
         plugin.path={plugins}\n",
        plugins = plugins.display(),
    )
}
