//! Ids, each a type of its own, so that one is never taken for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::Text;

/// Why a text is not an id of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {expected}")]
pub struct IdError {
    what: &'static str,
    expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID made outside: this crate has no randomness.
            pub fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the hyphenated form.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| IdError { what: $what, expected: "a UUID" })
            }

            /// The UUID itself.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(Text);

        impl $name {
            /// Checks and wraps a text.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                Self::of_text(&Text::from(text))
            }

            /// Checks a text that is kept elsewhere as well: it is not copied.
            pub fn of_text(text: &Text) -> Result<Self, IdError> {
                let good = (1..=$max).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_graphic());
                if good {
                    Ok(Self(text.clone()))
                } else {
                    Err(IdError { what: $what, expected: $expected })
                }
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, for whoever keeps it as well: it is not copied.
            pub fn text(&self) -> &Text {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

uuid_id!(
    /// A payment at the Bank; the event's `transaction_id`.
    PaymentId,
    "the payment id"
);
uuid_id!(
    /// One event.
    EventId,
    "the event id"
);
uuid_id!(
    /// An order of the shop: also the idempotency key of its payment.
    OrderId,
    "the order id"
);
text_id!(
    /// Who is paid.
    MerchantId,
    "the merchant id",
    64,
    "1 to 64 visible ASCII characters"
);
text_id!(
    /// The merchant's name for one attempt to move money; unique per merchant. 255 characters
    /// is the limit that Stripe publishes.
    IdempotencyKey,
    "the idempotency key",
    255,
    "1 to 255 visible ASCII characters"
);
text_id!(
    /// Stands for a card everywhere outside the Bank; says nothing about the number.
    CardToken,
    "the card token",
    64,
    "1 to 64 visible ASCII characters"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ids_are_bounded_and_visible() {
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        for bad in ["", "with space", "ação", "tab\t"] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
        let error = IdempotencyKey::parse(&"k".repeat(256)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the idempotency key must be 1 to 255 visible ASCII characters"
        );
    }

    #[test]
    fn uuids_are_read_and_shown_alike() {
        let text = "01936b4e-8f3a-7c21-9d5e-2b7f6a1c0d3e";
        assert_eq!(OrderId::parse(text).unwrap().to_string(), text);
        assert!(OrderId::parse("42").is_err());
    }
}
