//! Shards: the parts into which a Bank's cards are divided, each with a journal of its own.
//!
//! A position in a shard's journal runs from 1. Outside the Bank a position also names its shard,
//! in its high bits: so positions are unique at a Bank, and those of its first shard, which most
//! Banks have alone, are the journal's own.

use crate::ids::{CardToken, PaymentId};

/// Bits of a position that count within the shard: enough for 10,000 events per second for 440
/// years.
const POSITION_BITS: u32 = 47;
/// More would make positions that JavaScript's numbers do not hold (2^53).
const MAX_SHARDS: u16 = 64;

/// One shard, by its number from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u16);

/// How many shards a Bank has. It never changes: the number decides where a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardCount(u16);

/// Not a number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bank has 1 to {MAX_SHARDS} shards, not {0}")]
pub struct ShardCountError(u32);

impl ShardCountError {
    /// For a number that was counted.
    pub fn of(count: u32) -> ShardCountError {
        ShardCountError(count)
    }
}

impl ShardCount {
    /// What a Bank has if nothing else is said.
    pub const ONE: ShardCount = ShardCount(1);

    /// 1 to 64.
    pub fn new(count: u32) -> Result<ShardCount, ShardCountError> {
        match u16::try_from(count) {
            Ok(count @ 1..=MAX_SHARDS) => Ok(ShardCount(count)),
            _ => Err(ShardCountError(count)),
        }
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }

    /// Every shard.
    pub fn shards(self) -> impl Iterator<Item = Shard> {
        (0..self.0).map(Shard)
    }

    /// The shard of a card. A token is random already; FNV-1a (draft-eastlake-fnv) only makes a
    /// number of it, and must stay as it is.
    pub fn of_card(self, token: &CardToken) -> Shard {
        let hash = token.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.of_hash(hash)
    }

    /// A shard by any hash.
    pub fn of_hash(self, hash: u64) -> Shard {
        // Fibonacci hashing: FNV-1a hardly moves its middle bits for the last letters of a text.
        let shard = (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % u64::from(self.0);
        Shard(u16::try_from(shard).unwrap_or_default())
    }

    /// The shard of a payment that was decided by one of several: its id says so. `None` for an
    /// id that no shard gave.
    pub fn of_payment(self, id: PaymentId) -> Option<Shard> {
        if self.0 == 1 {
            return Some(Shard(0));
        }
        let [.., high, low] = *id.uuid().as_bytes();
        let shard = u16::from_be_bytes([high, low]);
        (shard < self.0).then_some(Shard(shard))
    }

    /// An id for a payment of this shard: the same, with the shard in its last two bytes where
    /// there are several. Of the 74 random bits of a UUID of version 7 (RFC 9562) 58 are left.
    pub fn payment_in(self, shard: Shard, id: PaymentId) -> PaymentId {
        if self.0 == 1 {
            return id;
        }
        let mut bytes = *id.uuid().as_bytes();
        bytes[14..].copy_from_slice(&shard.0.to_be_bytes());
        PaymentId::new(uuid::Uuid::from_bytes(bytes))
    }
}

impl Shard {
    /// The first one.
    pub const FIRST: Shard = Shard(0);

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// A position of its journal, as it is known outside.
    pub fn position(self, in_journal: u64) -> u64 {
        u64::from(self.0) << POSITION_BITS | in_journal
    }

    /// The shard of a position.
    pub fn of_position(position: u64) -> Shard {
        Shard(u16::try_from(position >> POSITION_BITS).unwrap_or(u16::MAX))
    }

    /// A position as the journal of its shard counts.
    pub fn in_journal(position: u64) -> u64 {
        position & ((1 << POSITION_BITS) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> CardToken {
        CardToken::parse(text).unwrap()
    }

    #[test]
    fn positions_name_their_shard_and_those_of_the_first_are_the_journals_own() {
        assert_eq!(Shard::FIRST.position(42), 42);
        for shard in ShardCount::new(64).unwrap().shards() {
            let position = shard.position(1_000_000_007);
            assert_eq!(Shard::of_position(position), shard);
            assert_eq!(Shard::in_journal(position), 1_000_000_007);
            assert!(position < 1 << 53, "a number of JavaScript");
        }
    }

    #[test]
    fn cards_are_spread_evenly_and_stay_where_they_are() {
        let four = ShardCount::new(4).unwrap();
        let mut n_cards = [0; 4];
        for n in 0..4_000_u128 {
            let token = token(&format!("card_{:032x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            n_cards[usize::from(four.of_card(&token).number())] += 1;
        }
        assert!(n_cards.iter().all(|n| (800..1_200).contains(n)), "{n_cards:?}");
        let known = ["card_1", "card_2", "card_3", "card_4", "card_5"].map(token);
        assert_eq!(known.each_ref().map(|it| four.of_card(it).number()), KNOWN);
        assert!(known.iter().all(|it| ShardCount::ONE.of_card(it) == Shard::FIRST));
    }

    /// Where cards are must not change with the program.
    const KNOWN: [u16; 5] = [3, 2, 2, 1, 0];

    #[test]
    fn a_payments_id_names_its_shard_where_there_are_several() {
        let id = PaymentId::parse("01936b4e-8f3a-7c21-9d5e-2b7f6a1c0d3e").unwrap();
        let three = ShardCount::new(3).unwrap();
        assert_eq!(three.of_payment(id), None, "of another bank");
        for shard in three.shards() {
            let id = three.payment_in(shard, id);
            assert_eq!(three.of_payment(id), Some(shard));
            assert!(id.to_string().starts_with("01936b4e-8f3a-7c21-9d5e-2b7f6a1c"));
        }
        assert_eq!(ShardCount::ONE.payment_in(Shard::FIRST, id), id);
        assert_eq!(ShardCount::ONE.of_payment(id), Some(Shard::FIRST));
    }

    #[test]
    fn a_bank_has_at_least_one_shard_and_at_most_so_many() {
        assert!(ShardCount::new(1).is_ok() && ShardCount::new(64).is_ok());
        for bad in [0, 65, u32::MAX] {
            assert_eq!(ShardCount::new(bad), Err(ShardCountError(bad)));
        }
    }
}
