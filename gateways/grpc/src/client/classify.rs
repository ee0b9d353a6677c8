//! What a failed call says about the request: was it executed?

use std::error::Error;

use bancada_checkout::ports::BankCallError;
use tonic::{Code, ConnectError, Status};

use crate::status::{reason, reason_of};

/// Whether the failure is one of the transport, which the circuit breaker counts.
pub(crate) fn is_transport_failure(status: &Status) -> bool {
    reason_of(status).is_none()
        && matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
        || never_connected(status)
}

/// The shop's view of a failure. When in doubt, the outcome is unknown.
pub(crate) fn classify(status: &Status) -> BankCallError {
    let text = status.message().to_owned();
    if never_connected(status) {
        return BankCallError::NotSent(text);
    }
    match (status.code(), reason_of(status).as_deref()) {
        (
            _,
            Some(
                reason::OVERLOADED
                | reason::STORAGE_FULL
                | reason::NOT_READY
                | reason::DEADLINE_PASSED,
            ),
        ) => BankCallError::NotSent(text),
        (_, Some(reason::OUTCOME_UNKNOWN)) => BankCallError::Unknown(text),
        (Code::InvalidArgument, _) => {
            BankCallError::Refused { code: "invalid_argument".to_owned(), message: text }
        }
        (Code::AlreadyExists, Some(reason::KEY_REUSED)) => {
            BankCallError::Refused { code: "idempotency_key_reused".to_owned(), message: text }
        }
        // The Bank has no such method or does not read such messages: nothing was decided.
        (Code::Unimplemented, _) => {
            BankCallError::Refused { code: "unimplemented".to_owned(), message: text }
        }
        _ => BankCallError::Unknown(text),
    }
}

/// Whether no connection was made, so that not a byte of the request left.
pub fn never_connected(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<ConnectError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
