//! Turns card numbers into tokens and requests into hashes, with a key that stays in the Bank.

use bancada_kernel::{CardNumber, CardToken};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ledger::BodyHash;

const HEX_DIGITS: [u8; 16] = *b"0123456789abcdef";

/// The Bank's secret. A token or a body hash is an HMAC-SHA-256 under it: a plain hash of a card
/// number can be reversed by trying all of them (PCI DSS 4.0.1, 3.5.1.1).
#[derive(Clone)]
pub struct Vault {
    key: Zeroizing<[u8; 32]>,
}

impl Vault {
    /// A vault with a key that must not change: tokens are made with it.
    pub fn new(key: [u8; 32]) -> Vault {
        Vault { key: Zeroizing::new(key) }
    }

    /// What stands for a card everywhere outside this vault.
    pub fn token(&self, number: &CardNumber) -> CardToken {
        let digest = self.digest(b"card", &[number.expose().as_bytes()]);
        let mut token = [0; 37];
        token[..5].copy_from_slice(b"card_");
        for (pair, byte) in token[5..].chunks_exact_mut(2).zip(digest) {
            pair[0] = HEX_DIGITS[usize::from(byte >> 4)];
            pair[1] = HEX_DIGITS[usize::from(byte & 0xf)];
        }
        let token = std::str::from_utf8(&token).expect("hexadecimal digits are UTF-8");
        CardToken::parse(token).expect("hexadecimal digits are visible ASCII")
    }

    /// Of the parts of a request's body. The parts are framed, so that moving a letter from one
    /// to the next gives another hash.
    pub fn body_hash(&self, parts: &[&[u8]]) -> BodyHash {
        let mut hash = [0; 16];
        hash.copy_from_slice(&self.digest(b"body", parts)[..16]);
        BodyHash(hash)
    }

    /// Tells one key from another, and nothing of either.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.digest(b"fingerprint", &[])
    }

    fn digest(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.key).expect("HMAC takes a key of any length");
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_depends_on_the_number_and_the_key_and_shows_neither() {
        let number = CardNumber::parse("4242424242424242").unwrap();
        let other = CardNumber::parse("5555555555554444").unwrap();
        let vault = Vault::new([7; 32]);
        assert_eq!(vault.token(&number), vault.token(&number));
        assert_ne!(vault.token(&number), vault.token(&other));
        assert_ne!(vault.token(&number), Vault::new([8; 32]).token(&number));
        let token = vault.token(&number);
        assert!(!token.as_str().contains("4242"));
        let hex = token.as_str().strip_prefix("card_").unwrap();
        assert!(hex.len() == 32 && u128::from_str_radix(hex, 16).is_ok(), "{token}");
        assert_ne!(vault.fingerprint(), Vault::new([8; 32]).fingerprint());
    }

    #[test]
    fn parts_of_a_body_are_framed() {
        let vault = Vault::new([7; 32]);
        assert_ne!(vault.body_hash(&[b"ab", b"c"]), vault.body_hash(&[b"a", b"bc"]));
    }
}
