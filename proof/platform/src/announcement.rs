//! What is told when everything is there.

use std::io::Write as _;
use std::time::Duration;

use crate::memory;
use crate::part::Parts;

/// Where everything is.
pub(crate) struct Addresses {
    pub(crate) pages: String,
    pub(crate) grpc: String,
    pub(crate) admin: [String; 3],
    pub(crate) postgres: String,
    pub(crate) kafka: String,
    /// Kafka Connect's and Elasticsearch's.
    pub(crate) copies: Option<(String, String)>,
    pub(crate) data: String,
}

impl Addresses {
    /// Prints it, with the memory that each part takes now.
    pub(crate) fn announce(&self, parts: &Parts, took: Duration) -> anyhow::Result<()> {
        let Addresses { pages, grpc, admin: [bank, shop, statement], .. } = self;
        let mut text = format!(
            "\nThe platform is up ({:.1} s).\n\n  \
               Start here      http://{pages}/\n  \
               Bank (gRPC)     {grpc}\n  \
               Admin           http://{bank} (bank), http://{shop} (shop), \
               http://{statement} (statement)\n  \
               PostgreSQL      {}\n  \
               Kafka           {}\n",
            took.as_secs_f64(),
            self.postgres,
            self.kafka,
        );
        if let Some((connect, elasticsearch)) = &self.copies {
            text += &format!(
                "  Kafka Connect   {connect}\n  \
                   Elasticsearch   {elasticsearch}\n"
            );
        }
        text += &format!("  Data and logs   {}\n", self.data);
        text += &memory_of(parts);
        text += &format!("\nThe verdict:      {}\n\nPress Ctrl-C to stop.\n", self.audit());
        // One write, so that a reader of the pipe sees all of it or nothing.
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    fn audit(&self) -> String {
        let Addresses { pages, grpc, kafka, .. } = self;
        let copies = self.copies.as_ref();
        let elasticsearch = copies.map(|(_, it)| format!(" --elasticsearch {it}"));
        format!(
            "bancada audit --bank http://{grpc} --checkout http://{pages} --extrato http://{pages} \
             --kafka {kafka}{}",
            elasticsearch.unwrap_or_default()
        )
    }
}

fn memory_of(parts: &Parts) -> String {
    let running = parts.iter().filter_map(|part| Some((part.name, part.process()?)));
    let (names, processes): (Vec<_>, Vec<_>) = running.unzip();
    let Some(memory) = memory::of_trees(&processes) else { return String::new() };
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let each: Vec<_> = names
        .iter()
        .zip(&memory)
        .map(|(name, bytes)| format!("{name} {}", megabytes(*bytes)))
        .collect();
    let total = megabytes(memory.iter().sum());
    format!("  Memory          {total} MB: {}\n", each.join(", "))
}
