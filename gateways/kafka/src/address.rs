//! Where the brokers are.

use std::fmt;
use std::str::FromStr;

/// The addresses at which a cluster is first asked: `HOST:PORT`, several with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brokers(String);

/// Why a text does not say where brokers are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not HOST:PORT; several brokers are written HOST:PORT,HOST:PORT")]
pub struct BadBrokers(String);

impl FromStr for Brokers {
    type Err = BadBrokers;

    fn from_str(text: &str) -> Result<Brokers, BadBrokers> {
        for address in text.split(',') {
            let parts = address.trim().rsplit_once(':');
            let is_good = parts.is_some_and(|(host, port)| {
                let is_host = !host.is_empty() && !host.contains(['/', ' ']);
                is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
            });
            if !is_good {
                return Err(BadBrokers(address.to_owned()));
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
    use super::*;

    #[test]
    fn addresses_are_checked_before_anything_starts() {
        for good in ["localhost:9092", "[::1]:9092", "a.example:9092,b.example:9093, c:1"] {
            assert_eq!(good.parse::<Brokers>().unwrap().to_string(), good);
        }
        for bad in ["", "localhost", ":9092", "localhost:0", "localhost:x", "http://h:9092", "a:1,"]
        {
            assert!(bad.parse::<Brokers>().is_err(), "{bad}");
        }
    }
}
