//! The checks of the card form, by the same types as the Bank's.

use bancada_kernel::{Brand, CardNumber, CardNumberError, Cvv, CvvError, Expiry};
use bancada_proto::problem::Problem;
use bancada_proto::web::CardEntry;
use bancada_ui_kit::Locale;
use bancada_ui_kit::text::problem_texts;

use super::form::Field;
use super::{expiry_text, typed_text};
use crate::text::{PayText, security_code_length};

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldError {
    /// A text of the catalogue.
    Is(PayText),
    /// The code has not this many digits.
    CvvLength(usize),
    /// What the server said.
    Server(Box<Problem>),
}

impl FieldError {
    pub(crate) fn text(&self, locale: Locale) -> String {
        match self {
            FieldError::Is(text) => text.text(locale).to_owned(),
            FieldError::CvvLength(expected) => security_code_length(locale, *expected),
            FieldError::Server(problem) => problem_texts(locale, problem).1,
        }
    }
}

/// The four texts as typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct CardInput {
    pub(crate) number: String,
    pub(crate) holder: String,
    pub(crate) expiry: String,
    pub(crate) cvv: String,
}

/// Everything that is wrong, in the order of the form; or the entry to send.
pub(crate) fn check(input: &CardInput) -> Result<CardEntry, Vec<(Field, FieldError)>> {
    let mut errors = Vec::new();
    let mut complain = |field: Field, error: FieldError| errors.push((field, error));
    let number = typed_text::card_number(&input.number);
    let brand = match CardNumber::parse(&number) {
        Ok(number) => Some(number.brand()),
        Err(error) => {
            complain(Field::Number, FieldError::Is(number_text(error)));
            brand_so_far(&input.number)
        }
    };
    if input.holder.trim().is_empty() {
        complain(Field::Holder, FieldError::Is(PayText::HolderEmpty));
    }
    let expiry = check_expiry(&input.expiry)
        .map_err(|text| complain(Field::Expiry, FieldError::Is(text)))
        .ok();
    match Cvv::parse(&input.cvv, brand.unwrap_or(Brand::Other)) {
        Ok(_) => {}
        Err(CvvError::Empty) => complain(Field::Cvv, FieldError::Is(PayText::CvvEmpty)),
        Err(CvvError::WrongShape { expected }) => {
            complain(Field::Cvv, FieldError::CvvLength(expected));
        }
    }
    match expiry {
        Some(expiry) if errors.is_empty() => Ok(CardEntry {
            number,
            holder: input.holder.trim().to_owned(),
            expiry_month: u32::from(expiry.month()),
            expiry_year: u32::from(expiry.year()),
            cvv: input.cvv.trim().to_owned(),
        }),
        _ => Err(errors),
    }
}

/// The brand that a number still being typed will have.
pub(crate) fn brand_so_far(number: &str) -> Option<Brand> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    Brand::of(&digits)
}

fn number_text(error: CardNumberError) -> PayText {
    match error {
        CardNumberError::Empty => PayText::NumberEmpty,
        CardNumberError::NotDigits => PayText::NumberNotDigits,
        CardNumberError::WrongLength => PayText::NumberWrongLength,
        CardNumberError::FailsCheck => PayText::NumberFailsCheck,
    }
}

fn check_expiry(text: &str) -> Result<Expiry, PayText> {
    if text.trim().is_empty() {
        return Err(PayText::ExpiryEmpty);
    }
    let (year, month) = expiry_text::parse(text).ok_or(PayText::ExpiryUnreadable)?;
    Expiry::new(year, month).map_err(|_| PayText::ExpiryUnreadable)
}

/// Whether what was typed is a month that is over. A browser's clock may be wrong, so the reader is
/// told and the Bank decides.
pub(crate) fn seems_expired(expiry: &str, now: (u16, u8)) -> bool {
    check_expiry(expiry).is_ok_and(|expiry| expiry.is_past(now.0, now.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: (u16, u8) = (2026, 11);

    fn input(number: &str, holder: &str, expiry: &str, cvv: &str) -> CardInput {
        let [number, holder, expiry, cvv] = [number, holder, expiry, cvv].map(str::to_owned);
        CardInput { number, holder, expiry, cvv }
    }

    #[test]
    fn a_good_card_becomes_the_entry_to_send() {
        let input = input("4242 4242 4242 4242", " Ana Teste ", "11/26", "012");
        let entry = check(&input).map_err(|_| "refused").unwrap();
        assert_eq!(entry.number, "4242424242424242");
        assert_eq!((entry.expiry_year, entry.expiry_month), (2026, 11));
        assert_eq!((entry.holder.as_str(), entry.cvv.as_str()), ("Ana Teste", "012"));
    }

    #[test]
    fn everything_wrong_is_told_in_the_order_of_the_form() {
        use FieldError::{CvvLength, Is};
        let visa = "4242424242424242";
        for (input, expected) in [
            (
                input("", " ", "", ""),
                vec![
                    (Field::Number, Is(PayText::NumberEmpty)),
                    (Field::Holder, Is(PayText::HolderEmpty)),
                    (Field::Expiry, Is(PayText::ExpiryEmpty)),
                    (Field::Cvv, Is(PayText::CvvEmpty)),
                ],
            ),
            (
                input("4242424242424241", "A", "12/35", "123"),
                vec![(Field::Number, Is(PayText::NumberFailsCheck))],
            ),
            (
                input(visa, "A", "13/35", "123"),
                vec![(Field::Expiry, Is(PayText::ExpiryUnreadable))],
            ),
            (input(visa, "A", "12/35", "1234"), vec![(Field::Cvv, CvvLength(3))]),
            (input("378282246310005", "A", "12/35", "123"), vec![(Field::Cvv, CvvLength(4))]),
        ] {
            assert_eq!(check(&input).err(), Some(expected));
        }
    }

    #[test]
    fn a_card_that_seems_expired_is_the_banks_to_refuse() {
        for (expiry, expected) in
            [("10/26", true), ("11/26", false), ("2026-10", true), ("", false), ("13/20", false)]
        {
            assert_eq!(seems_expired(expiry, NOW), expected, "{expiry}");
        }
        assert!(check(&input("4242424242424242", "A", "10/26", "123")).is_ok());
    }
}
