//! What the listeners of this process have in common.

use std::sync::Arc;

use bancada_edge::{AllowedHosts, ConnectionLimit, Shares, raise_descriptor_limit};

use crate::arguments::DoorOptions;

/// Hosts that are answered, and connections that are taken.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    shares: Shares,
    per_address: Option<usize>,
}

impl Doors {
    /// Raises the process's limit of descriptors, and divides it among so many listeners for
    /// clients and the admin listener.
    pub(crate) fn new(options: &DoorOptions, n_listeners: usize) -> Doors {
        let descriptors = raise_descriptor_limit();
        let shares = Shares::of(descriptors, n_listeners);
        tracing::debug!(descriptors, connections = shares.clients, "listeners have their shares");
        Doors {
            allowed_hosts: Arc::new(AllowedHosts::new(options.allowed_host.iter().cloned())),
            shares,
            per_address: options.connections_per_address.map(usize::from),
        }
    }

    /// For a listener for clients.
    pub(crate) fn for_clients(&self) -> ConnectionLimit {
        ConnectionLimit::new(self.shares.clients, self.per_address)
    }

    /// For the admin listener, whose share nobody else can use up.
    pub(crate) fn for_admin(&self) -> ConnectionLimit {
        ConnectionLimit::new(self.shares.admin, None)
    }
}
