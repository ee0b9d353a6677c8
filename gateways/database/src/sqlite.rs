//! How every embedded store opens its file: WAL, schema by number, errors by meaning.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{private_file, row_sums};

/// WAL's reset bug (data loss under concurrent checkpoints) is mended from this version on.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How hard a commit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Synchronous {
    /// A commit survives a power cut.
    Full,
    /// A power cut may undo the latest commits, whole ones, in order.
    Normal,
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Made by a newer Bancada.
    #[error(
        "{path} has schema version {found}, and this program knows {known}; run a newer Bancada"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Another program's file.
    #[error("{path} is not a store of Bancada's {store}")]
    Foreign {
        /// The file.
        path: String,
        /// What was expected there.
        store: &'static str,
    },
    /// The library that was linked is older than it is safe to use.
    #[error("SQLite {0} is too old; at least 3.51.3 is needed")]
    OldLibrary(&'static str),
    /// No room, or a disk that says no: SQLite's own files beside the store need room as well,
    /// and it calls both an I/O error.
    #[error("{path} cannot be opened: {cause}; the usual reason is a full disk: make room")]
    NoRoom {
        /// The file.
        path: String,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// It cannot be made, or is not what it seems.
    #[error("{path} cannot be opened: {error}")]
    NoFile {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// It was opened, and what is in it cannot be read.
    #[error("{path} cannot be read: {what}")]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// It was ours, and is not what was written.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// The system gave no thread.
    #[error("{path} cannot be opened: no thread can be started for it: {error}")]
    NoThread {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// Anything else SQLite says.
    #[error("{path} cannot be opened: {cause}")]
    Sqlite {
        /// The file.
        path: String,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
}

impl OpenError {
    pub(crate) fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> OpenError {
        OpenError::Unreadable { path: path.display().to_string(), what: error.to_string() }
    }

    /// Whether the file is not what was written.
    pub fn is_damage(&self) -> bool {
        match self {
            OpenError::Damaged { .. } => true,
            OpenError::Sqlite { cause, .. } => row_sums::is_damage(cause),
            _ => false,
        }
    }

    pub(crate) fn damaged(path: &Path, what: &dyn std::fmt::Display) -> OpenError {
        OpenError::Damaged { path: path.display().to_string(), what: what.to_string() }
    }

    pub(crate) fn of(path: &Path, cause: rusqlite::Error) -> OpenError {
        let path = path.display().to_string();
        match cause.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => {
                OpenError::NoRoom { path, cause }
            }
            _ => OpenError::Sqlite { path, cause },
        }
    }
}

/// A store's file: what it is called, and the steps that made its schema what it is.
pub(crate) struct Schema {
    /// Named in errors.
    pub(crate) store: &'static str,
    /// SQLite's application id: tells our files from others.
    pub(crate) application_id: i32,
    /// Step N leads from version N to N + 1. Never edited, only added to.
    pub(crate) steps: &'static [&'static str],
}

impl Schema {
    /// Opens or makes the file and brings it to the newest version.
    pub(crate) fn open(
        &self,
        path: &Path,
        synchronous: Synchronous,
    ) -> Result<Connection, OpenError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(OpenError::OldLibrary(rusqlite::version()));
        }
        let sqlite = |cause| OpenError::of(path, cause);
        // SQLite gives its log and its index the rights that the file has.
        match private_file::open_or_make(path) {
            // SQLite finds the same, and says what it means.
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {}
            Err(error) => {
                return Err(OpenError::NoFile { path: path.display().to_string(), error });
            }
            Ok(_) => {}
        }
        let mut connection = Connection::open(path).map_err(sqlite)?;
        configure(&connection, synchronous).map_err(sqlite)?;
        self.migrate(&mut connection, path)?;
        Ok(connection)
    }

    /// A connection that only reads a file of any version, and changes nothing; `None` where there
    /// is no file.
    pub(crate) fn look_into(&self, path: &Path) -> Result<Option<Connection>, OpenError> {
        if !path.exists() {
            return Ok(None);
        }
        let sqlite = |cause| OpenError::of(path, cause);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(sqlite)?;
        row_sums::register(&connection).map_err(sqlite)?;
        Ok(Some(connection))
    }

    /// A second connection that only reads.
    pub(crate) fn open_reader(&self, path: &Path) -> Result<Connection, OpenError> {
        let connection = self.open(path, Synchronous::Normal)?;
        let reading = connection.pragma_update(None, "query_only", true);
        reading.map_err(|cause| OpenError::of(path, cause))?;
        Ok(connection)
    }

    fn migrate(&self, connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
        let sqlite = |cause| OpenError::of(path, cause);
        let number = |name: &str| {
            connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(sqlite)
        };
        let (id, found) = (number("application_id")?, number("user_version")?);
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        let known = u32::try_from(self.steps.len()).expect("a handful of steps");
        let counted = row_sums::schema_version(connection).map_err(sqlite)?;
        if counted.is_some_and(|counted| counted != found)
            || (counted.is_some() && id != self.application_id)
        {
            return Err(OpenError::damaged(path, &"its version is not the one that was written"));
        }
        if found > 0 && id != self.application_id {
            let path = path.display().to_string();
            return Err(OpenError::Foreign { path, store: self.store });
        }
        if found > known {
            return Err(OpenError::Newer { path: path.display().to_string(), found, known });
        }
        for (step, version) in self.steps.iter().zip(1..).skip(found as usize) {
            let transaction = connection.transaction().map_err(sqlite)?;
            transaction.execute_batch(step).map_err(sqlite)?;
            transaction
                .pragma_update(None, "application_id", self.application_id)
                .and_then(|()| transaction.pragma_update(None, "user_version", version))
                .and_then(|()| transaction.commit())
                .map_err(sqlite)?;
        }
        Ok(())
    }
}

fn configure(connection: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    // Only a reader's checkpoint can be in a writer's way, and only for a moment.
    connection.busy_timeout(Duration::from_secs(5))?;
    row_sums::register(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Whether SQLite says that there is no room. The transaction is rolled back then: nothing of it
/// was written.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema {
        store: "tests",
        application_id: 42,
        steps: &["CREATE TABLE a (x INTEGER) STRICT", "ALTER TABLE a ADD COLUMN y INTEGER"],
    };

    fn version(connection: &Connection) -> i32 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_file_is_brought_to_the_newest_version_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sqlite3");
        let old = Schema { steps: &SCHEMA.steps[..1], ..SCHEMA };
        let connection = old.open(&path, Synchronous::Full).unwrap();
        connection.execute("INSERT INTO a (x) VALUES (7)", ()).unwrap();
        drop(connection);
        for _ in 0..2 {
            let connection = SCHEMA.open(&path, Synchronous::Full).unwrap();
            assert_eq!(version(&connection), 2);
            let kept: i64 = connection.query_row("SELECT x FROM a", (), |row| row.get(0)).unwrap();
            assert_eq!(kept, 7);
        }
        let error = old.open(&path, Synchronous::Full).unwrap_err().to_string();
        assert!(error.contains("schema version 2") && error.contains("newer Bancada"), "{error}");
    }

    #[test]
    fn another_programs_file_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sqlite3");
        drop(SCHEMA.open(&path, Synchronous::Full).unwrap());
        let other = Schema { application_id: 43, ..SCHEMA };
        assert!(matches!(other.open(&path, Synchronous::Full), Err(OpenError::Foreign { .. })));
        std::fs::write(&path, "no database at all, but long enough to be looked at".repeat(30))
            .unwrap();
        let text = SCHEMA.open(&path, Synchronous::Full).unwrap_err();
        assert!(matches!(text, OpenError::Sqlite { .. }), "{text}");
    }
}
