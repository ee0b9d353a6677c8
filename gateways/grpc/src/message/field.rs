//! A field of a request that makes no sense, said the way `google.rpc.BadRequest` says it.

use bancada_kernel::card_data::masked_text;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Names the field by its path in the message, e.g. `card.number`, and what is wrong with it.
pub(crate) fn invalid(field: &str, what: impl std::fmt::Display) -> Status {
    let what = what.to_string();
    let details = ErrorDetails::with_bad_request_violation(field, &what);
    Status::with_error_details(Code::InvalidArgument, format!("{field}: {what}"), details)
}

/// A message that must be there.
pub(crate) fn required<T>(field: &str, value: Option<T>) -> Result<T, Status> {
    value.ok_or_else(|| invalid(field, "it must be present"))
}

/// A text of at most `max` characters.
pub(crate) fn bounded(field: &str, text: String, max: usize) -> Result<String, Status> {
    if text.chars().count() > max {
        return Err(invalid(field, format!("it must have at most {max} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(field, "it must not contain control characters"));
    }
    Ok(text)
}

/// The same for a text that people read: card data that was written into it is masked.
pub(crate) fn shown(field: &str, text: String, max: usize) -> Result<String, Status> {
    bounded(field, text, max).map(|text| masked_text(&text))
}

/// A small number.
pub(crate) fn small<T: TryFrom<u32>>(field: &str, number: u32) -> Result<T, Status> {
    T::try_from(number).map_err(|_| invalid(field, format!("{number} is out of range")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_shown_keeps_no_card_data() {
        let text = "card 4111 1111 1111 1111, cvv 987".to_owned();
        let shown = shown("description", text, 40).unwrap();
        assert_eq!(shown, "card **** **** **** 1111, cvv ***");
        assert_eq!(
            super::shown("store", "x".repeat(41), 40).unwrap_err().code(),
            Code::InvalidArgument
        );
    }
}
