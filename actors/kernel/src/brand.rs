//! Card brands, told by the first digits of the number (the IIN, ISO/IEC 7812).

use serde::{Deserialize, Serialize};

/// The brands a Brazilian shop meets. General card libraries know neither Elo nor Hipercard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Brand {
    /// Visa
    Visa,
    /// Mastercard
    Mastercard,
    /// Elo
    Elo,
    /// Hipercard
    Hipercard,
    /// American Express
    Amex,
    /// Diners Club
    Diners,
    /// Discover
    Discover,
    /// JCB
    Jcb,
    /// A valid number of a brand this table does not know.
    Other,
}

/// Ranges of the first six digits. Elo issues inside ranges of Visa, Mastercard and Discover, so
/// the first match wins and Elo and Hipercard stand first. Elo's ranges are those acquirers
/// publish for routing; Mastercard's second range is 222100 to 272099.
const RANGES: &[(u32, u32, Brand)] = &[
    (401178, 401179, Brand::Elo),
    (431274, 431274, Brand::Elo),
    (438935, 438935, Brand::Elo),
    (451416, 451416, Brand::Elo),
    (457393, 457393, Brand::Elo),
    (457631, 457632, Brand::Elo),
    (504175, 504175, Brand::Elo),
    (506699, 506778, Brand::Elo),
    (509000, 509999, Brand::Elo),
    (627780, 627780, Brand::Elo),
    (636297, 636297, Brand::Elo),
    (636368, 636368, Brand::Elo),
    (650031, 650033, Brand::Elo),
    (650035, 650051, Brand::Elo),
    (650405, 650439, Brand::Elo),
    (650485, 650538, Brand::Elo),
    (650541, 650598, Brand::Elo),
    (650700, 650718, Brand::Elo),
    (650720, 650727, Brand::Elo),
    (650901, 650978, Brand::Elo),
    (651652, 651679, Brand::Elo),
    (655000, 655019, Brand::Elo),
    (655021, 655058, Brand::Elo),
    (384100, 384100, Brand::Hipercard),
    (384140, 384140, Brand::Hipercard),
    (384160, 384160, Brand::Hipercard),
    (606282, 606282, Brand::Hipercard),
    (637095, 637095, Brand::Hipercard),
    (637568, 637568, Brand::Hipercard),
    (340000, 349999, Brand::Amex),
    (370000, 379999, Brand::Amex),
    (300000, 305999, Brand::Diners),
    (309000, 309999, Brand::Diners),
    (360000, 369999, Brand::Diners),
    (380000, 399999, Brand::Diners),
    (352800, 358999, Brand::Jcb),
    (222100, 272099, Brand::Mastercard),
    (510000, 559999, Brand::Mastercard),
    (601100, 601199, Brand::Discover),
    (644000, 659999, Brand::Discover),
    (400000, 499999, Brand::Visa),
];

impl Brand {
    /// Every brand with a name, in the order a shop lists them.
    pub const ALL: [Brand; 9] = [
        Brand::Visa,
        Brand::Mastercard,
        Brand::Elo,
        Brand::Hipercard,
        Brand::Amex,
        Brand::Diners,
        Brand::Discover,
        Brand::Jcb,
        Brand::Other,
    ];

    /// The brand that a number beginning with `digits` must have, or `None` while too few
    /// digits are known to tell. Anything but digits is an unknown brand.
    pub fn of(digits: &str) -> Option<Brand> {
        let prefix: String = digits.chars().take(6).collect();
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let missing = 6 - prefix.len();
        let scale = 10_u32.pow(u32::try_from(missing).ok()?);
        let low = prefix.parse::<u32>().ok()? * scale;
        let high = low + (scale - 1);
        let at = |value: u32| {
            RANGES
                .iter()
                .find(|(from, to, _)| (*from..=*to).contains(&value))
                .map_or(Brand::Other, |(_, _, brand)| *brand)
        };
        let brand = at(low);
        // A partial number is known only when no other range begins inside what is still open.
        let undecided = missing > 0
            && (at(high) != brand
                || RANGES.iter().any(|(from, to, other)| {
                    *other != brand && *from <= high && *to >= low && at(*from) == *other
                }));
        (!undecided).then_some(brand)
    }

    /// The name a person reads.
    pub fn name(self) -> &'static str {
        match self {
            Brand::Visa => "Visa",
            Brand::Mastercard => "Mastercard",
            Brand::Elo => "Elo",
            Brand::Hipercard => "Hipercard",
            Brand::Amex => "American Express",
            Brand::Diners => "Diners Club",
            Brand::Discover => "Discover",
            Brand::Jcb => "JCB",
            Brand::Other => "?",
        }
    }

    /// The word in JSON, metrics and events.
    pub fn word(self) -> &'static str {
        match self {
            Brand::Visa => "visa",
            Brand::Mastercard => "mastercard",
            Brand::Elo => "elo",
            Brand::Hipercard => "hipercard",
            Brand::Amex => "amex",
            Brand::Diners => "diners",
            Brand::Discover => "discover",
            Brand::Jcb => "jcb",
            Brand::Other => "other",
        }
    }

    /// The brand of a [`Brand::word`]; words of other systems become [`Brand::Other`].
    pub fn from_word(word: &str) -> Brand {
        Brand::ALL.into_iter().find(|brand| brand.word() == word).unwrap_or(Brand::Other)
    }

    /// Digits of the security code: four on the front of an Amex, three elsewhere.
    pub fn cvv_length(self) -> usize {
        if self == Brand::Amex { 4 } else { 3 }
    }

    /// Whether a number of this brand may have `length` digits.
    pub fn allows_length(self, length: usize) -> bool {
        match self {
            Brand::Visa => matches!(length, 13 | 16 | 19),
            Brand::Mastercard | Brand::Elo => length == 16,
            Brand::Hipercard => matches!(length, 13 | 16 | 19),
            Brand::Amex => length == 15,
            Brand::Diners => (14..=19).contains(&length),
            Brand::Discover | Brand::Jcb => (16..=19).contains(&length),
            Brand::Other => (12..=19).contains(&length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_test_numbers_have_their_brand() {
        for (number, brand) in [
            ("4242424242424242", Brand::Visa),
            ("5555555555554444", Brand::Mastercard),
            ("2223003122003222", Brand::Mastercard),
            ("2720990000000000", Brand::Mastercard),
            ("2721000000000000", Brand::Other),
            ("6362970000457013", Brand::Elo),
            ("4389350000000000", Brand::Elo),
            ("6504850000000000", Brand::Elo),
            ("6062825624254001", Brand::Hipercard),
            ("3841001111222233334", Brand::Hipercard),
            ("378282246310005", Brand::Amex),
            ("3056930009020004", Brand::Diners),
            ("3095000000000004", Brand::Diners),
            ("3080000000000000", Brand::Other),
            ("6011111111111117", Brand::Discover),
            ("3566002020360505", Brand::Jcb),
            ("9999999999999999", Brand::Other),
        ] {
            assert_eq!(Brand::of(number), Some(brand), "{number}");
        }
    }

    #[test]
    fn a_partial_number_is_told_as_soon_as_it_can_be() {
        for (digits, expected) in [
            ("", None),
            ("4", None),
            ("42", Some(Brand::Visa)),
            ("4389", None),
            ("438935", Some(Brand::Elo)),
            ("37", Some(Brand::Amex)),
            ("5", None),
            ("55", Some(Brand::Mastercard)),
            ("50", None),
            ("3841", None),
            ("x", None),
        ] {
            assert_eq!(Brand::of(digits), expected, "{digits:?}");
        }
    }

    #[test]
    fn words_lead_back_to_their_brand() {
        for brand in Brand::ALL {
            assert_eq!(Brand::from_word(brand.word()), brand);
        }
        assert_eq!(Brand::from_word("unheard of"), Brand::Other);
    }
}
