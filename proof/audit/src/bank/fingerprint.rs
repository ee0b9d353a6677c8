//! A whole event in a few bytes: a Bank has millions of them.

use std::hash::{DefaultHasher, Hasher as _};

use bancada_event_record::event_to_value;
use bancada_kernel::PaymentEvent;

/// What differs in anything has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(event: &PaymentEvent) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        hasher.write(&event_to_value(event));
        Fingerprint(hasher.finish())
    }
}
