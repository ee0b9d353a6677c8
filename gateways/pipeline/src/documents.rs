//! What the servers are told: the files in `observability/`, with the addresses filled in.

use serde_json::{Map, Value, json};

use crate::Servers;

const CONNECTOR: &str =
    include_str!("../../../observability/kafka-connect/payments-to-elasticsearch.json");
const TEMPLATE: &str = include_str!("../../../observability/elasticsearch/payments-template.json");
const LIFECYCLE_POLICY: &str =
    include_str!("../../../observability/elasticsearch/payments-lifecycle-policy.json");
const LIFECYCLE_COMPONENT: &str =
    include_str!("../../../observability/elasticsearch/payments-lifecycle-component.json");
const DASHBOARD: &str = include_str!("../../../observability/kibana/payments-dashboard.json");
const SAVED_OBJECTS: &str =
    include_str!("../../../observability/kibana/payments-saved-objects.ndjson");

/// What a worker of Kafka Connect is told, but for where things are on its machine
/// (`bootstrap.servers`, `listeners`, `plugin.path`).
pub const WORKER_PROPERTIES: &str =
    include_str!("../../../observability/kafka-connect/worker.properties");

/// The connector's name at Kafka Connect.
pub(crate) const CONNECTOR_NAME: &str = "bancada-payments-to-elasticsearch";
/// The names of template and lifecycle policy in Elasticsearch, of the dashboard in Kibana.
pub(crate) const NAME: &str = "bancada-payments";
/// The template's part that needs lifecycle management; the template names it.
pub(crate) const LIFECYCLE_COMPONENT_NAME: &str = "bancada-payments-lifecycle";
/// The index has the name of the topic: so the connector writes.
pub(crate) const INDEX: &str = "payments";

/// Everything that is applied.
#[derive(Clone, Debug)]
pub struct Documents {
    /// The connector's configuration.
    pub connector: Map<String, Value>,
    /// The index template: settings and mappings.
    pub template: Value,
    /// The lifecycle policy.
    pub lifecycle_policy: Value,
    /// The template's part that names the policy.
    pub lifecycle_component: Value,
    /// For Kibana's Dashboards API.
    pub dashboard: Value,
    /// For the import of Kibana before that API: one object per line.
    pub saved_objects: String,
}

impl Documents {
    /// The files as they are, for somebody who fills in the addresses.
    pub fn embedded() -> Documents {
        Documents {
            connector: parsed(CONNECTOR),
            template: parsed(TEMPLATE),
            lifecycle_policy: parsed(LIFECYCLE_POLICY),
            lifecycle_component: parsed(LIFECYCLE_COMPONENT),
            dashboard: parsed(DASHBOARD),
            saved_objects: SAVED_OBJECTS.to_owned(),
        }
    }

    /// The files for these servers.
    pub fn for_servers(servers: &Servers) -> Documents {
        let mut documents = Documents::embedded();
        let elasticsearch =
            servers.elasticsearch_from_connect.as_ref().unwrap_or(&servers.elasticsearch);
        let connector = &mut documents.connector;
        let mut set = |key: &str, value: String| connector.insert(key.to_owned(), json!(value));
        set("connection.url", elasticsearch.bare());
        if let Some((name, password)) = elasticsearch.credentials() {
            set("connection.username", name);
            set("connection.password", password);
        }
        documents
    }

    /// The topic of records that became no document.
    pub(crate) fn dead_letters_topic(&self) -> &str {
        self.connector["errors.deadletterqueue.topic.name"].as_str().unwrap_or_default()
    }
}

fn parsed<T: serde::de::DeserializeOwned>(file: &str) -> T {
    serde_json::from_str(file).expect("the files in observability/ are JSON; a test reads them")
}

/// Whether everything that is `wanted` is in what is there. Servers add defaults, and write
/// numbers and flags as text.
pub(crate) fn is_within(wanted: &Value, there: &Value) -> bool {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => wanted
            .iter()
            .all(|(key, value)| there.get(key).is_some_and(|there| is_within(value, there))),
        (Value::Array(wanted), Value::Array(there)) => {
            wanted.len() == there.len()
                && wanted.iter().zip(there).all(|(wanted, there)| is_within(wanted, there))
        }
        (Value::String(text), other) | (other, Value::String(text)) if !other.is_string() => {
            *text == *other.to_string()
        }
        _ => wanted == there,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn servers(elasticsearch: &str, from_connect: Option<&str>) -> Servers {
        Servers {
            kafka: "localhost:9092".parse().unwrap(),
            connect: "http://localhost:8083".parse().unwrap(),
            elasticsearch: elasticsearch.parse().unwrap(),
            elasticsearch_from_connect: from_connect.map(|address| address.parse().unwrap()),
            kibana: None,
            within: Duration::ZERO,
        }
    }

    #[test]
    fn the_connector_is_told_where_it_finds_elasticsearch() {
        let near = Documents::for_servers(&servers("http://localhost:9200/", None));
        assert_eq!(near.connector["connection.url"], "http://localhost:9200");
        assert_eq!(near.connector.get("connection.username"), None);
        let far = servers("http://localhost:9200", Some("http://elastic:x%2Fy@elasticsearch:9200"));
        let far = Documents::for_servers(&far);
        assert_eq!(far.connector["connection.url"], "http://elasticsearch:9200");
        assert_eq!(far.connector["connection.username"], "elastic");
        assert_eq!(far.connector["connection.password"], "x/y");
    }

    #[test]
    fn the_files_agree_on_their_names() {
        let documents = Documents::embedded();
        assert_eq!(documents.connector["topics"], INDEX);
        assert_eq!(documents.template["index_patterns"], json!([INDEX]));
        assert_eq!(documents.template["composed_of"], json!([LIFECYCLE_COMPONENT_NAME]));
        let settings = &documents.lifecycle_component["template"]["settings"];
        assert_eq!(settings["index"]["lifecycle"]["name"], NAME);
        assert_eq!(documents.dead_letters_topic(), "payments-dead-letters");
    }

    #[test]
    fn what_servers_add_is_no_difference_and_what_they_lack_is() {
        let wanted = json!({ "a": "1", "b": { "c": [1, "x"] }, "d": false });
        for (there, is_it) in [
            (json!({ "a": 1, "b": { "c": [1, "x"], "more": 2 }, "d": "false" }), true),
            (json!({ "a": 2, "b": { "c": [1, "x"] }, "d": false }), false),
            (json!({ "a": 1, "b": { "c": [1] }, "d": false }), false),
            (json!({ "a": 1, "d": false }), false),
        ] {
            assert_eq!(is_within(&wanted, &there), is_it, "{there}");
        }
    }
}
