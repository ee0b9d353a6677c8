//! What stands for a request's body. The Bank's vault makes an HMAC of it; here it only has to
//! tell one body from another.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use bancada_bank::ledger::BodyHash;

pub(crate) fn body_hash(body: &impl Hash) -> BodyHash {
    let mut hash = [0; 16];
    for (half, which) in hash.chunks_mut(8).zip(0_u8..) {
        let mut hasher = DefaultHasher::new();
        (which, body).hash(&mut hasher);
        half.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    BodyHash(hash)
}
