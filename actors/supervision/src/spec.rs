//! The words of a supervision tree: who is restarted, when, how often, and with whom.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// Names a child among its siblings; ids joined by slashes are a path such as `bank/ledger`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildId(Arc<str>);

/// Which ends of a child are followed by a new start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// Every end: the child is a part of the system.
    Permanent,
    /// Every end but a normal one: the child is a job that must succeed.
    Transient,
    /// No end: the child is a job that may fail.
    Temporary,
}

/// What happens to the siblings of a child that is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Nothing: siblings do not depend on each other.
    OneForOne,
    /// All are stopped and started again: they depend on each other.
    OneForAll,
    /// Those that started later are stopped and started again: they depend on the earlier ones.
    RestForOne,
}

/// How long a child waits before it is started again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The first delay, which every further failure doubles.
    pub min: Duration,
    /// No delay is longer.
    pub max: Duration,
    /// The share (0 to 1) by which a delay varies, so that children do not return in step.
    pub jitter: f64,
    /// A child that ran this long without failing begins again at `min`.
    pub reset_after: Duration,
}

/// How many restarts a supervisor grants before it gives up: more would only hide the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    /// Restarts granted within `window`; one more escalates.
    pub max_restarts: u32,
    /// The length of the sliding window.
    pub window: Duration,
}

/// The time a child has to stop by itself when its spec does not say otherwise.
pub const DEFAULT_SHUTDOWN: Duration = Duration::from_secs(5);

impl ChildId {
    /// A child's name. The tree refuses to start with an empty name or one that has a slash.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(Arc::from(id.as_ref()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a path can be built from this name.
    pub fn is_valid(&self) -> bool {
        !self.0.is_empty() && !self.0.contains('/')
    }
}

impl From<&str> for ChildId {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for ChildId {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChildId({})", self.0)
    }
}

impl Serialize for ChildId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Restart {
    /// Whether an end of this kind is followed by a new start.
    pub fn follows(self, ended_normally: bool) -> bool {
        match self {
            Self::Permanent => true,
            Self::Transient => !ended_normally,
            Self::Temporary => false,
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            min: Duration::from_millis(100),
            max: Duration::from_secs(5),
            jitter: 0.1,
            reset_after: Duration::from_secs(30),
        }
    }
}

impl Default for Intensity {
    fn default() -> Self {
        Self { max_restarts: 5, window: Duration::from_secs(10) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_policy_looks_at_how_the_child_ended() {
        for (restart, after_normal, after_failure) in [
            (Restart::Permanent, true, true),
            (Restart::Transient, false, true),
            (Restart::Temporary, false, false),
        ] {
            assert_eq!(restart.follows(true), after_normal, "{restart:?} after a normal end");
            assert_eq!(restart.follows(false), after_failure, "{restart:?} after a failure");
        }
    }

    #[test]
    fn a_name_that_cannot_be_part_of_a_path_is_not_valid() {
        for (id, valid) in [("ledger", true), ("order-7", true), ("", false), ("a/b", false)] {
            assert_eq!(ChildId::new(id).is_valid(), valid, "{id:?}");
        }
    }
}
