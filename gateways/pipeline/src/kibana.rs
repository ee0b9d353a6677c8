//! Kibana: the dashboard, through the API that its version has.

use reqwest::{Method, multipart};
use serde_json::Value;

use crate::apply::Outcome;
use crate::documents::{Documents, NAME, is_within};
use crate::error::PipelineError;
use crate::rest::Rest;

/// From this version on dashboards are written as documents; before it, saved objects are
/// imported.
const DASHBOARDS_API_SINCE: (u32, u32) = (9, 5);
/// Kibana takes no write without it.
const XSRF: (&str, &str) = ("kbn-xsrf", "true");

/// Writes the dashboard.
pub(crate) async fn apply(kibana: &Rest, documents: &Documents) -> Result<Outcome, PipelineError> {
    let status = kibana.meet("/api/status", "/version/number").await?;
    let version = status["version"]["number"].as_str().and_then(major_and_minor);
    match version {
        None => Err(kibana.stranger("it does not tell a version")),
        Some(version) if version < DASHBOARDS_API_SINCE => import(kibana, documents).await,
        Some(_) => write(kibana, &documents.dashboard).await,
    }
}

async fn write(kibana: &Rest, dashboard: &Value) -> Result<Outcome, PipelineError> {
    let path = format!("/api/dashboards/{NAME}");
    let outcome = match kibana.find(&path).await? {
        Some(there) if is_within(dashboard, &there["data"]) => return Ok(Outcome::Unchanged),
        Some(_) => Outcome::Changed,
        None => Outcome::Created,
    };
    let request = || kibana.request(Method::PUT, &path).header(XSRF.0, XSRF.1).json(dashboard);
    let answer = kibana.answer(request).await?;
    kibana.good(answer, &format!("PUT {path}"))?;
    Ok(outcome)
}

/// The import overwrites, and does not tell what was there.
async fn import(kibana: &Rest, documents: &Documents) -> Result<Outcome, PipelineError> {
    let path = "/api/saved_objects/_import?overwrite=true";
    let request = || {
        // The name's ending tells Kibana what it is.
        let file = multipart::Part::text(documents.saved_objects.clone());
        let form = multipart::Form::new().part("file", file.file_name("bancada.ndjson"));
        kibana.request(Method::POST, path).header(XSRF.0, XSRF.1).multipart(form)
    };
    let answer = kibana.answer(request).await?;
    let imported = kibana.good(answer, &format!("POST {path}"))?;
    if imported["success"] == true {
        return Ok(Outcome::Imported);
    }
    Err(PipelineError::Refused {
        server: kibana.server,
        what: "the import of the dashboard".to_owned(),
        status: 200,
        why: imported["errors"].to_string(),
    })
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests;
