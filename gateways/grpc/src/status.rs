//! What the Bank's errors are on the wire. The feed, the streams and the original's service make a
//! few statuses of their own.
//!
//! | error | code | reason (`google.rpc.ErrorInfo`) | recorded? |
//! |---|---|---|---|
//! | bad request | `INVALID_ARGUMENT` | (`BadRequest` names the field) | no |
//! | key of another request | `ALREADY_EXISTS` | `IDEMPOTENCY_KEY_REUSED` | no |
//! | no such payment or card | `NOT_FOUND` | `PAYMENT_UNKNOWN`, `CARD_UNKNOWN` | no |
//! | the card's state forbids it | `FAILED_PRECONDITION` | `CARD_CANCELLED` | no |
//! | the payment's state forbids it | `FAILED_PRECONDITION` | see [`OperationRefusal`] | yes |
//! | overloaded | `RESOURCE_EXHAUSTED` | `OVERLOADED` | no |
//! | disk full | `RESOURCE_EXHAUSTED` | `STORAGE_FULL` | no |
//! | starting or stopping | `UNAVAILABLE` | `NOT_READY` | no |
//! | deadline passed before its turn | `DEADLINE_EXCEEDED` | `DEADLINE_PASSED` | no |
//! | a reader of another journal | `FAILED_PRECONDITION` | `OTHER_PAST` | |
//! | a reader beyond the journal | `OUT_OF_RANGE` | `BEYOND_JOURNAL` | |
//! | the caller's own deadline passed | `DEADLINE_EXCEEDED` | | perhaps: repeat with the same key |
//! | nobody knows | `UNKNOWN` | `OUTCOME_UNKNOWN` | perhaps: repeat with the same key |
//! | message too large | `INVALID_ARGUMENT` | `MESSAGE_TOO_LARGE` | no |
//! | no message at all | `INVALID_ARGUMENT` | `MESSAGE_UNREADABLE` | no |
//! | too many calls, streams | `RESOURCE_EXHAUSTED` | `OVERLOADED`, `TOO_MANY_STREAMS` | no |
//! | a host that is not ours | `PERMISSION_DENIED` | `HOST_NOT_ALLOWED` | no |
//!
//! On `payment.PaymentService`, which has no key to repeat with and no reasons, what nobody knows
//! is `UNAVAILABLE`.
//!
//! What a payment's state forbids is recorded as the answer to its key, and `replayed` in the
//! metadata of its `ErrorInfo` says whether it was given before.
//!
//! An `UNAVAILABLE` without a reason comes from the transport, and says nothing about recording.

mod edge;

use std::collections::HashMap;
use std::time::Duration;

use bancada_bank::BankError;
use bancada_bank::ledger::{
    AuthorizeError, CaptureError, CaptureRefusal, ChangeLimitError, IssueCardError, KeyReused,
    PayBillError, RefundError, RefundRefusal, SetCardStatusError, VoidError, VoidRefusal,
};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::message::field;

pub(crate) use edge::{
    deadline_exceeded, host_not_allowed, known_method, of_library, too_many_calls,
    too_many_streams, took_too_long,
};

/// The domain of our reasons.
const DOMAIN: &str = "bank.bancada";
/// When an overloaded Bank may be asked again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Reasons that a client acts on.
pub(crate) mod reason {
    pub(crate) const KEY_REUSED: &str = "IDEMPOTENCY_KEY_REUSED";
    pub(crate) const OVERLOADED: &str = "OVERLOADED";
    pub(crate) const STORAGE_FULL: &str = "STORAGE_FULL";
    pub(crate) const NOT_READY: &str = "NOT_READY";
    pub(crate) const DEADLINE_PASSED: &str = "DEADLINE_PASSED";
    pub(crate) const OUTCOME_UNKNOWN: &str = "OUTCOME_UNKNOWN";
    pub(crate) const OTHER_PAST: &str = "OTHER_PAST";
    pub(crate) const BEYOND_JOURNAL: &str = "BEYOND_JOURNAL";
    pub(crate) const HOST_NOT_ALLOWED: &str = "HOST_NOT_ALLOWED";
    pub(crate) const TOO_MANY_STREAMS: &str = "TOO_MANY_STREAMS";
    pub(crate) const MESSAGE_TOO_LARGE: &str = "MESSAGE_TOO_LARGE";
    pub(crate) const MESSAGE_UNREADABLE: &str = "MESSAGE_UNREADABLE";
}

const OUTCOME_UNKNOWN_TEXT: &str =
    "the outcome is unknown; repeat the request with the same idempotency key";
const CARD_UNKNOWN: &str = "CARD_UNKNOWN";
const PAYMENT_UNKNOWN: &str = "PAYMENT_UNKNOWN";
const PAYMENT_DECLINED: &str = "PAYMENT_DECLINED";
const PAYMENT_VOIDED: &str = "PAYMENT_VOIDED";
const PAYMENT_CAPTURED: &str = "PAYMENT_CAPTURED";
const HOLD_EXPIRED: &str = "HOLD_EXPIRED";

/// A refusal of one operation as a status.
pub(crate) trait RefusalStatus {
    fn status(&self) -> Status;
}

pub(crate) fn bank_error<Refusal: RefusalStatus + std::fmt::Display>(
    error: &BankError<Refusal>,
) -> Status {
    let text = match error {
        BankError::Refused(refusal) => return refusal.status(),
        error => match error {
            BankError::Overloaded => "the bank has too many requests in progress",
            BankError::StorageFull => "the bank cannot record payments: its disk is full",
            BankError::Unavailable => "the bank is not ready",
            BankError::DeadlinePassed => "the deadline passed before the bank came to the request",
            _ => OUTCOME_UNKNOWN_TEXT,
        },
    };
    let (code, reason) = match error {
        BankError::Overloaded => (Code::ResourceExhausted, reason::OVERLOADED),
        BankError::StorageFull => (Code::ResourceExhausted, reason::STORAGE_FULL),
        BankError::Unavailable => (Code::Unavailable, reason::NOT_READY),
        BankError::DeadlinePassed => (Code::DeadlineExceeded, reason::DEADLINE_PASSED),
        _ => (Code::Unknown, reason::OUTCOME_UNKNOWN),
    };
    match code {
        Code::ResourceExhausted => retry_later(reason, text),
        code => info(code, reason, text),
    }
}

/// There is no room now.
fn retry_later(reason: &str, text: &str) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    details.set_retry_info(Some(RETRY_AFTER));
    Status::with_error_details(Code::ResourceExhausted, text, details)
}

/// A question for a payment that the Bank does not have.
pub(crate) fn payment_unknown() -> Status {
    info(Code::NotFound, PAYMENT_UNKNOWN, "the bank has no such payment")
}

/// A question for a card that the Bank does not have.
pub(crate) fn card_unknown() -> Status {
    info(Code::NotFound, CARD_UNKNOWN, "the bank has no such card")
}

/// The reason in a status, if it is one of ours.
pub(crate) fn reason_of(status: &Status) -> Option<String> {
    let info = status.get_details_error_info()?;
    (info.domain == DOMAIN).then_some(info.reason)
}

pub(crate) fn info(code: Code, reason: &str, text: impl std::fmt::Display) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(code, text.to_string(), details)
}

/// Why nothing was done with a payment: an answer that is recorded, and a reason on the wire.
pub(crate) trait OperationRefusal: std::fmt::Display {
    fn reason(&self) -> &'static str;
}

impl OperationRefusal for CaptureRefusal {
    fn reason(&self) -> &'static str {
        match self {
            CaptureRefusal::Declined => PAYMENT_DECLINED,
            CaptureRefusal::Voided => PAYMENT_VOIDED,
            CaptureRefusal::Expired => HOLD_EXPIRED,
            CaptureRefusal::AlreadyCaptured => PAYMENT_CAPTURED,
            CaptureRefusal::MoreThanAuthorized => "MORE_THAN_AUTHORIZED",
        }
    }
}

impl OperationRefusal for VoidRefusal {
    fn reason(&self) -> &'static str {
        match self {
            VoidRefusal::Declined => PAYMENT_DECLINED,
            VoidRefusal::AlreadyVoided => PAYMENT_VOIDED,
            VoidRefusal::Expired => HOLD_EXPIRED,
            VoidRefusal::Captured => PAYMENT_CAPTURED,
        }
    }
}

impl OperationRefusal for RefundRefusal {
    fn reason(&self) -> &'static str {
        match self {
            RefundRefusal::Declined => PAYMENT_DECLINED,
            RefundRefusal::Voided => PAYMENT_VOIDED,
            RefundRefusal::Expired => HOLD_EXPIRED,
            RefundRefusal::NotCaptured => "PAYMENT_NOT_CAPTURED",
            RefundRefusal::MoreThanCaptured => "MORE_THAN_CAPTURED",
            RefundRefusal::CreditTooLarge => "CREDIT_TOO_LARGE",
        }
    }
}

/// A refused operation. Unlike a decline it is a status: nothing happened to the payment, and its
/// merchant asked for something that cannot be.
pub(crate) fn operation_refused(refusal: &impl OperationRefusal, replayed: bool) -> Status {
    let facts = HashMap::from([("replayed".to_owned(), replayed.to_string())]);
    let details = ErrorDetails::with_error_info(refusal.reason(), DOMAIN, facts);
    Status::with_error_details(Code::FailedPrecondition, refusal.to_string(), details)
}

/// A decline on the original system's contract, in its own words, which its clients compare; our
/// reason is in the details.
pub(crate) fn declined(reason: bancada_kernel::DeclineReason) -> Status {
    let facts = [("code", reason.code()), ("reason", reason.word())];
    let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let details = ErrorDetails::with_error_info("DECLINED", DOMAIN, HashMap::from(facts));
    // Spelled as it always was.
    let text = match reason {
        bancada_kernel::DeclineReason::UnknownCard => "credit card does not exists",
        _ => "transaction rejected by the bank",
    };
    Status::with_error_details(Code::FailedPrecondition, text, details)
}

impl RefusalStatus for KeyReused {
    fn status(&self) -> Status {
        info(Code::AlreadyExists, reason::KEY_REUSED, self)
    }
}

impl RefusalStatus for AuthorizeError {
    fn status(&self) -> Status {
        match self {
            AuthorizeError::KeyReused(error) => error.status(),
            AuthorizeError::AmountNotPositive | AuthorizeError::AmountTooLarge => {
                field::invalid("amount.amount_minor", self)
            }
            AuthorizeError::CurrencyNotSupported => field::invalid("amount.currency", self),
            AuthorizeError::StoreBlank => field::invalid("store", self),
            AuthorizeError::InstallmentsOutOfRange | AuthorizeError::InstallmentTooSmall => {
                field::invalid("installments", self)
            }
        }
    }
}

impl RefusalStatus for CaptureError {
    fn status(&self) -> Status {
        match self {
            CaptureError::KeyReused(error) => error.status(),
            CaptureError::AmountNotPositive | CaptureError::AmountTooLarge => {
                field::invalid("amount.amount_minor", self)
            }
            CaptureError::CurrencyNotSupported => field::invalid("amount.currency", self),
            CaptureError::UnknownPayment => info(Code::NotFound, PAYMENT_UNKNOWN, self),
        }
    }
}

impl RefusalStatus for VoidError {
    fn status(&self) -> Status {
        match self {
            VoidError::KeyReused(error) => error.status(),
            VoidError::UnknownPayment => info(Code::NotFound, PAYMENT_UNKNOWN, self),
        }
    }
}

impl RefusalStatus for RefundError {
    fn status(&self) -> Status {
        match self {
            RefundError::KeyReused(error) => error.status(),
            RefundError::AmountNotPositive | RefundError::AmountTooLarge => {
                field::invalid("amount.amount_minor", self)
            }
            RefundError::CurrencyNotSupported => field::invalid("amount.currency", self),
            RefundError::UnknownPayment => info(Code::NotFound, PAYMENT_UNKNOWN, self),
        }
    }
}

impl RefusalStatus for ChangeLimitError {
    fn status(&self) -> Status {
        match self {
            ChangeLimitError::UnknownCard => info(Code::NotFound, CARD_UNKNOWN, self),
            ChangeLimitError::LimitNegative | ChangeLimitError::LimitTooLarge => {
                field::invalid("limit.amount_minor", self)
            }
            ChangeLimitError::CurrencyNotSupported => field::invalid("limit.currency", self),
            ChangeLimitError::Cancelled => info(Code::FailedPrecondition, "CARD_CANCELLED", self),
        }
    }
}

impl RefusalStatus for PayBillError {
    fn status(&self) -> Status {
        match self {
            PayBillError::KeyReused(reused) => reused.status(),
            PayBillError::AmountNotPositive | PayBillError::AmountTooLarge => {
                field::invalid("amount.amount_minor", self)
            }
            PayBillError::CurrencyNotSupported => field::invalid("amount.currency", self),
        }
    }
}

impl RefusalStatus for IssueCardError {
    fn status(&self) -> Status {
        match self {
            IssueCardError::Exists => info(Code::AlreadyExists, "CARD_EXISTS", self),
            IssueCardError::HolderOutOfRange => field::invalid("holder", self),
            IssueCardError::Expired => field::invalid("expiry_month", self),
            IssueCardError::LimitNegative | IssueCardError::LimitTooLarge => {
                field::invalid("limit.amount_minor", self)
            }
            IssueCardError::CurrencyNotSupported => field::invalid("limit.currency", self),
            IssueCardError::DayOutOfRange => field::invalid("closing_day", self),
        }
    }
}

impl RefusalStatus for SetCardStatusError {
    fn status(&self) -> Status {
        match self {
            SetCardStatusError::UnknownCard => info(Code::NotFound, CARD_UNKNOWN, self),
            SetCardStatusError::Cancelled => info(Code::FailedPrecondition, "CARD_CANCELLED", self),
        }
    }
}

impl RefusalStatus for std::convert::Infallible {
    fn status(&self) -> Status {
        match *self {}
    }
}
