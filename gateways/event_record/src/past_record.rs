//! A record that is on a topic, and where it is.

use std::fmt::{self, Display};

use bancada_kernel::PaymentEvent;

use crate::decode::{EventValueError, event_from_value};
use crate::encode::{event_to_value, headers, key};

/// Where a record is: partition and offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub i32, pub i64);

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

/// A record of the topic.
#[derive(Clone, Debug)]
pub struct PastRecord {
    /// Where it is.
    pub place: Place,
    /// Its key, if it has one that is text.
    pub key: Option<String>,
    /// Its value.
    pub value: Vec<u8>,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// When it was written, as its writer said; in milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
}

impl PastRecord {
    /// What its value says.
    ///
    /// # Errors
    /// When that is not an event that this program knows.
    pub fn event(&self) -> Result<PaymentEvent, EventValueError> {
        event_from_value(&self.value)
    }

    /// The Bank's record of an event, at a place.
    pub fn of(event: &PaymentEvent, place: Place) -> PastRecord {
        let headers = headers(event).into_iter();
        PastRecord {
            place,
            key: key(event).map(str::to_owned),
            value: event_to_value(event),
            headers: headers.map(|(name, value)| (name.to_owned(), value.into_bytes())).collect(),
            timestamp_ms: Some(event.occurred_at.0),
        }
    }
}

/// Records in a row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The first of them.
    pub first: Place,
    /// The last of them.
    pub last: Place,
    /// In librdkafka's words.
    pub why: String,
}
