//! Items of an `AuthorizeStream` on the wire.

use std::time::{Duration, Instant};

use bancada_bank::{NumberedRequest, PaymentAnswer, PaymentError};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::authorize_outcome::Outcome;
use bancada_telemetry::trace;
use tonic::{Code, Status};

use super::{field, payment};
use crate::status::bank_error;

/// An item as a request that came in at `now`.
pub(crate) fn request(item: v1::AuthorizeItem, now: Instant) -> Result<NumberedRequest, Status> {
    let v1::AuthorizeItem { id, request, traceparent, timeout_ms } = item;
    let request = field::required("request", request)?;
    let trace = trace::continue_or_start(Some(&traceparent));
    let request = payment::request(request, Some(trace))?;
    let timeout = (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms.into()));
    Ok(NumberedRequest { id, request, deadline: timeout.map(|timeout| now + timeout) })
}

/// The answer to an item.
pub(crate) fn outcome(
    id: u64,
    answer: Result<PaymentAnswer, PaymentError>,
) -> v1::AuthorizeOutcome {
    match answer {
        Ok(answer) => {
            v1::AuthorizeOutcome { id, outcome: Some(Outcome::Answer(payment::answer(answer))) }
        }
        Err(error) => failure(id, &bank_error(&error)),
    }
}

/// An item that cannot be read, or was refused.
pub(crate) fn failure(id: u64, status: &Status) -> v1::AuthorizeOutcome {
    let failure = v1::AuthorizeFailure {
        code: status.code() as u32,
        message: status.message().to_owned(),
        details: status.details().to_vec(),
    };
    v1::AuthorizeOutcome { id, outcome: Some(Outcome::Failure(failure)) }
}

/// An outcome as what a single call would have returned.
pub(crate) fn result(outcome: Option<Outcome>) -> Result<v1::AuthorizeResponse, Status> {
    match outcome {
        Some(Outcome::Answer(answer)) => Ok(answer),
        Some(Outcome::Failure(v1::AuthorizeFailure { code, message, details })) => {
            let code = i32::try_from(code).map_or(Code::Unknown, Code::from_i32);
            Err(Status::with_details(code, message, details.into()))
        }
        None => Err(Status::unknown("an outcome that says nothing")),
    }
}
