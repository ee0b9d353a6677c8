//! Reads what no start reads: the journal before the snapshot that the ledger began with.
//!
//! A start from a snapshot is right whatever is damaged before it. But the journal is what an
//! audit, a new statement and a backup are made from, and damage there is better found by its
//! owner today than by whoever needs it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::ports::{EventHistory, JournalError};

/// Entries read at once: payments come first.
const PAGE_ENTRIES: usize = 4_096;

/// Reads the journal from its beginning up to a position; an error is what is wrong with it. Ends
/// early, and says nothing, when nobody wants to know any more.
pub(crate) fn scrub(
    history: &dyn EventHistory,
    up_to: u64,
    is_over: &AtomicBool,
) -> Result<(), JournalError> {
    let mut after = 0;
    while after < up_to && !is_over.load(Ordering::Acquire) {
        let left = usize::try_from(up_to - after).unwrap_or(usize::MAX);
        let page = history.entries(after, left.min(PAGE_ENTRIES))?;
        let Some(last) = page.last() else {
            let what = format!("nothing follows position {after}, and there was {up_to}");
            return Err(JournalError::Damaged(what));
        };
        after = last.event.position;
    }
    Ok(())
}
