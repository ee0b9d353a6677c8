//! The copies of payments, as they are read back.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::HttpAddress;
use crate::documents::INDEX;
use crate::elasticsearch::meet;
use crate::error::{PipelineError, Server};
use crate::rest::Rest;

/// As many as Elasticsearch gives at once by default.
const PAGE: usize = 10_000;

/// What a document says of its payment. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PaymentDocument {
    /// The payment.
    pub transaction_id: String,
    /// The status word of its last event.
    pub status: String,
    /// The position of its last event.
    pub position: u64,
    /// What was decided about; once it is charged, what was charged.
    pub amount_minor: i64,
    /// Charged.
    #[serde(default)]
    pub captured_minor: i64,
    /// Returned so far.
    #[serde(default)]
    pub refunded_minor: i64,
    /// Who was paid.
    pub merchant_id: String,
    /// The merchant's order.
    pub order_id: String,
}

/// Every document that is there now, in the order of their payments' ids.
///
/// # Errors
/// When Elasticsearch cannot be asked, there is no index, or a document is none of a payment.
pub async fn payment_documents(
    elasticsearch: &HttpAddress,
) -> Result<Vec<PaymentDocument>, PipelineError> {
    let rest = Rest::new(Server::Elasticsearch, elasticsearch, Duration::ZERO);
    meet(&rest).await?;
    let refreshed = rest.send(Method::POST, &format!("/{INDEX}/_refresh"), None).await?;
    rest.good(refreshed, "refresh")?;
    let mut documents = Vec::new();
    let mut last = None;
    loop {
        let page = page(&rest, last.as_ref()).await?;
        let Some(hit) = page.last() else { return Ok(documents) };
        last = Some(hit["sort"].clone());
        for hit in page {
            let document = serde_json::from_value(hit["_source"].clone()).map_err(|error| {
                rest.stranger(&format!("document {} is not of a payment: {error}", hit["_id"]))
            })?;
            documents.push(document);
        }
    }
}

async fn page(rest: &Rest, after: Option<&Value>) -> Result<Vec<Value>, PipelineError> {
    let mut search = json!({
        "size": PAGE,
        "sort": ["transaction_id"],
        "_source": [
            "transaction_id", "status", "position", "amount_minor", "captured_minor",
            "refunded_minor", "merchant_id", "order_id",
        ],
    });
    if let Some(after) = after {
        search["search_after"] = after.clone();
    }
    let answer = rest.send(Method::POST, &format!("/{INDEX}/_search"), Some(&search)).await?;
    let mut found = rest.good(answer, "search")?;
    match found["hits"]["hits"].take() {
        Value::Array(hits) => Ok(hits),
        _ => Err(rest.stranger("it searches nothing")),
    }
}
