//! What is said on a connection that ends: problems of requests that no handler came to see.
//!
//! actix-http answers what it cannot decode by itself, with a status line and nothing else. Those
//! answers are found as they are written, and said the way everything else is said.

use actix_web::http::StatusCode;
use bancada_proto::problem::Problem;
use bancada_telemetry::{Metrics, trace};

use crate::headers::SECURITY;
use crate::language::Language;
use crate::problem::ApiError;

/// Longer than any answer of actix-http's own.
const LONGEST_BARE: usize = 256;

/// Where in these bytes an answer of actix-http's own begins, which is always the last, and its
/// status. An answer of ours names its trace.
pub(crate) fn bare_answer(bytes: &[u8]) -> Option<(usize, StatusCode)> {
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let tail = bytes.len().saturating_sub(LONGEST_BARE);
    let start =
        bytes[tail..].windows(9).rposition(|it| it == b"HTTP/1.1 " || it == b"HTTP/1.0 ")?;
    let head = std::str::from_utf8(&bytes[tail + start..]).ok()?;
    let status: u16 = head.get(9..12)?.parse().ok()?;
    let is_bare = matches!(status, 400 | 408 | 431 | 500)
        && head.find("\r\n\r\n") == Some(head.len() - 4)
        && head.contains("content-length: 0\r\n")
        && !head.contains("x-trace-id");
    is_bare.then(|| Some((tail + start, StatusCode::from_u16(status).ok()?)))?
}

/// A whole answer that closes its connection; it is counted as the answer to a request that
/// nobody could read.
pub(crate) fn of(status: StatusCode, metrics: &Metrics) -> Vec<u8> {
    metrics.http_answered("unread", "unmatched", status.as_u16(), std::time::Duration::ZERO);
    let error = match status {
        StatusCode::REQUEST_TIMEOUT => ApiError::head_late(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ApiError::head_too_large(),
        StatusCode::SERVICE_UNAVAILABLE => crate::problem::overloaded(),
        StatusCode::BAD_REQUEST => ApiError::request_malformed(),
        _ => ApiError::internal(),
    };
    let trace = trace::start();
    // Whoever cannot be read has said no language either.
    let language = Language::accepted(None);
    let problem = Problem {
        kind: format!("urn:bancada:problem:{}", error.code),
        title: error.title(language).to_owned(),
        status: error.status,
        detail: error.detail(language).to_owned(),
        texts: None,
        code: error.code.to_owned(),
        field: None,
        trace_id: Some(trace.trace_id()),
    };
    let body = serde_json::to_string(&problem).expect("a problem is plain data");
    let mut text = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in SECURITY {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let (tag, length, trace_id) = (language.tag(), body.len(), trace.trace_id());
    text.push_str(&format!(
        "content-type: application/problem+json\r\ncontent-language: {tag}\r\n\
         content-length: {length}\r\ncache-control: no-store\r\nx-trace-id: {trace_id}\r\n\
         connection: close\r\n\r\n{body}"
    ));
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
        date: Sat, 28 Nov 2026 00:00:00 GMT\r\n\r\n";

    #[test]
    fn an_answer_without_our_headers_is_found_wherever_it_stands() {
        let found = Some((0, StatusCode::BAD_REQUEST));
        assert_eq!(bare_answer(BARE.as_bytes()), found);
        let behind = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok{BARE}");
        let (start, _) = bare_answer(behind.as_bytes()).unwrap();
        assert_eq!(&behind[start..], BARE);
    }

    #[test]
    fn answers_of_ours_are_left_as_they_are() {
        let metrics = Metrics::new();
        for status in [400, 408, 431, 500, 503] {
            let words = of(StatusCode::from_u16(status).unwrap(), &metrics);
            assert_eq!(bare_answer(&words), None);
            let text = String::from_utf8(words).unwrap();
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
        }
        let ours = BARE.replace("date", "x-trace-id: 0\r\ndate");
        assert_eq!(bare_answer(ours.as_bytes()), None);
        let other = BARE.replace("400 Bad Request", "204 No Content");
        assert_eq!(bare_answer(other.as_bytes()), None);
        assert_eq!(bare_answer(format!("{BARE}x").as_bytes()), None);
        assert_eq!(bare_answer(b"\r\n\r\n"), None);
    }
}
