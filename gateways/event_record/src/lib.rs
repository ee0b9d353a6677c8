//! An event as a record of the topic `payments`: its key, its value in JSON, its headers; and
//! whether all parts of a record tell of the same event. Whoever moves records brings the client.

mod agreement;
mod decode;
mod encode;
#[cfg(any(test, feature = "examples"))]
pub mod examples;
mod past_record;

pub use decode::{EventValueError, event_from_value};
pub use encode::{event_to_value, headers, key};
pub use past_record::{PastRecord, Place, Unreadable};
