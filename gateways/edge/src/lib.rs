//! What every listener has in common, whatever it speaks: the hosts that it answers to, and its
//! share of the process's descriptors.

mod allowed_hosts;
mod connections;
mod core_dumps;
mod descriptors;

pub use allowed_hosts::{AllowedHosts, HostName, HostNameError};
pub use connections::{ConnectionLimit, ConnectionPermit};
pub use core_dumps::switch_off_core_dumps;
pub use descriptors::{Shares, raise_descriptor_limit};
