//! Listeners are bound before anything starts, so that a port in use is said at once.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;

/// Binds an address; `option` is what the user can change.
pub(crate) fn bind(address: SocketAddr, option: &str) -> anyhow::Result<Arc<TcpListener>> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("{address} is in use by another process; choose another with {option}")
        }
        io::ErrorKind::PermissionDenied => {
            anyhow::anyhow!("{address} needs more rights; choose another with {option}")
        }
        _ => anyhow::Error::from(error)
            .context(format!("cannot listen on {address}; choose another with {option}")),
    })?;
    if !address.ip().to_canonical().is_loopback() {
        tracing::warn!(
            %address,
            option,
            "other machines can reach this listener: there is no login, and whoever reaches it can \
             issue cards, change limits and pay bills"
        );
    }
    Ok(Arc::new(listener))
}

/// Where a listener really listens: port 0 asks the system for a free one.
pub(crate) fn address_of(listener: &TcpListener) -> anyhow::Result<SocketAddr> {
    listener.local_addr().context("a bound listener has an address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_the_option_that_changes_it() {
        let first = bind("127.0.0.1:0".parse().unwrap(), "--port").unwrap();
        let address = address_of(&first).unwrap();
        let error = bind(address, "--port").unwrap_err().to_string();
        assert!(error.contains(&address.to_string()) && error.contains("--port"), "{error}");
    }
}
