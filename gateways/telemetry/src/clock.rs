//! The only place where the wall clock is read, and ids are made of it.

use std::time::{SystemTime, UNIX_EPOCH};

use bancada_kernel::Timestamp;
use uuid::Uuid;

/// Now, in UTC.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the clock everybody is given")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A UUID of version 7 (RFC 9562): ordered by time, so that indexes grow at their end.
pub fn uuid() -> Uuid {
    Uuid::now_v7()
}
