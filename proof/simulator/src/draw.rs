//! Draws: all that is left to chance, from the seed.

use bancada_kernel::{EventId, PaymentId};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use uuid::Uuid;

/// What a draw is for. Each has a stream of its own, so that a fault that is left out does not
/// change what is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Work,
    Network,
    Faults,
    Delivery,
    Ids,
    Shards,
}

/// One stream. ChaCha is specified to the bit and the rest is here, so that a seed means the same
/// with every version of every library.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64, stream: Stream) -> Draw {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(stream as u64);
        Draw(random)
    }

    /// From 0 to one less than `n`, which is not 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * (n as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these, which are not none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.0.next_u64(), self.0.next_u64())
    }

    pub(crate) fn event_id(&mut self) -> EventId {
        EventId::new(self.uuid())
    }

    pub(crate) fn payment_id(&mut self) -> PaymentId {
        PaymentId::new(self.uuid())
    }
}
