//! Every payment there ever was: in a row as they came, found by id through a table of numbers.
//!
//! A payment is some two hundred bytes and is kept for ever. A hash map of payments would keep
//! almost as many empty places of that size, and would move all of them whenever it grows.

use bancada_kernel::PaymentId;
use hashbrown::hash_table::Entry;

use super::growing::{Queue, Table};
use super::payment::Payment;

/// A payment's place in the row. It never changes, for none is ever removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PaymentNumber(pub(super) u32);

/// The payments, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Payments {
    rows: Queue<Payment>,
    by_id: Table<u32>,
}

/// Equal for the same payments in the same order; the table follows from them.
impl PartialEq for Payments {
    fn eq(&self, other: &Payments) -> bool {
        self.rows == other.rows
    }
}

impl Eq for Payments {}

impl Payments {
    /// Makes room for this many more.
    pub(super) fn reserve(&mut self, n_more: usize) {
        let Payments { rows, by_id } = self;
        by_id.reserve(n_more, |number| hash_of(rows, *number));
    }

    /// Adds a payment, or puts it in the place of the one with its id.
    pub(super) fn put(&mut self, payment: Payment) -> PaymentNumber {
        let next = u32::try_from(self.rows.len())
            .expect("memory ends long before the numbers do: a payment is not smaller than a byte");
        let (id, Payments { rows, by_id }) = (payment.id, self);
        let hash = hash(id);
        let is_it = |number: &u32| has_id(rows, *number, id);
        let rehash = |number: &u32| hash_of(rows, *number);
        let number = match by_id.part_mut(hash).entry(hash, is_it, rehash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => *free.insert(next).get(),
        };
        match rows.get_mut(number as usize) {
            Some(row) => *row = payment,
            None => rows.push_back(payment),
        }
        PaymentNumber(number)
    }

    pub(super) fn number(&self, id: PaymentId) -> Option<PaymentNumber> {
        let (hash, is_it) = (hash(id), |number: &u32| has_id(&self.rows, *number, id));
        self.by_id.part(hash).find(hash, is_it).copied().map(PaymentNumber)
    }

    pub(super) fn get(&self, id: PaymentId) -> Option<&Payment> {
        self.at(self.number(id)?)
    }

    pub(super) fn get_mut(&mut self, id: PaymentId) -> Option<&mut Payment> {
        let PaymentNumber(number) = self.number(id)?;
        self.rows.get_mut(number as usize)
    }

    pub(super) fn at(&self, PaymentNumber(number): PaymentNumber) -> Option<&Payment> {
        self.rows.get(number as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Payment> {
        self.rows.iter()
    }

    #[cfg(test)]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Payment> {
        self.rows.iter_mut()
    }
}

fn has_id(rows: &Queue<Payment>, number: u32, id: PaymentId) -> bool {
    rows.get(number as usize).is_some_and(|row| row.id == id)
}

/// Of a number in the table, and so of a row that is there.
fn hash_of(rows: &Queue<Payment>, number: u32) -> u64 {
    rows.get(number as usize).map_or(0, |row| hash(row.id))
}

/// The Bank mints these ids itself, from time and chance, so that nobody can choose them to
/// collide: multiplying and folding the halves is enough, and a keyed hash would only be slower.
fn hash(id: PaymentId) -> u64 {
    let (high, low) = id.uuid().as_u64_pair();
    let product =
        u128::from(high ^ 0x9E37_79B9_7F4A_7C15) * u128::from(low ^ 0xD1B5_4A32_D192_ED03);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let folded = (product as u64) ^ ((product >> 64) as u64);
    folded
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ledger::fixture::Bench;

    fn of_sales(keys: [&str; 2]) -> Payments {
        let mut bench = Bench::with_card(1000);
        for key in keys {
            bench.authorize(&Bench::sale(key, 10)).unwrap();
        }
        bench.ledger.payments
    }

    #[test]
    fn payments_are_equal_if_they_are_the_same_in_the_same_order() {
        let payments = of_sales(["a", "b"]);
        assert_eq!(payments, of_sales(["a", "b"]));
        let mut changed = payments.clone();
        changed.iter_mut().nth(1).unwrap().captured_minor += 1;
        assert_ne!(payments, changed);
        let mut turned = Payments::default();
        let rows: Vec<_> = payments.iter().collect();
        for payment in rows.into_iter().rev() {
            turned.put(payment.clone());
        }
        assert_ne!(payments, turned);
    }

    /// A table takes the place from the lowest bits of the hash and a tag from the seven highest;
    /// bits between them say which part it is.
    #[test]
    fn ids_are_spread_over_the_table_whichever_of_their_bits_differ() {
        let an_id = Uuid::parse_str("019aa111-4111-7111-8111-a1b2c3d4e5f6").unwrap().as_u128();
        // Chance, random bits of either half, a shard's number, and milliseconds.
        for lowest in [0, 16, 40, 64, 80, 112] {
            let ids = (0..4_096_u128).map(|n| Uuid::from_u128(an_id ^ (n << lowest)));
            let hashes: Vec<u64> = ids.map(|id| hash(PaymentId::new(id))).collect();
            for (part, from) in [("place", 0), ("part", 40), ("tag", 57)] {
                let mut n_of = [0; 128];
                hashes.iter().for_each(|hash| n_of[(hash >> from) as usize % 128] += 1);
                let most = n_of.into_iter().max();
                assert!(most < Some(2 * 4_096 / 128), "{part} of ids from bit {lowest}: {most:?}");
            }
        }
    }
}
