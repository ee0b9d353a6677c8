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

/// The same for a contract whose clients join the names of all that is bought: what is beyond `max`
/// characters is cut off. What is cut is masked already, so that no half of a number is left.
pub(crate) fn cut(field: &str, text: &str, max: usize) -> Result<String, Status> {
    let text: String = masked_text(text).chars().take(max).collect();
    bounded(field, text, max)
}

/// A small number.
pub(crate) fn small<T: TryFrom<u32>>(field: &str, number: u32) -> Result<T, Status> {
    T::try_from(number).map_err(|_| invalid(field, format!("{number} is out of range")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_masked_and_then_cut_between_characters() {
        let number = "4111 1111 1111 1111";
        for (text, max, expected) in [
            ("café, açúcar".to_owned(), 40, "café, açúcar"),
            ("café, açúcar".to_owned(), 4, "café"),
            (format!("x {number}"), 10, "x **** ***"),
            (format!("{}{number}", "é ".repeat(3)), 10, "é é é ****"),
        ] {
            assert_eq!(cut("description", &text, max).unwrap(), expected);
        }
        assert!(cut("description", "a\nb", 40).is_err());
    }

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
