//! Reading records one after the other, whatever database they come from.

use bancada_bank::ledger::Entry;
use bancada_bank::ports::JournalError;

use crate::record::{self, RecordError};

/// How far a journal has been read.
pub struct Replay {
    after: u64,
    expected: Option<u64>,
}

impl Replay {
    /// Hands over what comes after a position.
    pub fn after(after: u64) -> Replay {
        Replay { after, expected: None }
    }

    /// Reads the next record, which begins at the position `first`; false when `each` has enough.
    ///
    /// # Errors
    /// When the record is damaged, of a newer version, or not the one that follows.
    pub fn read(
        &mut self,
        first: u64,
        bytes: &[u8],
        each: &mut dyn FnMut(Entry) -> bool,
    ) -> Result<bool, JournalError> {
        let damaged = |what: String| {
            JournalError::Damaged(format!("the record at position {first} is unusable: {what}"))
        };
        let entries = record::decode(bytes).map_err(|error| match error {
            RecordError::Version(_) => JournalError::Newer(format!("position {first}: {error}")),
            error => damaged(error.to_string()),
        })?;
        // The first record that is read may begin before what is asked for, and never behind it.
        let missing = match self.expected {
            Some(expected) => (expected != first).then_some(expected),
            None => (first > self.after.saturating_add(1)).then_some(self.after + 1),
        };
        if let Some(missing) = missing {
            return Err(damaged(format!("position {missing} is missing before it")));
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
    pub fn expected(&self) -> Option<u64> {
        self.expected
    }
}
