//! Elasticsearch: the lifecycle policy, the index template, and the index.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::apply::Outcome;
use crate::documents::{Documents, INDEX, LIFECYCLE_COMPONENT_NAME, NAME, is_within};
use crate::error::PipelineError;
use crate::rest::Rest;

/// Speaks with Elasticsearch.
pub(crate) async fn meet(rest: &Rest) -> Result<(), PipelineError> {
    rest.meet("/", "/version/lucene_version").await.map(drop)
}

/// Writes the policy, and the template's part that names it, where Elasticsearch has lifecycle
/// management: builds without it have no such address, and know no such setting.
pub(crate) async fn apply_lifecycle(
    elasticsearch: &Rest,
    documents: &Documents,
) -> Result<Outcome, PipelineError> {
    let path = format!("/_ilm/policy/{NAME}");
    let answer = elasticsearch.send(Method::GET, &path, None).await?;
    if answer.status == StatusCode::BAD_REQUEST && answer.why().contains("no handler found") {
        return Ok(Outcome::Skipped("this Elasticsearch has no lifecycle management"));
    }
    let there = match answer.status {
        StatusCode::NOT_FOUND => None,
        _ => Some(elasticsearch.good(answer, &format!("GET {path}"))?),
    };
    let wanted = &documents.lifecycle_policy;
    let policy = put(elasticsearch, &path, wanted, there.map(|it| it[NAME].clone())).await?;
    let path = format!("/_component_template/{LIFECYCLE_COMPONENT_NAME}");
    let there = elasticsearch.find(&path).await?;
    let there = there.map(|it| it["component_templates"][0]["component_template"].clone());
    let component = put(elasticsearch, &path, &documents.lifecycle_component, there).await?;
    Ok(if policy == Outcome::Unchanged { component } else { policy })
}

/// Writes the index template.
pub(crate) async fn apply_template(
    elasticsearch: &Rest,
    documents: &Documents,
) -> Result<Outcome, PipelineError> {
    let path = format!("/_index_template/{NAME}");
    let there = elasticsearch.find(&path).await?;
    let there = there.map(|it| it["index_templates"][0]["index_template"].clone());
    put(elasticsearch, &path, &documents.template, there).await
}

/// Makes the index, so that the dashboards work before the first payment; one that is there gets
/// the fields that it lacks.
pub(crate) async fn apply_index(
    elasticsearch: &Rest,
    documents: &Documents,
) -> Result<Outcome, PipelineError> {
    let wanted = &documents.template["template"]["mappings"];
    let path = format!("/{INDEX}/_mapping");
    let Some(there) = elasticsearch.find(&path).await? else {
        elasticsearch.put(&format!("/{INDEX}"), &json!({})).await?;
        return Ok(Outcome::Created);
    };
    if is_within(wanted, &there[INDEX]["mappings"]) {
        return Ok(Outcome::Unchanged);
    }
    let answer = elasticsearch.send(Method::PUT, &path, Some(wanted)).await?;
    if answer.status == StatusCode::BAD_REQUEST {
        let index = INDEX.to_owned();
        return Err(PipelineError::OtherIndex { index, why: answer.why() });
    }
    elasticsearch.good(answer, &format!("PUT {path}"))?;
    Ok(Outcome::Changed)
}

/// How many documents there are; `None` without an index.
pub(crate) async fn n_documents(elasticsearch: &Rest) -> Result<Option<u64>, PipelineError> {
    // What was written a moment ago counts.
    elasticsearch.send(Method::POST, &format!("/{INDEX}/_refresh"), None).await?;
    let Some(counted) = elasticsearch.find(&format!("/{INDEX}/_count")).await? else {
        return Ok(None);
    };
    let count = counted["count"].as_u64();
    count.map(Some).ok_or_else(|| elasticsearch.stranger("it does not count documents"))
}

async fn put(
    elasticsearch: &Rest,
    path: &str,
    wanted: &Value,
    there: Option<Value>,
) -> Result<Outcome, PipelineError> {
    let outcome = match there {
        Some(there) if is_within(wanted, &there) => return Ok(Outcome::Unchanged),
        Some(_) => Outcome::Changed,
        None => Outcome::Created,
    };
    elasticsearch.put(path, wanted).await?;
    Ok(outcome)
}
