//! A journal in memory, whose faults the test decides.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{EventHistory, JournalError, JournalOpener, JournalStore};

/// What the next appends do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// It takes everything.
    Well,
    /// It has no room.
    Full,
    /// It fails.
    Broken,
    /// Appends wait until the disk is something else.
    Stuck,
    /// Reads wait as well.
    Frozen,
    /// The thread panics at the next append, before anything is written; then the disk is well.
    Panicking,
}

/// What became of the connection to it, as if it had one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It is there.
    Open,
    /// It is gone, and can be made again.
    Cut,
    /// Cut, and it cannot be made again now.
    Away,
    /// Cut, and another bank writes meanwhile.
    TakenOver,
}

/// What would be on the disk; outlives every store and every bank.
#[derive(Clone)]
pub struct MemoryJournal(Arc<(Mutex<Content>, Condvar)>);

struct Content {
    entries: Vec<Entry>,
    n_appends: usize,
    /// Appends that found no room.
    n_refused: usize,
    /// How often somebody looked for room.
    n_probes: usize,
    /// After which positions it was replayed.
    replays: Vec<u64>,
    disk: Disk,
    connection: Connection,
}

impl MemoryJournal {
    /// Empty, on a disk that is well.
    pub fn new() -> MemoryJournal {
        let content = Content {
            entries: Vec::new(),
            n_appends: 0,
            n_refused: 0,
            n_probes: 0,
            replays: Vec::new(),
            disk: Disk::Well,
            connection: Connection::Open,
        };
        MemoryJournal(Arc::new((Mutex::new(content), Condvar::new())))
    }

    /// What the disk does from now on.
    pub fn set_disk(&self, disk: Disk) {
        self.0.0.lock().unwrap().disk = disk;
        self.0.1.notify_all();
    }

    /// What became of the connection.
    pub fn set_connection(&self, connection: Connection) {
        self.0.0.lock().unwrap().connection = connection;
    }

    /// Whether the connection is there.
    pub fn is_connected(&self) -> bool {
        self.0.0.lock().unwrap().connection == Connection::Open
    }

    /// Every entry that is durable.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.0.lock().unwrap().entries.clone()
    }

    /// How many entries are durable.
    pub fn n_entries(&self) -> usize {
        self.0.0.lock().unwrap().entries.len()
    }

    /// After which positions it was replayed so far.
    pub fn replays(&self) -> Vec<u64> {
        self.0.0.lock().unwrap().replays.clone()
    }

    /// Loses what comes after a position, as when a backup is put back in place.
    pub fn cut_after(&self, position: usize) {
        self.0.0.lock().unwrap().entries.truncate(position);
    }

    /// How many appends succeeded.
    pub fn n_appends(&self) -> usize {
        self.0.0.lock().unwrap().n_appends
    }
}

impl Default for MemoryJournal {
    fn default() -> MemoryJournal {
        MemoryJournal::new()
    }
}

impl MemoryJournal {
    /// The content, once the disk is what is waited for.
    fn once(&self, is_it: impl Fn(Disk) -> bool) -> MutexGuard<'_, Content> {
        let content = self.0.0.lock().unwrap();
        self.0.1.wait_while(content, |it| !is_it(it.disk)).unwrap()
    }

    /// Appends that found no room, and how often somebody looked for it.
    pub fn n_refused_and_probes(&self) -> (usize, usize) {
        let content = self.0.0.lock().unwrap();
        (content.n_refused, content.n_probes)
    }
}

impl JournalOpener for MemoryJournal {
    fn open(&self) -> Result<Box<dyn JournalStore>, JournalError> {
        Ok(Box::new(self.clone()))
    }
}

impl JournalStore for MemoryJournal {
    fn replay(&mut self, after: u64, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError> {
        let mut content = self.once(|disk| disk != Disk::Frozen);
        content.replays.push(after);
        let entries = content.entries.clone();
        drop(content);
        entries.into_iter().filter(|entry| entry.event.position > after).for_each(each);
        Ok(())
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut content = self.once(|disk| !matches!(disk, Disk::Stuck | Disk::Frozen));
        match content.disk {
            Disk::Well => {}
            Disk::Full => {
                content.n_refused += 1;
                return Err(JournalError::Full);
            }
            Disk::Broken => return Err(JournalError::Failed("the disk is broken".to_owned())),
            Disk::Stuck | Disk::Frozen => unreachable!("it was waited for"),
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
        content.n_appends += 1;
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        let mut content = self.0.0.lock().unwrap();
        content.n_probes += 1;
        content.disk == Disk::Well
    }

    fn has_ended(&mut self) -> bool {
        self.0.0.lock().unwrap().connection != Connection::Open
    }

    fn resume(&mut self) -> Result<bool, JournalError> {
        let mut content = self.0.0.lock().unwrap();
        match content.connection {
            Connection::TakenOver => Err(JournalError::Failed("it is another bank's".to_owned())),
            Connection::Away => Ok(false),
            Connection::Open | Connection::Cut => {
                content.connection = Connection::Open;
                Ok(true)
            }
        }
    }
}

impl EventHistory for MemoryJournal {
    fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let entries = MemoryJournal::entries(self).into_iter();
        Ok(entries.filter(|entry| entry.event.position > after).take(limit).collect())
    }
}
