//! The only place that sends HTTP requests.

use std::cell::Cell;
use std::rc::Rc;

use bancada_proto::problem::Problem;
use gloo_net::http::{Request, RequestBuilder, Response};
use gloo_timers::callback::Timeout;
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::AbortController;

use crate::locale::Locale;

const READ_TIMEOUT_MS: u32 = 10_000;
/// Longer than the server itself waits for the Bank, so that its honest "unknown" arrives first.
const WRITE_TIMEOUT_MS: u32 = 20_000;

/// Why there is no answer to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// The server could not be reached, or the connection broke: what happened is not known.
    Network,
    /// No answer in time: what happened is not known.
    Timeout,
    /// The server said what is wrong.
    Problem(Box<Problem>),
    /// An answer that is not of our API, for example a proxy's error page.
    Unreadable {
        /// Its HTTP status.
        status: u16,
    },
}

impl ApiError {
    /// The problem's stable word, if the server sent one.
    pub fn code(&self) -> Option<&str> {
        match self {
            ApiError::Problem(problem) => Some(&problem.code),
            _ => None,
        }
    }

    /// Whether what was asked may have happened all the same, or may still: only the same key may
    /// ask for it again. A refusal (4xx) is an answer, but for those that say "not now": 408, 409,
    /// 425 and 429 (RFC 9110, 8470 and 6585).
    pub fn is_outcome_open(&self) -> bool {
        let status = match self {
            ApiError::Network | ApiError::Timeout => return true,
            ApiError::Problem(problem) => problem.status,
            ApiError::Unreadable { status } => *status,
        };
        !(400..500).contains(&status) || matches!(status, 408 | 409 | 425 | 429)
    }

    /// Whether the server said that the thing does not exist, or that nothing can exist under
    /// such a name.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ApiError::Problem(problem) if matches!(problem.status, 400 | 404 | 422))
    }
}

/// Reads JSON.
pub async fn get<T: DeserializeOwned>(locale: Locale, path: &str) -> Result<T, ApiError> {
    let timer = Timer::start(READ_TIMEOUT_MS);
    let request = prepare(Request::get(path), locale, &timer).build();
    exchange(request, timer).await
}

/// Sends JSON under an idempotency key and reads JSON. Sending it again with the same key and
/// body has no second effect.
pub async fn post<B: Serialize, T: DeserializeOwned>(
    locale: Locale,
    path: &str,
    key: &str,
    body: &B,
) -> Result<T, ApiError> {
    let timer = Timer::start(WRITE_TIMEOUT_MS);
    let request = prepare(Request::post(path), locale, &timer).header("Idempotency-Key", key);
    exchange(request.json(body), timer).await
}

fn prepare(request: RequestBuilder, locale: Locale, timer: &Timer) -> RequestBuilder {
    let signal = timer.controller.as_ref().map(AbortController::signal);
    request
        .header("Accept", "application/json, application/problem+json")
        .header("Accept-Language", locale.tag())
        .abort_signal(signal.as_ref())
}

async fn exchange<T: DeserializeOwned>(
    request: Result<Request, gloo_net::Error>,
    timer: Timer,
) -> Result<T, ApiError> {
    let request = request.map_err(|_| ApiError::Network)?;
    let answered = async {
        let response: Response = request.send().await?;
        let status = response.status();
        Ok::<_, gloo_net::Error>((status, response.text().await?))
    };
    match answered.await {
        Ok((status, body)) => decode(status, &body),
        Err(_) if timer.expired.get() => Err(ApiError::Timeout),
        Err(_) => Err(ApiError::Network),
    }
}

fn decode<T: DeserializeOwned>(status: u16, body: &str) -> Result<T, ApiError> {
    let unreadable = ApiError::Unreadable { status };
    if (200..300).contains(&status) {
        return serde_json::from_str(body).map_err(|_| unreadable);
    }
    Err(serde_json::from_str(body).map_or(unreadable, ApiError::Problem))
}

/// Aborts the request when its time is over; stops when dropped.
struct Timer {
    controller: Option<AbortController>,
    expired: Rc<Cell<bool>>,
    _timeout: Timeout,
}

impl Timer {
    fn start(after_ms: u32) -> Timer {
        let controller = AbortController::new().ok();
        let expired = Rc::new(Cell::new(false));
        let timeout = {
            let (controller, expired) = (controller.clone(), expired.clone());
            Timeout::new(after_ms, move || {
                expired.set(true);
                if let Some(controller) = controller {
                    controller.abort();
                }
            })
        };
        Timer { controller, expired, _timeout: timeout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_says_that_nothing_happens() {
        let open = [200, 302, 408, 409, 425, 429, 500, 502, 503, 504];
        let closed = [400, 401, 404, 412, 422];
        for (statuses, is_open) in [(&open[..], true), (&closed[..], false)] {
            for status in statuses.iter().copied() {
                let error = ApiError::Unreadable { status };
                assert_eq!(error.is_outcome_open(), is_open, "{status}");
            }
        }
        assert!(ApiError::Network.is_outcome_open() && ApiError::Timeout.is_outcome_open());
    }

    #[test]
    fn answers_become_values_problems_or_say_that_they_are_unreadable() {
        assert_eq!(decode::<u32>(200, "7"), Ok(7));
        assert_eq!(decode::<u32>(201, "x"), Err(ApiError::Unreadable { status: 201 }));
        assert_eq!(decode::<u32>(502, "<html>"), Err(ApiError::Unreadable { status: 502 }));
        let body = r#"{"type":"urn:bancada:problem:price_changed","title":"t","status":409,
            "detail":"d","code":"price_changed"}"#;
        let error = decode::<u32>(409, body).unwrap_err();
        assert_eq!(error.code(), Some("price_changed"));
        assert!(!error.is_not_found());
        assert!(decode::<u32>(404, &body.replace("409", "404")).unwrap_err().is_not_found());
    }
}
