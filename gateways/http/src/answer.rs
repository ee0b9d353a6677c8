//! Bodies: JSON in, within a limit and with a clear error; JSON out.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::problem::ApiError;
use crate::quote::quotable;

/// An order of 50 lines is a third of it.
pub(crate) const MAX_BODY_BYTES: usize = 16 * 1024;

/// For the whole of it: a phone on a bad line sends it in one.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// An answer that may not be kept by anybody in between.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

/// The whole body as `T`.
pub(crate) async fn read_json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<T, ApiError> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::new(
            415,
            "unsupported_media_type",
            ["Formato não suportado", "Unsupported media type"],
            "Envie o corpo como application/json.",
            "Send the body as application/json.",
        ));
    }
    let read = tokio::time::timeout(BODY_WITHIN, read_body(payload)).await;
    let body = read.map_err(|_| ApiError::body_late())??;
    serde_json::from_slice(&body).map_err(|error| {
        // Its text names what was expected and where, and quotes what was sent.
        let place = format!("line {}, column {}", error.line(), error.column());
        let place_pt = format!("linha {}, coluna {}", error.line(), error.column());
        if error.is_data() {
            let what = quotable(&error.to_string());
            ApiError::invalid(
                "body_invalid",
                format!("O corpo não tem a forma esperada: {what}."),
                format!("The body does not have the expected shape: {what}."),
            )
        } else {
            ApiError::bad_request(
                "json_malformed",
                format!("O corpo não é JSON válido ({place_pt})."),
                format!("The body is not valid JSON ({place})."),
            )
        }
    })
}

/// The body, cleared when it was read: it may hold a card. It never grows, for what grows leaves
/// behind what it had.
async fn read_body(mut payload: Payload) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY_BYTES));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            ApiError::bad_request(
                "body_incomplete",
                "O corpo não chegou inteiro.",
                "The body did not arrive completely.",
            )
        })?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(ApiError::new(
                413,
                "body_too_large",
                ["Corpo grande demais", "Body too large"],
                format!("O corpo pode ter no máximo {MAX_BODY_BYTES} bytes."),
                format!("The body may have at most {MAX_BODY_BYTES} bytes."),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
