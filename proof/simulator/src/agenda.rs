//! What is to happen, by the time at which it does.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Events in the order of their time; those of one time in the order in which they were put in.
pub(crate) struct Agenda<E> {
    due: BinaryHeap<Reverse<Due<E>>>,
    n_put: u64,
    now_ms: i64,
}

struct Due<E> {
    at_ms: i64,
    n: u64,
    event: E,
}

impl<E> Agenda<E> {
    pub(crate) fn new() -> Agenda<E> {
        Agenda { due: BinaryHeap::new(), n_put: 0, now_ms: 0 }
    }

    /// The time that has passed since the start of the run. It only goes forward.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    pub(crate) fn put(&mut self, in_ms: i64, event: E) {
        self.n_put += 1;
        let at_ms = self.now_ms + in_ms.max(0);
        self.due.push(Reverse(Due { at_ms, n: self.n_put, event }));
    }

    /// The next event, and its time comes.
    pub(crate) fn next(&mut self) -> Option<E> {
        let Reverse(due) = self.due.pop()?;
        self.now_ms = due.at_ms;
        Some(due.event)
    }
}

impl<E> Ord for Due<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at_ms, self.n).cmp(&(other.at_ms, other.n))
    }
}

impl<E> PartialOrd for Due<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Due<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Due<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_by_turn() {
        let mut agenda = Agenda::new();
        for (in_ms, event) in [(5, 'c'), (1, 'a'), (5, 'd'), (1, 'b')] {
            agenda.put(in_ms, event);
        }
        let mut found = String::new();
        while let Some(event) = agenda.next() {
            found.push(event);
            if event == 'b' {
                agenda.put(9, 'e');
            }
        }
        assert_eq!((found.as_str(), agenda.now_ms()), ("abcde", 10));
    }
}
