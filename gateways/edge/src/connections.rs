//! How many connections a listener has at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts a listener's connections and refuses those beyond the limit. Cheap to clone; clones
/// count together.
#[derive(Clone, Debug)]
pub struct ConnectionLimit {
    limit: usize,
    per_address: Option<usize>,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    n_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place; dropping it frees the place.
#[derive(Debug)]
pub struct ConnectionPermit {
    address: IpAddr,
    open: Arc<Mutex<Open>>,
}

impl ConnectionLimit {
    /// At most `limit` connections, and at most `per_address` from one address. Without the
    /// second where addresses may be those of proxies, behind which everybody looks the same.
    pub fn new(limit: usize, per_address: Option<usize>) -> ConnectionLimit {
        ConnectionLimit { limit, per_address, open: Arc::default() }
    }

    /// A place for a connection from there, if there is one. This machine itself is never
    /// counted by address: whoever forwards to us from here is a proxy.
    pub fn take(&self, address: IpAddr) -> Option<ConnectionPermit> {
        let address = address.to_canonical();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.n_all >= self.limit {
            return None;
        }
        let of_address = open.by_address.get(&address).copied().unwrap_or_default();
        let limited = self.per_address.filter(|_| !address.is_loopback());
        if limited.is_some_and(|limit| of_address >= limit) {
            return None;
        }
        open.n_all += 1;
        open.by_address.insert(address, of_address + 1);
        Some(ConnectionPermit { address, open: Arc::clone(&self.open) })
    }

    /// Connections that are open now.
    pub fn n_open(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).n_all
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.n_all -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                // An address that is gone leaves nothing: addresses are a stranger's to choose.
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let limit = ConnectionLimit::new(2, None);
        let first = limit.take(address(1)).unwrap();
        let _second = limit.take(address(1)).unwrap();
        assert!(limit.take(address(2)).is_none());
        drop(first);
        assert!(limit.take(address(2)).is_some(), "and is free again at once");
        assert_eq!(limit.n_open(), 1);
    }

    #[test]
    fn one_address_does_not_take_the_places_of_others() {
        let limit = ConnectionLimit::new(8, Some(2));
        let places: Vec<_> = (0..2).map(|_| limit.take(address(1)).unwrap()).collect();
        let mapped = "::ffff:192.0.2.1".parse().unwrap();
        assert!(limit.take(mapped).is_none(), "the same address in another spelling");
        let others: Vec<_> = (0..3).map(|_| limit.take(HERE)).collect();
        assert!(others.iter().all(Option::is_some), "a proxy on this machine");
        assert!(limit.take(address(2)).is_some());
        drop((places, others));
        assert_eq!(limit.open.lock().unwrap().by_address.len(), 0);
    }
}
