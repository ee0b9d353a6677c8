//! Who else in the data directory knows what the Bank had answered.
//!
//! They are asked at each start, before anybody is answered. What cannot be read knows nothing: the
//! one whose it is says so itself.

use std::path::PathBuf;
use std::sync::Arc;

use bancada_bank::ports::{DeliveryCursor, Witnesses};
use bancada_bank::proof::{Knowledge, Witness};
use bancada_database::{orders, statement};
use bancada_kernel::{Shard, ShardCount};

/// Orders that are looked at: what was lost is at the end.
const ORDERS: usize = 1_000;

/// The services beside the Bank, and its own outbox.
pub(crate) struct Neighbours {
    pub(crate) data: PathBuf,
    /// Whose journal is asked about, of how many.
    pub(crate) shard: Shard,
    pub(crate) count: ShardCount,
    /// How far events were delivered to a broker, where there is one.
    pub(crate) cursor: Option<Arc<dyn DeliveryCursor>>,
}

impl Witnesses for Neighbours {
    fn hear(&self) -> Vec<Witness> {
        [self.statement(), self.shop(), self.outbox()].concat()
    }
}

impl Neighbours {
    fn statement(&self) -> Vec<Witness> {
        let file = self.data.join("extrato").join(statement::FILE);
        let reached = statement::reached_in(&file).unwrap_or_else(|error| {
            tracing::warn!(%error, "the statement does not say what it knows of the journal");
            Vec::new()
        });
        let of_shard =
            reached.into_iter().filter(|it| Shard::of_position(it.position) == self.shard);
        let knows = of_shard.map(|it| Knowledge::Event(Shard::in_journal(it.position), it.event));
        witnesses(format!("the statement in {}", file.display()), knows)
    }

    fn shop(&self) -> Vec<Witness> {
        let file = self.data.join("checkout").join(orders::FILE);
        let paid = orders::payments_in(&file, ORDERS).unwrap_or_else(|error| {
            tracing::warn!(%error, "the shop does not say what it knows of the journal");
            Vec::new()
        });
        let of_shard = paid.into_iter().filter(|id| self.count.of_payment(*id) == Some(self.shard));
        let knows = of_shard.map(Knowledge::Payment);
        witnesses(format!("the shop in {}", file.display()), knows)
    }

    fn outbox(&self) -> Vec<Witness> {
        // A database that is away is told by the journal in it.
        let delivered = self.cursor.as_ref().and_then(|cursor| cursor.load().ok());
        let who = "the note of what was delivered to the broker".to_owned();
        // Outside the journal, a position names its shard as well.
        let knows = delivered.map(|position| Knowledge::Event(Shard::in_journal(position), None));
        witnesses(who, knows.into_iter())
    }
}

fn witnesses(who: String, knows: impl Iterator<Item = Knowledge>) -> Vec<Witness> {
    knows.map(|knows| Witness { who: who.clone(), knows }).collect()
}

#[cfg(test)]
mod tests {
    use bancada_bank::ports::JournalError;

    use super::*;

    /// A note of what was delivered.
    struct Delivered(u64);

    impl DeliveryCursor for Delivered {
        fn load(&self) -> Result<u64, JournalError> {
            Ok(self.0)
        }

        fn save(&self, _: u64) -> Result<(), JournalError> {
            Ok(())
        }
    }

    #[test]
    fn a_shards_journal_is_asked_for_positions_as_it_counts_them() {
        let directory = tempfile::tempdir().unwrap();
        let count = ShardCount::new(2).unwrap();
        for shard in count.shards() {
            let cursor: Arc<dyn DeliveryCursor> = Arc::new(Delivered(shard.position(7)));
            let data = directory.path().to_owned();
            let neighbours = Neighbours { data, shard, count, cursor: Some(cursor) };
            let knows: Vec<_> = neighbours.hear().into_iter().map(|it| it.knows).collect();
            assert_eq!(knows, [Knowledge::Event(7, None)]);
        }
    }
}
