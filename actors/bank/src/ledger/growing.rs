//! Collections of millions that grow a little at a time.
//!
//! A vector or a table that doubles moves everything it has, into memory that is touched for the
//! first time: with a million payments that takes longer than a hundred commits, and all who pay
//! meanwhile wait for it.

use std::collections::VecDeque;

use hashbrown::HashTable;

/// Values in one segment.
const SEGMENT: usize = 4_096;
/// Parts of a table: with a million values a thousand are in one.
const N_PARTS: usize = 1_024;

/// A queue in segments, which stay where they are.
#[derive(Clone, Debug)]
pub(super) struct Queue<T> {
    /// All have had as many values as fit, but for the last.
    segments: VecDeque<VecDeque<T>>,
    /// Values that the first segment has lost.
    n_lost: usize,
    len: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue { segments: VecDeque::new(), n_lost: 0, len: 0 }
    }
}

/// Equal for equal values in the same order, wherever the segments begin.
impl<T: PartialEq> PartialEq for Queue<T> {
    fn eq(&self, other: &Queue<T>) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for Queue<T> {}

impl<T> Queue<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn front(&self) -> Option<&T> {
        self.segments.front()?.front()
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        let (segment, index) = self.place(index);
        self.segments.get(segment)?.get(index)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let (segment, index) = self.place(index);
        self.segments.get_mut(segment)?.get_mut(index)
    }

    pub(super) fn push_back(&mut self, value: T) {
        let (segment, _) = self.place(self.len);
        if segment == self.segments.len() {
            self.segments.push_back(VecDeque::with_capacity(SEGMENT));
        }
        self.segments[segment].push_back(value);
        self.len += 1;
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        let value = self.segments.front_mut()?.pop_front()?;
        self.len -= 1;
        self.n_lost += 1;
        if self.n_lost == SEGMENT {
            self.segments.pop_front();
            self.n_lost = 0;
        }
        Some(value)
    }

    /// From the oldest on.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.segments.iter().flatten()
    }

    #[cfg(test)]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.segments.iter_mut().flatten()
    }

    /// The segment, and the place in it.
    fn place(&self, index: usize) -> (usize, usize) {
        let place = index + self.n_lost;
        match place / SEGMENT {
            0 => (0, index),
            segment => (segment, place % SEGMENT),
        }
    }
}

/// A hash table in parts, each of which grows for itself.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    parts: Box<[HashTable<T>]>,
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table { parts: (0..N_PARTS).map(|_| HashTable::new()).collect() }
    }
}

impl<T> Table<T> {
    /// The part where a value with this hash is.
    pub(super) fn part(&self, hash: u64) -> &HashTable<T> {
        &self.parts[part(hash)]
    }

    pub(super) fn part_mut(&mut self, hash: u64) -> &mut HashTable<T> {
        &mut self.parts[part(hash)]
    }

    /// Makes room for this many more. Chance gives some parts more than their share.
    pub(super) fn reserve(&mut self, n_more: usize, hash: impl Fn(&T) -> u64) {
        let share = n_more / N_PARTS;
        for part in &mut self.parts {
            part.reserve(share + share / 8, &hash);
        }
    }
}

/// By bits that a table of some thousand values does not use itself: it has its places from the
/// lowest and its tags from the highest.
fn part(hash: u64) -> usize {
    const _: () = assert!(N_PARTS.is_power_of_two());
    usize::from((hash >> 40) as u16) % N_PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a queue is to be.
    fn check(queue: &Queue<usize>, expected: &VecDeque<usize>) {
        assert_eq!(queue.len(), expected.len());
        assert_eq!(queue.front(), expected.front());
        assert!(queue.iter().eq(expected));
        for index in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, expected.len().saturating_sub(1)] {
            assert_eq!(queue.get(index), expected.get(index), "{index} of {}", expected.len());
        }
        assert_eq!(queue.get(expected.len()), None);
    }

    #[test]
    fn a_queue_is_one_queue_across_its_segments() {
        let (mut queue, mut expected) = (Queue::default(), VecDeque::new());
        // Ends in the middle of segments and between them, and runs empty.
        for (n_more, n_fewer) in [
            (1, 0),
            (SEGMENT - 1, 1),
            (2 * SEGMENT, SEGMENT - 1),
            (7, SEGMENT),
            (0, SEGMENT + 9),
            (SEGMENT, 1),
        ] {
            for value in 0..n_more {
                queue.push_back(value);
                expected.push_back(value);
            }
            check(&queue, &expected);
            for _ in 0..n_fewer {
                assert_eq!(queue.pop_front(), expected.pop_front());
            }
            check(&queue, &expected);
        }
        *queue.get_mut(1).unwrap() = 77;
        expected[1] = 77;
        check(&queue, &expected);
    }

    #[test]
    fn what_a_queue_has_is_never_moved() {
        let mut queue = Queue::default();
        queue.push_back(0);
        let first: *const usize = queue.front().unwrap();
        (1..10 * SEGMENT).for_each(|value| queue.push_back(value));
        assert!(std::ptr::eq(first, queue.front().unwrap()));
    }

    #[test]
    fn equal_queues_are_equal_wherever_their_segments_begin() {
        let queue = |values: std::ops::Range<usize>, n_lost: usize| {
            let mut queue = Queue::default();
            values.for_each(|value| queue.push_back(value));
            (0..n_lost).for_each(|_| assert!(queue.pop_front().is_some()));
            queue
        };
        assert_eq!(queue(0..SEGMENT + 5, 4), queue(4..SEGMENT + 5, 0));
        assert_ne!(queue(0..5, 1), queue(0..5, 0));
        assert_ne!(queue(0..5, 0), queue(1..6, 0));
    }

    #[test]
    fn room_is_made_in_each_part_for_its_share_and_an_eighth_more() {
        let mut table = Table::<u64>::default();
        table.reserve(112 * N_PARTS, |value| *value);
        for part in &table.parts {
            // A hash table has a power of two of places, and fills seven of eight.
            assert!((126..=224).contains(&part.capacity()), "room for {}", part.capacity());
        }
    }

    #[test]
    fn values_are_spread_over_the_parts_of_a_table() {
        let mut table = Table::default();
        let hash = |value: &u64| value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let n_values = 100 * N_PARTS as u64;
        table.reserve(100 * N_PARTS, hash);
        for value in 0..n_values {
            table.part_mut(hash(&value)).insert_unique(hash(&value), value, hash);
        }
        let fullest = table.parts.iter().map(HashTable::len).max().unwrap();
        assert!(fullest < 200, "{fullest} in one part where 100 would be even");
        for value in 0..n_values {
            assert_eq!(
                table.part(hash(&value)).find(hash(&value), |it| *it == value),
                Some(&value)
            );
        }
    }
}
