//! Ports on this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Context as _;

/// On loopback.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// That nobody else listens there; whoever is told of another port names it with this option.
pub(crate) fn is_free(host: IpAddr, port: u16, option: &str) -> anyhow::Result<()> {
    TcpListener::bind((host, port)).map(drop).with_context(|| {
        format!("port {port} of {host} cannot be used; another one: {option} PORT")
    })
}

/// A port that nobody listens on now.
pub(crate) fn any_free() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(local(0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}
