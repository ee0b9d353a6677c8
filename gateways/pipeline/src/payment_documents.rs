//! The copies of payments, as they are read back.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::address::HttpAddress;
use crate::documents::INDEX;
use crate::elasticsearch::meet;
use crate::error::{PipelineError, Server};
use crate::rest::Rest;

/// Some megabytes of them at once.
const PAGE: usize = 5_000;
/// For how long Elasticsearch remembers where a reader is.
const REMEMBERED_FOR: &str = "2m";

/// A document, whatever it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// Its version: the position of the event that it was written for.
    pub version: u64,
    /// Its fields, an object.
    pub fields: Value,
}

/// Reads every document that is there now, and hands each of them over.
///
/// # Errors
/// When Elasticsearch cannot be asked, or there is no index.
pub async fn payment_documents(
    elasticsearch: &HttpAddress,
    mut on_document: impl FnMut(Document),
) -> Result<(), PipelineError> {
    let rest = Rest::new(Server::Elasticsearch, elasticsearch, Duration::ZERO);
    meet(&rest).await?;
    let refreshed = rest.send(Method::POST, &format!("/{INDEX}/_refresh"), None).await?;
    rest.good(refreshed, "refresh")?;
    // Not by a field: a document need not have it, and two may have the same.
    let search = json!({ "size": PAGE, "sort": ["_doc"], "version": true });
    let mut path = format!("/{INDEX}/_search?scroll={REMEMBERED_FOR}");
    let mut asked = search;
    loop {
        let answer = rest.send(Method::POST, &path, Some(&asked)).await?;
        let mut found = rest.good(answer, "search")?;
        let scroll_id = found["_scroll_id"].take();
        let Value::Array(hits) = found["hits"]["hits"].take() else {
            return Err(rest.stranger("it searches nothing"));
        };
        if hits.is_empty() {
            // It would forget it by itself, later.
            let forget = json!({ "scroll_id": scroll_id });
            rest.send(Method::DELETE, "/_search/scroll", Some(&forget)).await?;
            return Ok(());
        }
        hits.into_iter().for_each(|hit| on_document(document(hit)));
        path = "/_search/scroll".to_owned();
        asked = json!({ "scroll": REMEMBERED_FOR, "scroll_id": scroll_id });
    }
}

fn document(mut hit: Value) -> Document {
    Document {
        id: hit["_id"].as_str().unwrap_or_default().to_owned(),
        version: hit["_version"].as_u64().unwrap_or_default(),
        fields: hit["_source"].take(),
    }
}
