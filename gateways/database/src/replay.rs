//! Reading records one after the other, whatever database they come from.

use bancada_bank::ledger::Entry;
use bancada_bank::ports::JournalError;

use crate::record;

/// How far a journal has been read.
pub(crate) struct Replay {
    after: u64,
    expected: Option<u64>,
}

impl Replay {
    /// Hands over what comes after a position.
    pub(crate) fn after(after: u64) -> Replay {
        Replay { after, expected: None }
    }

    /// Reads the next record, which begins at the position `first`; false when `each` has enough.
    pub(crate) fn read(
        &mut self,
        first: u64,
        bytes: &[u8],
        each: &mut dyn FnMut(Entry) -> bool,
    ) -> Result<bool, JournalError> {
        let damaged = |what: String| {
            JournalError::Failed(format!("the record at position {first} is unusable: {what}"))
        };
        let entries = record::decode(bytes).map_err(|error| damaged(error.to_string()))?;
        if self.expected.is_some_and(|expected| expected != first) {
            return Err(damaged(format!("position {:?} is missing before it", self.expected)));
        }
        for (entry, position) in entries.into_iter().zip(first..) {
            if entry.event.position != position {
                return Err(damaged(format!("it holds position {}", entry.event.position)));
            }
            self.expected = Some(position + 1);
            if position > self.after && !each(entry) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where the next record begins; `None` before the first.
    pub(crate) fn expected(&self) -> Option<u64> {
        self.expected
    }
}
