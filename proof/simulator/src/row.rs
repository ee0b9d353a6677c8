//! A row with its checksum, as the stores keep them: written with it, and held against it whenever
//! it is read; and the total of a table, which tells of rows that are gone.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bancada_checkout::order::Order;
use bancada_extrato::statement::CardState;

use crate::evidence::Line;

/// What has a checksum.
pub(crate) trait Summed {
    /// The numbers of it that a disk may change.
    fn numbers(&self) -> [i64; 2];
}

/// A value, and the checksum that was written with it.
#[derive(Clone)]
pub(crate) struct Row<T> {
    pub(crate) value: T,
    sum: u64,
}

impl<T: Summed> Row<T> {
    pub(crate) fn new(value: T) -> Row<T> {
        let sum = sum(&value);
        Row { value, sum }
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }

    /// Whether it is what was written.
    pub(crate) fn is_whole(&self) -> bool {
        self.sum == sum(&self.value)
    }
}

fn sum(value: &impl Summed) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.numbers().hash(&mut hasher);
    hasher.finish()
}

/// The total of a table's checksums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Total(u64);

impl Total {
    /// With another row in the place of one, or of none.
    pub(crate) fn put<T: Summed>(&mut self, new: &Row<T>, old: Option<&Row<T>>) {
        let old = old.map_or(0, Row::sum);
        self.0 = self.0.wrapping_add(new.sum()).wrapping_sub(old);
    }

    /// Of these rows.
    pub(crate) fn of<'a, T: Summed + 'a>(rows: impl Iterator<Item = &'a Row<T>>) -> Total {
        Total(rows.map(Row::sum).fold(0, u64::wrapping_add))
    }
}

impl Summed for Line {
    fn numbers(&self) -> [i64; 2] {
        [self.position.cast_signed(), self.minor]
    }
}

impl Summed for CardState {
    fn numbers(&self) -> [i64; 2] {
        [self.position.cast_signed(), self.now.balance.minor]
    }
}

impl Summed for Order {
    fn numbers(&self) -> [i64; 2] {
        [self.updated_at.0, self.total.minor]
    }
}
