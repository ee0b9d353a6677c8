//! Which hosts a listener answers to.
//!
//! A page of another site can give its own name our address (DNS rebinding), and its visitor's
//! browser then takes us for a part of that site. It cannot change what the browser writes into
//! `Host` (`:authority` in HTTP/2): the site's name. So a name that is not ours is not answered.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A name that a listener also answers to, such as `shop.example`, in lower case and without a
/// port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// Not a name of a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a host, such as shop.example (without scheme and port)")]
pub struct HostNameError(String);

/// RFC 1035, 2.3.4.
const LONGEST_NAME: usize = 253;

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<HostName, HostNameError> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let has_parts = name.split('.').all(|part| !part.is_empty());
        if name.len() > LONGEST_NAME || !has_parts || !name.chars().all(is_fine) {
            return Err(HostNameError(text.to_owned()));
        }
        Ok(HostName(name))
    }
}

impl std::fmt::Display for HostName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The hosts that a listener answers to: loopback names and addresses always, other names only
/// when they were given. Without any by default.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts {
    names: Vec<HostName>,
}

impl AllowedHosts {
    /// Also these names, in any spelling of their letters and with any port.
    pub fn new(names: impl IntoIterator<Item = HostName>) -> AllowedHosts {
        AllowedHosts { names: names.into_iter().collect() }
    }

    /// Whether a request with this `host[:port]` is answered.
    ///
    /// An address is: rebinding needs a name, and probes of Kubernetes send the address of the
    /// pod. So is `localhost` with everything below it, which resolvers keep for the machine
    /// itself (RFC 6761, 6.3).
    pub fn admits(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else { return false };
        match host {
            Host::Address => true,
            Host::Name(name) => {
                let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
                name == "localhost"
                    || name.ends_with(".localhost")
                    || self.names.iter().any(|allowed| allowed.0 == name)
            }
        }
    }
}

enum Host<'a> {
    Address,
    Name(&'a str),
}

/// The host of `host[:port]` (RFC 3986, 3.2.2), without the part before an `@`, which `Host` does
/// not have.
fn host_of(authority: &str) -> Option<Host<'_>> {
    let is_port = |rest: &str| match rest.strip_prefix(':') {
        Some(port) => port.chars().all(|c| c.is_ascii_digit()),
        None => rest.is_empty(),
    };
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        return (Ipv6Addr::from_str(address).is_ok() && is_port(rest)).then_some(Host::Address);
    }
    let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
    if !is_port(port) {
        return None;
    }
    match Ipv4Addr::from_str(host) {
        Ok(_) => Some(Host::Address),
        Err(_) => Some(Host::Name(host)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str]) -> AllowedHosts {
        AllowedHosts::new(names.iter().map(|name| name.parse().unwrap()))
    }

    #[test]
    fn this_machine_and_addresses_are_always_answered() {
        for host in [
            "localhost",
            "localhost:8080",
            "LocalHost:",
            "localhost.:80",
            "shop.localhost:8080",
            "127.0.0.1:8080",
            "10.1.2.3",
            "0.0.0.0:1",
            "[::1]:8080",
            "[::1]",
            "[fe80::1]",
        ] {
            assert!(AllowedHosts::default().admits(host), "{host}");
        }
    }

    #[test]
    fn a_name_is_answered_only_when_it_was_given() {
        let allowed = hosts(&["Shop.Example", "bank"]);
        for host in ["shop.example", "SHOP.example:443", "shop.example.:8080", "bank:50052"] {
            assert!(allowed.admits(host), "{host}");
            assert!(!AllowedHosts::default().admits(host), "{host}");
        }
        for host in [
            "",
            ":8080",
            ".localhost.evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "evil-localhost",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "user@localhost",
            "shop.example.evil",
            "x.shop.example",
            "shop.example:80:80",
            "localhost:80a",
            "localhost/path",
            "[::1",
            "[::1]evil.example",
            "[evil.example]",
            "::1",
            "localhost localhost",
            "localhost,evil.example",
        ] {
            assert!(!allowed.admits(host), "{host}");
        }
    }

    #[test]
    fn a_name_has_no_scheme_no_port_and_no_wildcard() {
        for bad in ["", ".", "http://shop", "shop:80", "*.example", "a..b", "a b", "loja.é"] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
        assert!("x".repeat(254).parse::<HostName>().is_err());
    }
}
