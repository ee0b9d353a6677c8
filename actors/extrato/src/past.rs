//! Whether the Bank still has the past that was read of it.
//!
//! A Bank that lost the end of its journal gives the same positions to other events. A feed of the
//! Bank's own is told at its opening what was read last, and refuses. A broker is not: it goes on
//! with whatever the Bank hands to it. So each event is held against what was read at its position
//! before, and the Bank is asked again and again whether it has what was read.

use std::collections::BTreeMap;

use bancada_kernel::{EventHash, Shard};

use crate::ports::{Reached, SourceRecord};

/// Positions of each shard that are remembered: more than a broker delivers out of order.
const N_REMEMBERED: usize = 4_096;

/// The events that were read last, by their positions.
#[derive(Clone, Debug, Default)]
pub struct ReadEvents {
    read: BTreeMap<Shard, BTreeMap<u64, EventHash>>,
}

/// There is another event where one was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event at position {} is another one than was read there before", .read.position)]
pub struct OtherEvent {
    /// The one that was read before.
    pub read: Reached,
}

impl ReadEvents {
    /// What is known of a past that was read up to here.
    pub fn up_to(reached: &[Reached]) -> ReadEvents {
        let mut events = ReadEvents::default();
        for Reached { position, event } in reached {
            if let Some(event) = event {
                events.of_shard(*position).insert(*position, *event);
            }
        }
        events
    }

    /// Remembers what records say. At the first one that does not fit, nothing of them may be
    /// applied.
    pub fn follow(&mut self, records: &[SourceRecord]) -> Result<(), OtherEvent> {
        for event in records.iter().filter_map(|record| record.event.as_ref().ok()) {
            let (position, hash) = (event.position, event.hash());
            let of_shard = self.of_shard(position);
            match of_shard.insert(position, hash) {
                Some(read) if read != hash => {
                    of_shard.insert(position, read);
                    return Err(OtherEvent { read: Reached { position, event: Some(read) } });
                }
                _ if of_shard.len() > N_REMEMBERED => drop(of_shard.pop_first()),
                _ => {}
            }
        }
        Ok(())
    }

    fn of_shard(&mut self, position: u64) -> &mut BTreeMap<u64, EventHash> {
        self.read.entry(Shard::of_position(position)).or_default()
    }
}

/// What the Bank has yet to confirm.
///
/// What was reached last is not enough: it may already be of another past. What was confirmed last,
/// and where reading began, are of the one that the rows have.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    pinned: Vec<Reached>,
}

impl Proof {
    /// What the Bank is asked whether it has, once this was reached.
    pub fn asked(&mut self, reached: &[Reached]) -> Vec<Reached> {
        if self.pinned.is_empty() {
            self.pinned = reached.to_vec();
        }
        let news = reached.iter().filter(|reached| !self.pinned.contains(reached));
        self.pinned.iter().chain(news).copied().collect()
    }

    /// It is asked for this event as well, until it has confirmed it.
    pub fn doubt(&mut self, read: Reached) {
        self.pinned.push(read);
    }

    /// The Bank has all that it was asked for.
    pub fn confirmed(&mut self, reached: Vec<Reached>) {
        self.pinned = reached;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::history::History;

    fn reached(record: &SourceRecord) -> Reached {
        let event = record.event.as_ref().unwrap();
        Reached { position: event.position, event: Some(event.hash()) }
    }

    #[test]
    fn another_event_at_a_position_is_seen_and_the_same_one_again_is_not() {
        let (ours, other) = (History::of_purchases(1, 9), History::of_purchases(2, 9));
        let (ours, other) = (ours.records(), other.records());
        let mut events = ReadEvents::up_to(&[reached(&ours[4])]);
        assert_eq!(events.follow(&ours[2..8]), Ok(()));
        assert_eq!(events.follow(&ours), Ok(()));
        // Out of order, as from the partitions of a broker.
        assert_eq!(events.follow(&other[9..]), Err(OtherEvent { read: reached(&ours[9]) }));
        // What was read stays what it is held against.
        assert_eq!(events.follow(&other[3..5]), Err(OtherEvent { read: reached(&ours[3]) }));
        assert_eq!(events.follow(&ours[3..5]), Ok(()));
        let mut fresh = ReadEvents::up_to(&[reached(&ours[4])]);
        assert_eq!(fresh.follow(&other[..4]), Ok(()), "nobody knows of these");
        assert_eq!(fresh.follow(&other), Err(OtherEvent { read: reached(&ours[4]) }));
    }

    #[test]
    fn no_more_than_the_last_events_of_each_shard_are_remembered() {
        let history = History::of_purchases(1, N_REMEMBERED + 10);
        let mut events = ReadEvents::default();
        events.follow(&history.records()).unwrap();
        let (_, of_shard) = events.read.iter().next().unwrap();
        assert_eq!((events.read.len(), of_shard.len()), (1, N_REMEMBERED));
        assert_eq!(
            of_shard.last_key_value().unwrap().0,
            &history.records().last().map(reached).unwrap().position
        );
    }

    #[test]
    fn what_was_confirmed_last_is_asked_for_until_more_is() {
        let records = History::of_purchases(1, 9).records();
        let [first, second, third] = [2, 5, 8].map(|n| reached(&records[n]));
        let mut proof = Proof::default();
        assert_eq!(proof.asked(&[first]), [first]);
        // Nobody answered, and reading went on.
        assert_eq!(proof.asked(&[second]), [first, second]);
        proof.confirmed(vec![second]);
        assert_eq!(proof.asked(&[second]), [second]);
        proof.doubt(first);
        assert_eq!(proof.asked(&[third]), [second, first, third]);
        proof.confirmed(vec![third]);
        assert_eq!(proof.asked(&[third]), [third]);
    }
}
