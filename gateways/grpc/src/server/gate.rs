//! What every call passes first: the host it is for, how many there are, and how long it takes;
//! and last: what the library says by itself is said by our table.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bancada_edge::AllowedHosts;
use bancada_telemetry::Metrics;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::service::Routes;
use tonic::{Code, Status};

use super::limits::{CALL_TIMEOUT, CALLS, STANDARD_STREAMS};
use crate::status;

/// Before a caller's deadline, so that it is this table that answers and not the transport, which
/// would call it cancelled: more than its timer's grain of a millisecond.
const BEFORE_ITS_DEADLINE: Duration = Duration::from_millis(2);

/// How the paths of the standard services begin.
const STANDARD: &str = "grpc.";

/// The routes behind the gate. Cheap to clone; clones count together.
#[derive(Clone)]
pub(super) struct Gate {
    routes: Routes,
    allowed_hosts: Arc<AllowedHosts>,
    calls: Arc<Semaphore>,
    standard: Arc<Semaphore>,
    metrics: Metrics,
}

impl Gate {
    pub(super) fn new(routes: Routes, allowed_hosts: Arc<AllowedHosts>, metrics: Metrics) -> Gate {
        Gate {
            routes: routes.prepare(),
            allowed_hosts,
            calls: Arc::new(Semaphore::new(CALLS)),
            standard: Arc::new(Semaphore::new(STANDARD_STREAMS)),
            metrics,
        }
    }

    fn admits(&self, request: &Request<Body>) -> bool {
        let authority = request.uri().authority().map(|authority| authority.as_str());
        let hosts = request.headers().get_all("host").iter();
        // One that cannot be read is not one of ours.
        let hosts = hosts.map(|host| host.to_str().unwrap_or_default());
        authority.into_iter().chain(hosts).all(|host| self.allowed_hosts.admits(host))
    }

    /// An answer that no handler has given, and that none has counted.
    fn instead(&self, call: &str, status: Status) -> Response<Body> {
        self.metrics.grpc_answered(
            "server",
            status::known_method(call),
            &format!("{:?}", status.code()),
            Duration::ZERO,
        );
        status.into_http()
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl Service<Request<Body>> for Gate {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.routes, context)
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let path = request.uri().path().trim_start_matches('/').to_owned();
        if !self.admits(&request) {
            let answer = self.instead(&path, status::host_not_allowed());
            return Box::pin(std::future::ready(Ok(answer)));
        }
        let Ok(place) = Arc::clone(&self.calls).try_acquire_owned() else {
            let answer = self.instead(&path, status::too_many_calls());
            return Box::pin(std::future::ready(Ok(answer)));
        };
        let standard = match path.starts_with(STANDARD) {
            false => None,
            true => match Arc::clone(&self.standard).try_acquire_owned() {
                Ok(place) => Some(place),
                Err(_) => {
                    let answer = self.instead(&path, status::too_many_streams());
                    return Box::pin(std::future::ready(Ok(answer)));
                }
            },
        };
        let theirs = request.headers().get("grpc-timeout").and_then(|it| it.to_str().ok());
        let theirs = theirs.and_then(timeout_of);
        let serving = self.routes.call(request);
        let gate = self.clone();
        Box::pin(async move {
            let limit = theirs.map_or(CALL_TIMEOUT, |theirs| {
                theirs.saturating_sub(BEFORE_ITS_DEADLINE).min(CALL_TIMEOUT)
            });
            let answer = tokio::time::timeout(limit, serving).await;
            drop(place);
            let answer = match (answer, standard) {
                (Ok(answer), Some(place)) => Ok(answer.map(|answer| until_its_end(answer, place))),
                (answer, _) => answer,
            };
            Ok(match answer {
                Ok(answer) => gate.said_by_us(&path, answer?),
                // Whose deadline it was.
                Err(_) if limit < CALL_TIMEOUT => gate.instead(&path, status::deadline_exceeded()),
                Err(_) => gate.instead(&path, status::took_too_long(&path)),
            })
        })
    }
}

impl Gate {
    /// An answer that came from a decoder of the library, as our table says it.
    fn said_by_us(&self, path: &str, answer: Response<Body>) -> Response<Body> {
        let Some(status) = Status::from_header_map(answer.headers()) else { return answer };
        if status.code() == Code::Ok {
            return answer;
        }
        match status::of_library(&status) {
            Some(ours) => self.instead(path, ours),
            None => answer,
        }
    }
}

/// An answer that holds its place for as long as it goes on.
fn until_its_end(answer: Response<Body>, place: OwnedSemaphorePermit) -> Response<Body> {
    answer.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &place;
            frame
        }))
    })
}

/// What `grpc-timeout` says: up to eight digits and a unit.
fn timeout_of(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_in_every_unit() {
        for (text, expected) in [
            ("2H", Some(Duration::from_secs(7_200))),
            ("3M", Some(Duration::from_secs(180))),
            ("4S", Some(Duration::from_secs(4))),
            ("5m", Some(Duration::from_millis(5))),
            ("6u", Some(Duration::from_micros(6))),
            ("7n", Some(Duration::from_nanos(7))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3_600))),
            ("123456789S", None),
            ("S", None),
            ("", None),
            ("1", None),
            ("1é", None),
            ("-1S", None),
        ] {
            assert_eq!(timeout_of(text), expected, "{text}");
        }
    }
}
