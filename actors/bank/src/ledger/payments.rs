//! Every payment there ever was: in a row as they came, found by id through a table of numbers.
//!
//! A payment is some two hundred bytes and is kept for ever. A hash map of payments would keep
//! almost as many empty places of that size, and would move all of them whenever it grows.

use bancada_kernel::PaymentId;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::payment::Payment;

/// A payment's place in the row. It never changes, for none is ever removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PaymentNumber(pub(super) u32);

/// The payments, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Payments {
    rows: Vec<Payment>,
    by_id: HashTable<u32>,
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
        self.rows.reserve(n_more);
        let Payments { rows, by_id } = self;
        by_id.reserve(n_more, |number| hash(rows[*number as usize].id));
    }

    /// Adds a payment, or puts it in the place of the one with its id.
    pub(super) fn put(&mut self, payment: Payment) -> PaymentNumber {
        let next = u32::try_from(self.rows.len())
            .expect("memory ends long before the numbers do: a payment is not smaller than a byte");
        let (id, Payments { rows, by_id }) = (payment.id, self);
        let is_it = |number: &u32| rows[*number as usize].id == id;
        let rehash = |number: &u32| hash(rows[*number as usize].id);
        let number = match by_id.entry(hash(id), is_it, rehash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => *free.insert(next).get(),
        };
        match rows.get_mut(number as usize) {
            Some(row) => *row = payment,
            None => rows.push(payment),
        }
        PaymentNumber(number)
    }

    pub(super) fn number(&self, id: PaymentId) -> Option<PaymentNumber> {
        let is_it = |number: &u32| self.rows[*number as usize].id == id;
        self.by_id.find(hash(id), is_it).copied().map(PaymentNumber)
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

    pub(super) fn rows(&self) -> &[Payment] {
        &self.rows
    }

    #[cfg(test)]
    pub(super) fn rows_mut(&mut self) -> &mut [Payment] {
        &mut self.rows
    }
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
