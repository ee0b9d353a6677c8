//! Where the brokers are.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// A machine that says nothing at all for so long is taken for gone.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The addresses at which a cluster is first asked: `HOST:PORT`, several with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brokers(String);

/// Why a text does not say where brokers are: which of them it is, counted from 1. It does not
/// repeat the text, in which somebody may have put a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("number {0} is not HOST:PORT; several brokers are written HOST:PORT,HOST:PORT")]
pub struct BadBrokers(usize);

impl Brokers {
    /// Whether somebody takes connections at one of the addresses.
    pub(crate) async fn can_be_reached(&self) -> bool {
        for address in self.0.split(',') {
            let connected = timeout(CONNECT_WITHIN, TcpStream::connect(address.trim())).await;
            if connected.is_ok_and(|connected| connected.is_ok()) {
                return true;
            }
        }
        false
    }
}

impl FromStr for Brokers {
    type Err = BadBrokers;

    fn from_str(text: &str) -> Result<Brokers, BadBrokers> {
        for (address, number) in text.split(',').zip(1..) {
            let parts = address.trim().rsplit_once(':');
            let is_good = parts.is_some_and(|(host, port)| {
                let is_numbers = host.starts_with('[') && host.ends_with(']');
                let is_host = !host.is_empty()
                    && !host.contains(['/', ' ', '@'])
                    && (is_numbers || !host.contains(':'));
                is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
            });
            if !is_good {
                return Err(BadBrokers(number));
            }
        }
        Ok(Brokers(text.to_owned()))
    }
}

impl fmt::Display for Brokers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use bancada_fuzz::mistypings;

    use super::*;

    #[test]
    fn addresses_are_checked_before_anything_starts() {
        for good in ["localhost:9092", "[::1]:9092", "a.example:9092,b.example:9093, c:1"] {
            assert_eq!(good.parse::<Brokers>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "localhost",
            ":9092",
            "localhost:0",
            "localhost:x",
            "http://h:9092",
            "a:1,",
            "me:x@h:1",
            "me:xh:1",
        ] {
            assert!(bad.parse::<Brokers>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_that_is_said_of_a_mistyped_address_holds_a_password() {
        let password = "s3cr3tPass";
        for text in mistypings("a:1,me:s3cr3tPass@kafka:9092,b:2", password) {
            let said = match text.parse::<Brokers>() {
                Ok(brokers) => format!("{brokers} {brokers:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!said.contains(password), "{text}: {said}");
        }
    }
}
