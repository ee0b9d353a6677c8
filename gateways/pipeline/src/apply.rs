//! Making everything what the files in `observability/` say.

use serde::Serialize;

use crate::documents::{CONNECTOR_NAME, Documents};
use crate::error::{PipelineError, Server};
use crate::rest::Rest;
use crate::{Servers, connect, elasticsearch, kibana, topics};

/// What was done about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was another.
    Changed,
    /// It was this already.
    Unchanged,
    /// It had failed, and was started again.
    Restarted,
    /// It was written over whatever was there.
    Imported,
    /// It was left alone, for this reason.
    Skipped(&'static str),
}

/// One thing that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// What.
    pub what: &'static str,
    /// What was done.
    pub outcome: Outcome,
}

/// Applies everything, in the order in which one needs the other, and tells `on_applied` after
/// each. Applied again, it changes nothing; after an error, what came before it is in place.
pub async fn apply(
    servers: &Servers,
    mut on_applied: impl FnMut(&Applied),
) -> Result<(), PipelineError> {
    let documents = Documents::for_servers(servers);
    let within = servers.within;
    let mut done = |what, outcome| on_applied(&Applied { what, outcome });

    done("topic payments", topics::apply_payments(&servers.kafka).await?);
    let dead_letters = topics::apply_dead_letters(&servers.kafka, documents.dead_letters_topic());
    done("topic of dead letters", dead_letters.await?);

    let rest = Rest::new(Server::Elasticsearch, &servers.elasticsearch, within);
    elasticsearch::meet(&rest).await?;
    done("lifecycle policy", elasticsearch::apply_lifecycle(&rest, &documents).await?);
    done("index template", elasticsearch::apply_template(&rest, &documents).await?);
    done("index", elasticsearch::apply_index(&rest, &documents).await?);

    // The connector comes after the index: it would make one without knowing the fields.
    let rest = Rest::new(Server::Connect, &servers.connect, within);
    connect::meet(&rest).await?;
    let brokers = &servers.kafka;
    let connector = connect::apply(&rest, brokers, CONNECTOR_NAME, &documents.connector).await?;
    done("connector", connector);

    let dashboard = match &servers.kibana {
        Some(address) => {
            kibana::apply(&Rest::new(Server::Kibana, address, within), &documents).await?
        }
        None => Outcome::Skipped("no Kibana was named; --kibana URL names one"),
    };
    done("dashboard", dashboard);
    Ok(())
}
