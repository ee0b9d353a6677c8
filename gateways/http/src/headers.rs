//! What every answer carries, and what is counted about it.

use std::rc::Rc;
use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use bancada_telemetry::Metrics;

use crate::conversation::{BodyInProgress, Conversation};
use crate::reader::Reader;

/// The pages load their own scripts, styles and pictures and talk to their own origin only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(crate) const SECURITY: [(&str, &str); 5] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Adds the security headers and the trace id; counts and logs the answer.
pub(crate) async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BodyInProgress>, Error> {
    let started = Instant::now();
    let conversation = request.request().conn_data::<Rc<Conversation>>().cloned();
    let in_progress = conversation.map(|conversation| conversation.begin(&request));
    let reader = Reader::of(request.request());
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    let method = request.method().clone();
    let mut response = next.call(request).await?;
    for (name, value) in SECURITY {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&reader.trace.trace_id()) {
        response.headers_mut().insert(HeaderName::from_static("x-trace-id"), value);
    }
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        let value = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    let status = response.status().as_u16();
    // The template, not the path: a path has no bound, and may name a card's token.
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let took = started.elapsed();
    if let Some(metrics) = metrics {
        metrics.http_answered(method.as_str(), &route, status, took);
    }
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let trace_id = reader.trace.trace_id();
    if status >= 500 {
        tracing::warn!(%method, route, status, took_us, trace_id, "answered");
    } else {
        tracing::debug!(%method, route, status, took_us, trace_id, "answered");
    }
    Ok(response.map_body(|_, body| BodyInProgress { body: body.boxed(), _request: in_progress }))
}
