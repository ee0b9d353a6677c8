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

/// Not an address. It does not repeat the text, in which somebody may have put a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not an address of a bank, such as http://127.0.0.1:50052, without name or password"
)]
pub struct BankAddressError;

impl BankAddress {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<BankAddress, BankAddressError> {
        let endpoint = Endpoint::from_shared(text.to_owned()).map_err(|_| BankAddressError)?;
        let uri = endpoint.uri();
        let authority = uri.authority().ok_or(BankAddressError)?;
        let has_good_port =
            authority.port_u16().is_some() || authority.as_str() == authority.host();
        let leads_inside = uri.path_and_query().is_some_and(|path| path.as_str() != "/");
        if uri.scheme_str() != Some("http") || !has_good_port || leads_inside || text.contains('@')
        {
            return Err(BankAddressError);
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
    use bancada_fuzz::mistypings;

    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        assert!(BankAddress::parse("http://bank:50052").is_ok());
        for bad in
            ["", "127.0.0.1:50052", "ftp://bank:1", "http://", "bank", "http://b:x", "http://b/x"]
        {
            let error = BankAddress::parse(bad).unwrap_err();
            assert!(error.to_string().contains("http://127.0.0.1:50052"), "{error}");
        }
    }

    #[test]
    fn nothing_that_is_said_of_a_mistyped_address_holds_a_password() {
        let password = "s3cr3tPass";
        for text in mistypings("http://me:s3cr3tPass@bank:50052", password) {
            let said = match BankAddress::parse(&text) {
                Ok(address) => format!("{address:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!said.contains(password), "{text}: {said}");
        }
    }
}
