//! Copies the log into the database beside the writer, so that no commit waits for it.
//!
//! SQLite's own checkpoints run inside a commit, once in a thousand pages, and take as long as
//! some hundred commits. Here a thread with a connection of its own does the copying. It cannot do
//! one thing: the log begins anew only when all of it is copied, and commits go on meanwhile. So
//! once the log is long the writer copies what is left, which is little.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode};

use crate::sqlite::{OpenError, is_full};

const PAGE_BYTES: usize = 4_096;
/// Pages after which they are copied: what SQLite takes by itself.
const COPY_EVERY: usize = 1_000;
/// Pages at which the log begins anew: a start reads them all.
const LONG_LOG: i64 = 8 * COPY_EVERY as i64;
/// Pages that are quickly copied by the writer.
const SMALL_REST: i64 = 64;
/// Copies of a long log in a row.
const MAX_COPIES: usize = 4;
/// Calls that a thread which gets no processor may leave unheard.
const MAX_UNHEARD: usize = 16;

/// The thread, and what it tells the writer.
pub(super) struct Checkpoints {
    /// Absent when it has been told to end.
    wake: Option<SyncSender<()>>,
    is_long: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Pages since the thread was last woken.
    n_pages: usize,
    /// Calls since it last took one.
    n_unheard: usize,
}

impl Checkpoints {
    /// Takes over from SQLite: `writer` copies nothing by itself from now on, `copier` does.
    pub(super) fn start(
        path: &Path,
        writer: &Connection,
        copier: Connection,
    ) -> Result<Checkpoints, OpenError> {
        let failed = |cause| OpenError::of(path, cause);
        writer.pragma_update(None, "wal_autocheckpoint", 0).map_err(failed)?;
        let (wake, woken) = sync_channel(1);
        let is_long = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_long);
        let thread = std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || run(&copier, &woken, &told))
            .map_err(|error| OpenError::NoThread { path: path.display().to_string(), error })?;
        Ok(Checkpoints {
            wake: Some(wake),
            is_long,
            thread: Some(thread),
            n_pages: 0,
            n_unheard: 0,
        })
    }

    /// To be called after each commit, with the size of its record.
    pub(super) fn committed(&mut self, writer: &Connection, n_bytes: usize) {
        if self.is_long.swap(false, Ordering::Acquire) {
            // What is not copied now is copied by the thread.
            report(copy(writer).map(drop));
        }
        // The page that points to the record is written again with it.
        self.n_pages += n_bytes.div_ceil(PAGE_BYTES) + 1;
        if self.n_pages >= COPY_EVERY {
            self.n_pages = 0;
            self.call(writer);
        }
    }

    fn call(&mut self, writer: &Connection) {
        let is_heard = self.wake.as_ref().is_some_and(|wake| wake.try_send(()).is_ok());
        self.n_unheard = if is_heard { 0 } else { self.n_unheard + 1 };
        if self.n_unheard > MAX_UNHEARD {
            self.n_unheard = 0;
            report(copy(writer).map(drop));
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // It holds a connection: the file is closed when it has ended.
            let _ = thread.join();
        }
    }
}

fn run(copier: &Connection, woken: &Receiver<()>, is_long: &AtomicBool) {
    while woken.recv().is_ok() {
        report(copy_most(copier, is_long));
    }
}

/// Copies until little is left for the writer, or a few times: it may come faster.
fn copy_most(copier: &Connection, is_long: &AtomicBool) -> rusqlite::Result<()> {
    for _ in 0..MAX_COPIES {
        let log = copy(copier)?;
        if log.length < LONG_LOG {
            return Ok(());
        }
        if log.rest <= SMALL_REST {
            break;
        }
    }
    is_long.store(true, Ordering::Release);
    Ok(())
}

/// The log after a checkpoint, in pages.
struct Log {
    length: i64,
    /// What is not copied: it came meanwhile, or somebody reads it.
    rest: i64,
}

/// Copies as much as can be without waiting for anybody.
fn copy(connection: &Connection) -> rusqlite::Result<Log> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| {
        let (length, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok(Log { length, rest: length - copied })
    })
}

/// Nothing is lost by a copy that failed: the log has everything, and the next one begins where
/// this one began.
fn report(copied: rusqlite::Result<()>) {
    match copied {
        Ok(()) => {}
        // Payments are refused, and that is said elsewhere.
        Err(error) if is_full(&error) => {}
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
        Err(error) => tracing::warn!(%error, "the journal's log cannot be copied"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        connection
    }

    fn n_records(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM record", (), |row| row.get(0)).unwrap()
    }

    /// What SQLite changes whenever the log begins anew (sqlite.org/fileformat2.html#walformat).
    fn salt(log: &Path) -> Vec<u8> {
        let mut header = [0; 20];
        std::io::Read::read_exact(&mut std::fs::File::open(log).unwrap(), &mut header).unwrap();
        header[16..].to_vec()
    }

    fn insert(writer: &Connection, n_pages: i64) {
        let n_bytes = n_pages * i64::try_from(PAGE_BYTES).unwrap();
        writer.execute("INSERT INTO record VALUES (zeroblob(?1))", [n_bytes]).unwrap();
    }

    #[test]
    fn a_long_log_begins_anew_although_commits_go_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.sqlite3");
        let (writer, reader) = (connect(&path), connect(&path));
        writer.execute_batch("CREATE TABLE record (record BLOB)").unwrap();
        let mut checkpoints = Checkpoints::start(&path, &writer, connect(&path)).unwrap();
        let log = path.with_file_name("log.sqlite3-wal");
        insert(&writer, LONG_LOG);
        // What the reader does not know yet is what comes during the copy.
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(n_records(&reader), 1);
        insert(&writer, 1);
        copy_most(&connect(&path), &checkpoints.is_long).unwrap();
        reader.execute_batch("COMMIT").unwrap();
        let before = salt(&log);
        insert(&writer, 1);
        assert_eq!(salt(&log), before, "not all is copied");
        checkpoints.committed(&writer, PAGE_BYTES);
        insert(&writer, 1);
        assert_ne!(salt(&log), before, "the writer has copied the rest");
        checkpoints.committed(&writer, PAGE_BYTES);
        insert(&writer, 1);
        drop((checkpoints, writer, reader));
        assert_eq!(n_records(&connect(&path)), 5);
    }

    #[test]
    fn a_short_log_is_left_to_the_thread() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.sqlite3");
        let writer = connect(&path);
        writer.execute_batch("CREATE TABLE record (record BLOB)").unwrap();
        let mut checkpoints = Checkpoints::start(&path, &writer, connect(&path)).unwrap();
        let log = path.with_file_name("log.sqlite3-wal");
        let first = salt(&log);
        // No commit copies anything, and the thread is called once in so many pages.
        let n_pages = i64::try_from(COPY_EVERY).unwrap() / 2;
        insert(&writer, n_pages);
        checkpoints.committed(&writer, COPY_EVERY / 2 * PAGE_BYTES);
        assert_eq!((checkpoints.n_pages, salt(&log)), (COPY_EVERY / 2 + 1, first));
        insert(&writer, n_pages);
        checkpoints.committed(&writer, COPY_EVERY / 2 * PAGE_BYTES);
        assert_eq!((checkpoints.n_pages, checkpoints.n_unheard), (0, 0));
        drop(checkpoints);
        // It has done what it was called for when it ends.
        let rest = writer.query_row("PRAGMA wal_checkpoint(NOOP)", (), |row| {
            Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?)
        });
        assert_eq!(rest, Ok(0));
    }

    #[test]
    fn what_somebody_reads_is_not_copied_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.sqlite3");
        let (writer, reader) = (connect(&path), connect(&path));
        writer.execute_batch("CREATE TABLE record (record BLOB)").unwrap();
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(n_records(&reader), 0);
        writer.execute("INSERT INTO record VALUES (1)", ()).unwrap();
        copy_most(&connect(&path), &AtomicBool::new(false)).unwrap();
        assert!(copy(&writer).unwrap().rest > 0);
        assert_eq!(n_records(&reader), 0, "a reader sees what was there when it began");
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!(copy(&writer).unwrap().rest, 0);
        assert_eq!(n_records(&reader), 1);
    }
}
