//! Ports on this machine.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Context as _;

/// Below the ports that the system gives to the near ends of connections (on Linux from 32768 on).
/// A client that tries a killed server's port again and again would sooner or later be given that
/// port itself, and the server could not come back.
const PORTS: std::ops::Range<u16> = 10_000..32_000;
const MAX_TRIES: usize = 1_000;

/// On loopback.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// That nobody else listens there; whoever is told of another port names it with this option.
pub(crate) fn is_free(host: IpAddr, port: u16, option: &str) -> anyhow::Result<()> {
    is_usable(host, port, &format!("choose another one with {option}"))
}

/// The same with what else is to be done about it.
pub(crate) fn is_usable(host: IpAddr, port: u16, what_to_do: &str) -> anyhow::Result<()> {
    let listener = TcpListener::bind((host, port));
    listener
        .map(drop)
        .with_context(|| format!("port {port} of {host} cannot be used; {what_to_do}"))
}

/// A port that nobody listens on now.
pub(crate) fn any_free() -> anyhow::Result<u16> {
    let random = || RandomState::new().build_hasher().finish() % u64::from(PORTS.end - PORTS.start);
    let ports = std::iter::repeat_with(|| u16::try_from(random()).map(|it| PORTS.start + it));
    let mut free =
        ports.take(MAX_TRIES).flatten().filter(|port| TcpListener::bind(local(*port)).is_ok());
    free.next().context("no port is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_told_with_what_to_do() {
        let taken = TcpListener::bind(local(0)).unwrap();
        let (host, port) = (local(0).ip(), taken.local_addr().unwrap().port());
        let told = is_free(host, port, "--port").unwrap_err().to_string();
        assert!(told.ends_with("cannot be used; choose another one with --port"), "{told}");
        let told = is_usable(host, port, "stop what listens there").unwrap_err().to_string();
        assert!(told.ends_with("cannot be used; stop what listens there"), "{told}");
    }
}
