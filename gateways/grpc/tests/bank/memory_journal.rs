//! A journal in memory, whose faults the test decides.

use std::sync::{Arc, Condvar, Mutex};

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{EventHistory, JournalError, JournalOpener, JournalStore};

/// What the disk does with what is asked of it next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    Well,
    Full,
    Broken,
    /// Reads and writes wait until the disk is something else.
    Stuck,
    /// The thread panics at the next write, before anything is written; then the disk is well.
    Panicking,
}

/// What would be on the disk; outlives every store and every bank.
#[derive(Clone)]
pub(crate) struct MemoryJournal(Arc<(Mutex<Content>, Condvar)>);

struct Content {
    entries: Vec<Entry>,
    disk: Disk,
}

impl MemoryJournal {
    pub(crate) fn new() -> MemoryJournal {
        let content = Content { entries: Vec::new(), disk: Disk::Well };
        MemoryJournal(Arc::new((Mutex::new(content), Condvar::new())))
    }

    pub(crate) fn set_disk(&self, disk: Disk) {
        self.0.0.lock().unwrap().disk = disk;
        self.0.1.notify_all();
    }

    /// Every entry that is durable.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.0.lock().unwrap().entries.clone()
    }

    fn unstuck(&self) -> std::sync::MutexGuard<'_, Content> {
        let content = self.0.0.lock().unwrap();
        self.0.1.wait_while(content, |it| it.disk == Disk::Stuck).unwrap()
    }
}

impl JournalOpener for MemoryJournal {
    fn open(&self) -> Result<Box<dyn JournalStore>, JournalError> {
        Ok(Box::new(self.clone()))
    }
}

impl JournalStore for MemoryJournal {
    fn replay(&mut self, after: u64, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError> {
        let entries = self.unstuck().entries.clone();
        entries.into_iter().filter(|entry| entry.event.position > after).for_each(each);
        Ok(())
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut content = self.unstuck();
        match content.disk {
            Disk::Well => {}
            Disk::Full => return Err(JournalError::Full),
            Disk::Broken => return Err(JournalError::Failed("the disk is broken".to_owned())),
            Disk::Stuck => unreachable!("it was waited for"),
            Disk::Panicking => {
                content.disk = Disk::Well;
                drop(content);
                panic!("told to panic");
            }
        }
        for entry in entries {
            let next = content.entries.len() as u64 + 1;
            assert_eq!(entry.event.position, next, "positions have no gaps");
            content.entries.push(entry.clone());
        }
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        self.0.0.lock().unwrap().disk == Disk::Well
    }
}

impl EventHistory for MemoryJournal {
    fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let entries = MemoryJournal::entries(self).into_iter();
        Ok(entries.filter(|entry| entry.event.position > after).take(limit).collect())
    }
}
