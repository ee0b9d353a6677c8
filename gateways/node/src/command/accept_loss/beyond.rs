//! Topic and index, which know what the Bank had told, are made anew.

use std::time::Duration;

use bancada_kafka::Topic;

use crate::arguments::BeyondOptions;

/// A server that does not answer yet is waited for.
const WITHIN: Duration = Duration::from_secs(30);

/// Empties what was named: the Bank delivers everything again.
pub(crate) fn make_anew(options: &BeyondOptions) -> anyhow::Result<()> {
    let Some(brokers) = &options.kafka else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let topic = Topic::payments(brokers.clone());
        let (Some(connect), Some(elasticsearch)) = (&options.connect, &options.elasticsearch)
        else {
            return Ok(topic.make_anew().await?);
        };
        let copies = bancada_pipeline::Copies::new(connect, elasticsearch, WITHIN);
        copies.stop().await?;
        topic.make_anew().await?;
        Ok(copies.begin_anew().await?)
    })
}
