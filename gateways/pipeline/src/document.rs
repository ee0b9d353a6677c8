//! The document of a payment, as Kafka Connect makes it of an event, where it is made without it.

use bancada_event_record::event_to_value;
use bancada_kernel::{EventKind, PaymentEvent};
use serde_json::{Map, Value, json};

use crate::documents::INDEX;
use crate::error::PipelineError;
use crate::rest::Rest;

/// What a document leaves out of an event, and how it calls what stands of the payment in it: as in
/// the connector's settings.
const LEFT_OUT: [&str; 4] = ["amount", "amount_minor", "payment_date", "card"];
const RENAMED: [(&str, &str); 2] =
    [("payment_amount_minor", "amount_minor"), ("decided_at", "payment_date")];

/// A newer version of the document is there.
const CONFLICT: u64 = 409;

/// Whether an event leaves a payment as another than before.
pub(crate) fn changes_payment(event: &PaymentEvent) -> bool {
    event.kind.word().starts_with("payment.") && event.kind != EventKind::PaymentOperationRefused
}

fn document(event: &PaymentEvent) -> Map<String, Value> {
    let mut fields: Map<String, Value> =
        serde_json::from_slice(&event_to_value(event)).expect("an event is an object");
    fields.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    for (name, renamed) in RENAMED {
        if let Some(value) = fields.remove(name) {
            fields.insert(renamed.to_owned(), value);
        }
    }
    fields
}

/// Writes the documents of these events, as if Kafka Connect had; how many were not there, or
/// older. A newer one stays.
pub(crate) async fn write(
    elasticsearch: &Rest,
    events: &[&PaymentEvent],
) -> Result<u64, PipelineError> {
    if events.is_empty() {
        return Ok(0);
    }
    let mut lines = String::new();
    for event in events {
        let action = json!({ "index": {
            "_index": INDEX, "_id": event.transaction_id.to_string(),
            "version": event.position, "version_type": "external",
        } });
        for line in [action, Value::Object(document(event))] {
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
    }
    let request = || {
        let request = elasticsearch.request(reqwest::Method::POST, "/_bulk");
        request.header("content-type", "application/x-ndjson").body(lines.clone())
    };
    let answer = elasticsearch.answer(request).await?;
    let answer = elasticsearch.good(answer, "POST /_bulk")?;
    let mut n_written = 0;
    for item in answer["items"].as_array().into_iter().flatten() {
        let item = &item["index"];
        match item["status"].as_u64() {
            Some(200..300) => n_written += 1,
            Some(CONFLICT) => {}
            status => {
                return Err(PipelineError::Refused {
                    server: elasticsearch.server,
                    what: format!("document {}", item["_id"]),
                    status: status.and_then(|it| u16::try_from(it).ok()).unwrap_or_default(),
                    why: item["error"].to_string(),
                });
            }
        }
    }
    Ok(n_written)
}
