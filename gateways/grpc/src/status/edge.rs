//! What is said before a handler comes to see a call, or in place of it.

use tonic::{Code, Status};

use super::{OUTCOME_UNKNOWN_TEXT, info, reason, retry_later};

/// Methods as they are called in metrics: a label from a closed set, for a path is a stranger's
/// to choose.
const METHODS: [&str; 16] = [
    "BankService/Authorize",
    "BankService/AuthorizeStream",
    "BankService/Capture",
    "BankService/Void",
    "BankService/Refund",
    "BankService/GetPayment",
    "BankService/Abandon",
    "CardService/IssueCard",
    "CardService/GetCard",
    "CardService/ListCards",
    "CardService/SetCardStatus",
    "CardService/SetCardLimit",
    "CardService/PayBill",
    "EventFeed/Subscribe",
    "PaymentService/Payment",
    "Health/Check",
];

/// The method of a path such as `bank.v1.BankService/Authorize`, or "other".
pub(crate) fn known_method(path: &str) -> &'static str {
    let known = METHODS
        .into_iter()
        .find(|method| path.strip_suffix(method).is_some_and(|package| package.ends_with('.')));
    known.unwrap_or("other")
}

/// A call for somebody else's host: what 421 is in HTTP.
pub(crate) fn host_not_allowed() -> Status {
    let text = "this server does not answer to this name; use localhost, an IP address, or a name \
                that was given with --allowed-host";
    info(Code::PermissionDenied, reason::HOST_NOT_ALLOWED, text)
}

/// Nothing was looked at.
pub(crate) fn too_many_calls() -> Status {
    retry_later(reason::OVERLOADED, "the bank has too many calls in progress")
}

/// Nothing was opened.
pub(crate) fn too_many_streams() -> Status {
    retry_later(reason::TOO_MANY_STREAMS, "there are too many streams; end some of them first")
}

/// The caller's own deadline. Whether anything was decided is for a repetition to find out.
pub(crate) fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("the caller's deadline has passed")
}

/// The server's own deadline: the call may still be decided. The original contract has no key to
/// ask again with, and knows no such answer.
pub(crate) fn took_too_long(path: &str) -> Status {
    if path.starts_with("payment.PaymentService/") {
        return Status::unavailable("the outcome of this payment is unknown");
    }
    info(Code::Unknown, reason::OUTCOME_UNKNOWN, OUTCOME_UNKNOWN_TEXT)
}

/// How tonic begins its text, before the sizes.
const TOO_LARGE: &str = "Error, decoded message length too large: ";

/// Our status for one that tonic's decoder made by itself; none for one that was made elsewhere.
/// Its codes would tell a caller that a range ends here, or that we have a bug.
pub(crate) fn of_library(status: &Status) -> Option<Status> {
    if !status.details().is_empty() {
        return None;
    }
    match status.code() {
        Code::OutOfRange => {
            let sizes = status.message().strip_prefix(TOO_LARGE)?;
            let text = format!("the message is larger than this method takes: {sizes}");
            Some(info(Code::InvalidArgument, reason::MESSAGE_TOO_LARGE, text))
        }
        // Handlers never say so.
        Code::Internal => {
            let text = "the message cannot be read";
            Some(info(Code::InvalidArgument, reason::MESSAGE_UNREADABLE, text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::reason_of;

    #[test]
    fn a_path_that_nobody_serves_is_other() {
        assert_eq!(known_method("bank.v1.BankService/Authorize"), "BankService/Authorize");
        assert_eq!(known_method("payment.PaymentService/Payment"), "PaymentService/Payment");
        for made_up in ["", "x", "BankService/Authorize/1", "bank.v1.BankService/", "Payment"] {
            assert_eq!(known_method(made_up), "other", "{made_up}");
        }
    }

    #[test]
    fn what_the_library_says_is_said_by_the_table() {
        let large = "Error, decoded message length too large: found 70000 bytes, the limit is: \
                     65536 bytes";
        for (status, reason) in [
            (Status::out_of_range(large), "MESSAGE_TOO_LARGE"),
            (Status::internal("failed to decode Protobuf message"), "MESSAGE_UNREADABLE"),
            (Status::internal("Missing request message."), "MESSAGE_UNREADABLE"),
        ] {
            let ours = of_library(&status).unwrap();
            assert_eq!(ours.code(), Code::InvalidArgument);
            assert_eq!(reason_of(&ours).as_deref(), Some(reason));
            assert!(of_library(&ours).is_none(), "ours stays as it is");
        }
        for other in [
            Status::out_of_range("position 7 is beyond the last one, 3"),
            Status::unavailable("the bank is not ready"),
            Status::unimplemented(""),
        ] {
            assert!(of_library(&other).is_none(), "{other}");
        }
    }
}
