//! Where a server is.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use reqwest::Url;

/// An address such as `http://localhost:9200`, with the name and the password that the server
/// asks for, if any: `http://NAME:PASSWORD@localhost:9200`. Whoever prints it sees no password.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpAddress(Url);

/// Why a text is no such address. It does not repeat the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHttpAddress {
    /// It is no URL.
    #[error("not a URL ({0}); write http://HOST:PORT")]
    NotAUrl(String),
    /// It is a URL of another kind.
    #[error("only http is spoken here; for https, put a proxy on this machine in between")]
    OtherScheme,
    /// It leads somewhere inside.
    #[error("write the address alone, without ? and #")]
    NotAlone,
    /// A password with a `/` in it ends the host before the `@` that was meant to.
    #[error("an @ is where none can be; in a password, / is written %2F and @ is %40")]
    NotEscaped,
}

impl HttpAddress {
    /// The URL of a path below this address. The path begins with `/`.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.bare())
    }

    /// The same with the name and the password, for a client that makes a header of them. Not to be
    /// shown to anybody.
    pub fn at_with_credentials(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// Without name and password, and without `/` at the end.
    pub(crate) fn bare(&self) -> String {
        let mut url = self.0.clone();
        // An http address has a host, so neither can fail.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// The name and the password.
    pub(crate) fn credentials(&self) -> Option<(String, String)> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let name = self.0.username();
        let password = self.0.password().unwrap_or_default();
        (!name.is_empty()).then(|| (decoded(name), decoded(password)))
    }
}

impl FromStr for HttpAddress {
    type Err = BadHttpAddress;

    fn from_str(text: &str) -> Result<HttpAddress, BadHttpAddress> {
        let url = Url::parse(text).map_err(|error| BadHttpAddress::NotAUrl(error.to_string()))?;
        if url.scheme() != "http" {
            return Err(BadHttpAddress::OtherScheme);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BadHttpAddress::NotAlone);
        }
        if url.path().contains('@') {
            return Err(BadHttpAddress::NotEscaped);
        }
        Ok(HttpAddress(url))
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.bare())
    }
}

impl fmt::Debug for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use bancada_fuzz::mistypings;

    use super::*;

    #[test]
    fn an_address_leads_to_paths_and_shows_no_password() {
        let address: HttpAddress = "http://elastic:p%40ss@localhost:9200/es/".parse().unwrap();
        assert_eq!(address.at("/_count"), "http://localhost:9200/es/_count");
        assert_eq!(address.credentials(), Some(("elastic".to_owned(), "p@ss".to_owned())));
        assert_eq!(format!("{address} {address:?}").matches("p%40ss").count(), 0);
        let plain: HttpAddress = "http://localhost:9200".parse().unwrap();
        assert_eq!(
            (plain.to_string().as_str(), plain.credentials()),
            ("http://localhost:9200", None)
        );
    }

    #[test]
    fn what_is_no_address_is_refused_before_anything_is_asked() {
        for bad in ["", "localhost:9200", "https://localhost:9200", "http://h:1/?x", "http://h#x"] {
            assert!(bad.parse::<HttpAddress>().is_err(), "{bad}");
        }
        let told = "https://elastic:secret@h".parse::<HttpAddress>().unwrap_err().to_string();
        assert!(!told.contains("secret"), "{told}");
    }

    #[test]
    fn nothing_that_is_said_of_a_mistyped_address_holds_its_password() {
        let password = "s3cr3tPass";
        for text in mistypings("http://elastic:s3cr3tPass@localhost:9200/es", password) {
            let said = match text.parse::<HttpAddress>() {
                Ok(address) => format!("{address} {address:?} {}", address.at("/_count")),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!said.contains(password), "{text}: {said}");
        }
        let slip = "http://elastic:9/s3cr3tPass@localhost:9200".parse::<HttpAddress>();
        assert_eq!(slip, Err(BadHttpAddress::NotEscaped));
    }
}
