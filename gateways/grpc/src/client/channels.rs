//! Connections to the Bank: made when first needed, and again after they broke.

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

/// How long a connection may take; a Bank on the same network answers in milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Finds a Bank that vanished without a word.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
const KEEPALIVE_WITHIN: Duration = Duration::from_secs(3);

/// Where the Bank is, e.g. `http://127.0.0.1:50052`.
#[derive(Clone, Debug)]
pub struct BankAddress(Endpoint);

/// Not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address of a bank, such as http://127.0.0.1:50052")]
pub struct BankAddressError(String);

impl BankAddress {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<BankAddress, BankAddressError> {
        let error = || BankAddressError(text.to_owned());
        let endpoint = Endpoint::from_shared(text.to_owned()).map_err(|_| error())?;
        if endpoint.uri().scheme_str() != Some("http") || endpoint.uri().authority().is_none() {
            return Err(error());
        }
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE_EVERY)
            .keep_alive_timeout(KEEPALIVE_WITHIN)
            .keep_alive_while_idle(true);
        Ok(BankAddress(endpoint))
    }
}

/// A channel that connects when it is used. Its connections live on the tokio runtime that this
/// is called in.
pub fn connect(address: &BankAddress) -> Channel {
    address.0.connect_lazy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        assert!(BankAddress::parse("http://bank:50052").is_ok());
        for bad in ["", "127.0.0.1:50052", "ftp://bank:1", "http://", "bank"] {
            let error = BankAddress::parse(bad).unwrap_err();
            assert!(error.to_string().contains("http://127.0.0.1:50052"), "{error}");
        }
    }
}
