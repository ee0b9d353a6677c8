//! What a statement that follows the topic would show, against what payers were told.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bancada_kafka::{Topic, TopicPast};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::payers::{Tally, Told};

/// Nothing new for so long: nothing more comes.
const QUIET_FOR: Duration = Duration::from_secs(3);
const READ_EVERY: Duration = Duration::from_millis(200);

/// What is wrong with the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// Approved payments that are nowhere.
    pub(super) lost: usize,
    /// Lines more than one of a payment.
    pub(super) duplicate: usize,
    /// Declined payments that a reader cannot tell from approved ones.
    pub(super) declined_as_bought: usize,
}

/// Of an event, what both systems have, and what tells a repetition and a decline.
#[derive(Deserialize)]
struct Event {
    description: String,
    /// The same in every copy of an event; the original has none.
    event_id: Option<String>,
    /// Newer editions of the original have it.
    status: Option<String>,
}

#[derive(Default)]
struct Seen {
    n_lines: usize,
    events: HashSet<String>,
    is_declined: bool,
}

/// Reads the topic until nothing more comes.
pub(super) async fn read(topic: &Topic, told: &Tally) -> anyhow::Result<Lines> {
    let mut past = TopicPast::new(topic.clone());
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let mut last = Instant::now();
    while last.elapsed() < QUIET_FOR {
        let records = past.read_on().await?;
        if records.is_empty() {
            sleep(READ_EVERY).await;
            continue;
        }
        last = Instant::now();
        for record in records {
            let Ok(event) = serde_json::from_slice::<Event>(&record.value) else { continue };
            if told.told.contains_key(&event.description) {
                seen.entry(event.description.clone()).or_default().add(event);
            }
        }
    }
    let unreadable = past.unreadable();
    anyhow::ensure!(unreadable.is_empty(), "the topic cannot be read: {unreadable:?}");
    Ok(judge(told, &seen))
}

impl Seen {
    fn add(&mut self, event: Event) {
        // A reader knows a copy again where it can.
        let is_new = event.event_id.is_none_or(|id| self.events.insert(id));
        self.n_lines += usize::from(is_new);
        self.is_declined |= event.status.as_deref() == Some("rejected");
    }
}

fn judge(told: &Tally, seen: &HashMap<String, Seen>) -> Lines {
    let mut lines = Lines::default();
    for (description, told) in &told.told {
        let found = seen.get(description);
        if *told == Told::Approved && found.is_none() {
            lines.lost += 1;
        }
        lines.duplicate += found.map_or(0, |found| found.n_lines.saturating_sub(1));
        if *told == Told::Declined && found.is_some_and(|found| !found.is_declined) {
            lines.declined_as_bought += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_doubled_and_misread_lines_are_counted() {
        let told = Tally::of(&[
            ("kept", Told::Approved),
            ("lost", Told::Approved),
            ("twice", Told::Approved),
            ("copied", Told::Approved),
            ("refused", Told::Declined),
            ("refused and said", Told::Declined),
            ("unknown", Told::Nothing),
        ]);
        let mut seen: HashMap<String, Seen> = HashMap::new();
        for (description, event_id, status) in [
            ("kept", None, None),
            ("twice", None, None),
            ("twice", None, None),
            ("copied", Some("1"), Some("approved")),
            ("copied", Some("1"), Some("approved")),
            ("refused", None, None),
            ("refused and said", None, Some("rejected")),
        ] {
            let event = Event {
                description: description.to_owned(),
                event_id: event_id.map(str::to_owned),
                status: status.map(str::to_owned),
            };
            seen.entry(description.to_owned()).or_default().add(event);
        }
        let expected = Lines { lost: 1, duplicate: 1, declined_as_bought: 1 };
        assert_eq!(judge(&told, &seen), expected);
    }
}
