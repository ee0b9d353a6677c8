//! What a topic has to be, as far as it matters to those who write and read it.
//!
//! How many copies there are of it, and how many of them must be in sync, is the cluster's to
//! decide (`default.replication.factor`, `min.insync.replicas`).

use std::collections::BTreeMap;

use rdkafka::admin::{NewTopic, TopicReplication};

/// Partitions, and settings by their names in Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) n_partitions: i32,
    pub(super) settings: &'static [(&'static str, &'static str)],
}

/// Records by card, for ever: who reads them catches up however long it was away. The partitions
/// are enough for several consumers in a group. Their number is never changed later: another one
/// would send a card's next record to another partition, past the order of its earlier ones.
pub(super) const BY_CARD: Shape = Shape {
    n_partitions: 6,
    settings: &[("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")],
};

/// Records for people to look at: 30 days.
pub(super) const TO_LOOK_AT: Shape = Shape {
    n_partitions: 1,
    settings: &[("cleanup.policy", "delete"), ("retention.ms", "2592000000")],
};

impl Shape {
    /// A topic of this shape, to be made.
    pub(super) fn new_topic<'a>(&self, name: &'a str) -> NewTopic<'a> {
        let topic = NewTopic::new(name, self.n_partitions, TopicReplication::Fixed(-1));
        self.settings.iter().fold(topic, |topic, (setting, value)| topic.set(setting, value))
    }

    /// In what a topic differs that is there, in words.
    pub(super) fn differences(
        &self,
        n_partitions: usize,
        settings: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let mut differences = Vec::new();
        if i32::try_from(n_partitions) != Ok(self.n_partitions) {
            let wanted = self.n_partitions;
            differences.push(format!("it has {n_partitions} partitions, not {wanted}"));
        }
        for (setting, wanted) in self.settings {
            let found = settings.get(*setting).map_or("", String::as_str);
            if found != *wanted {
                differences.push(format!("its {setting} is {found:?}, not {wanted:?}"));
            }
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named_and_nothing_else_matters() {
        let good = [
            ("cleanup.policy", "delete"),
            ("retention.ms", "-1"),
            ("retention.bytes", "-1"),
            ("min.insync.replicas", "2"),
        ];
        let with = |changes: &[(&str, &str)]| -> BTreeMap<String, String> {
            let all = good.iter().chain(changes);
            all.map(|(setting, value)| (String::from(*setting), String::from(*value))).collect()
        };
        for (n_partitions, changes, expected) in [
            (6, vec![], vec![]),
            (3, vec![], vec!["it has 3 partitions, not 6"]),
            (
                12,
                vec![("cleanup.policy", "compact"), ("retention.ms", "604800000")],
                vec![
                    "it has 12 partitions, not 6",
                    r#"its cleanup.policy is "compact", not "delete""#,
                    r#"its retention.ms is "604800000", not "-1""#,
                ],
            ),
            (6, vec![("retention.bytes", "1")], vec![r#"its retention.bytes is "1", not "-1""#]),
        ] {
            assert_eq!(BY_CARD.differences(n_partitions, &with(&changes)), expected);
        }
    }
}
