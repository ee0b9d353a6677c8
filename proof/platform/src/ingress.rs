//! One address for browsers: shop and statement are two services, and their pages link to each
//! other. Elsewhere an ingress of the cluster does this.

use std::net::SocketAddr;
use std::time::Duration;

use bancada_proto::web::{PartStatus, SystemStatus};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Error;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::forward::{Body, Doors, Forward, get, serve};

/// A part that says nothing for so long is taken for away.
const STATUS_WITHIN: Duration = Duration::from_secs(2);

/// Where the services are.
#[derive(Clone, Copy)]
pub(crate) struct Services {
    /// The Bank's probes.
    pub(crate) bank: SocketAddr,
    pub(crate) checkout: SocketAddr,
    pub(crate) extrato: SocketAddr,
}

/// Serves for ever.
pub(crate) async fn lead(services: Services, doors: Doors, listener: TcpListener) {
    let forward = Forward::new();
    serve(listener, doors, move |request| answer(forward.clone(), services, request)).await;
}

async fn answer(
    forward: Forward,
    services: Services,
    request: Request<Incoming>,
) -> Result<Response<Body>, Error> {
    let path = request.uri().path();
    if path == "/api/status" {
        return Ok(status(services).await);
    }
    let is_below = |folder: &str| {
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (name, to) = match is_below("/extrato") || is_below("/api/extrato") {
        true => ("extrato", services.extrato),
        false => ("checkout", services.checkout),
    };
    match forward.pass(to, request).await {
        Ok(answer) => Ok(answer.map(Either::Left)),
        Err(error) if error.is_connect() => Ok(away(name)),
        Err(error) => Err(error),
    }
}

/// What is up, told by each of them.
async fn status(services: Services) -> Response<Body> {
    let (bank, checkout, extrato) = tokio::join!(
        timeout(STATUS_WITHIN, get(services.bank, "/readyz")),
        timeout(STATUS_WITHIN, get(services.checkout, "/api/status")),
        timeout(STATUS_WITHIN, get(services.extrato, "/api/status")),
    );
    let bank =
        PartStatus { name: "bank".to_owned(), up: matches!(bank, Ok(Some(_))), detail: None };
    let told = |name: &str, answer: Option<Bytes>| {
        let told = answer.and_then(|body| serde_json::from_slice::<SystemStatus>(&body).ok());
        let part = told.and_then(|told| told.parts.into_iter().find(|part| part.name == name));
        part.unwrap_or(PartStatus { name: name.to_owned(), up: false, detail: None })
    };
    let parts = vec![
        bank,
        told("checkout", checkout.unwrap_or(None)),
        told("extrato", extrato.unwrap_or(None)),
    ];
    said(StatusCode::OK, "application/json", json!(SystemStatus { parts }).to_string())
}

/// RFC 9457, as the services themselves would say it.
fn away(name: &str) -> Response<Body> {
    let problem = json!({
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "code": "service_away",
        "detail": format!("The service {name} is away. Try again in a moment."),
    });
    said(StatusCode::SERVICE_UNAVAILABLE, "application/problem+json", problem.to_string())
}

fn said(status: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let mut answer = Response::new(Either::Right(Full::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
