//! A whole event in a few bytes: a Bank has millions of them.

use std::hash::{DefaultHasher, Hasher as _};

use bancada_kafka::event_to_value;
use bancada_kernel::PaymentEvent;

/// What differs in anything has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command::audit) struct Fingerprint(u64);

impl Fingerprint {
    pub(in crate::command::audit) fn of(event: &PaymentEvent) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        hasher.write(&event_to_value(event));
        Fingerprint(hasher.finish())
    }
}
