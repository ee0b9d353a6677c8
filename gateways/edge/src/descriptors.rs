//! Descriptors: every connection is one, and so is every file. A process that has none left can
//! neither accept a probe nor open its journal.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for what is no connection from outside: databases (a handful each), the connections to
/// PostgreSQL and Kafka, the web pages at start, and the admin listener's own.
const KEPT: u64 = 256;
/// Nobody needs more; beyond it, memory is what ends first.
const MOST: usize = 2_048;
/// Below it a listener is of no use.
const LEAST: usize = 16;

/// Raises the process's limit of open descriptors as far as the system lets it, and returns it.
/// The usual soft limit, 1,024, is for programs that use `select`, which this one does not.
pub fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        // Some systems say "unlimited" and do not mean it.
        Err(_) => limit.current,
    };
    now.unwrap_or(u64::MAX)
}

/// How many connections each listener may have at once, so that all together leave the
/// descriptors that the process itself needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Of a listener for clients: pages, APIs, gRPC.
    pub clients: usize,
    /// Of the admin listener: people and probes, and a descriptor for each is always kept.
    pub admin: usize,
}

/// Of the admin listener: some scrapers, probes and people.
const ADMIN: usize = 32;

impl Shares {
    /// The shares of `n_listeners` for clients among this many descriptors.
    pub fn of(descriptors: u64, n_listeners: usize) -> Shares {
        let free = descriptors.saturating_sub(KEPT);
        let free = usize::try_from(free).unwrap_or(usize::MAX);
        let clients = (free / n_listeners.max(1)).clamp(LEAST, MOST);
        Shares { clients, admin: ADMIN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_leave_what_is_kept() {
        for (descriptors, n_listeners, clients) in [
            (u64::MAX, 2, MOST),
            (1 << 20, 2, MOST),
            (1_024, 2, 384),
            (1_024, 1, 768),
            (300, 2, 22),
            (64, 2, LEAST),
        ] {
            let shares = Shares::of(descriptors, n_listeners);
            assert_eq!(shares.clients, clients, "{descriptors}");
            assert!(descriptors < 300 || shares.admin < usize::try_from(KEPT).unwrap());
        }
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        let raised = raise_descriptor_limit();
        assert_eq!(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), raised);
        assert_eq!(Some(raised).filter(|it| *it < u64::MAX), getrlimit(Resource::Nofile).maximum);
    }
}
