//! Where a store is kept that a test opens.

use std::path::PathBuf;
use std::sync::Arc;

use bancada_checkout::ports::OrderStoreOpener;
use bancada_database::orders::SqliteOrders;
use bancada_database::postgres::{PostgresOrders, PostgresStatements};
use bancada_database::statement::SqliteStatements;
use bancada_extrato::ports::{StatementReader, StatementStoreOpener};
use rusqlite::types::ValueRef;
use tempfile::TempDir;

use bancada_testbed::postgresql::Server;

/// Makes a place where nothing is yet.
pub(crate) type NewPlace<'a> = &'a dyn Fn() -> Place;

/// It stays when its stores are dropped.
pub(crate) enum Place {
    Folder(TempDir),
    Database { server: Arc<Server>, address: String },
}

impl Place {
    pub(crate) fn folder() -> Place {
        Place::Folder(tempfile::tempdir().unwrap())
    }

    pub(crate) fn database() -> Place {
        Place::database_on(&Server::shared())
    }

    pub(crate) fn database_on(server: &Arc<Server>) -> Place {
        Place::Database { server: Arc::clone(server), address: server.new_database() }
    }

    pub(crate) fn orders(&self) -> Box<dyn OrderStoreOpener> {
        match self {
            Place::Folder(folder) => Box::new(SqliteOrders::new(&file(folder))),
            Place::Database { address, .. } => {
                Box::new(PostgresOrders::new(&address.parse().unwrap()))
            }
        }
    }

    pub(crate) fn statements(&self) -> (Box<dyn StatementStoreOpener>, Box<dyn StatementReader>) {
        match self {
            Place::Folder(folder) => {
                let statements = SqliteStatements::new(&file(folder));
                let reader = statements.reader().unwrap();
                (Box::new(statements), Box::new(reader))
            }
            Place::Database { address, .. } => {
                let statements = PostgresStatements::new(&address.parse().unwrap());
                let reader = statements.reader();
                (Box::new(statements), Box::new(reader))
            }
        }
    }

    /// Everything in these tables, which in a file need no word for whose they are, as text.
    pub(crate) fn dump(&self, tables: &[&str]) -> Vec<String> {
        tables.iter().flat_map(|table| self.rows(table)).collect()
    }

    fn rows(&self, table: &str) -> Vec<String> {
        match self {
            Place::Folder(folder) => {
                let table = table.trim_start_matches("statement_");
                let connection = rusqlite::Connection::open(file(folder)).unwrap();
                let mut all = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
                let n_columns = all.column_count();
                let row = |row: &rusqlite::Row<'_>| {
                    let value = |n| text(row.get_ref(n).unwrap());
                    let values: Vec<_> = (0..n_columns).map(value).collect();
                    Ok(format!("{table} ({})", values.join(",")))
                };
                all.query_map((), row).unwrap().map(Result::unwrap).collect()
            }
            Place::Database { .. } => {
                let all = format!("SELECT kept::text FROM bancada.{table} AS kept ORDER BY 1");
                let rows = self.client().query(&all, &[]).unwrap();
                rows.iter().map(|row| format!("{table} {}", row.get::<_, String>(0))).collect()
            }
        }
    }

    /// Somebody else's connection to the database.
    pub(crate) fn client(&self) -> postgres::Client {
        match self {
            Place::Database { server, address } => {
                server.connect(address.rsplit('/').next().unwrap())
            }
            Place::Folder(_) => panic!("there is no server"),
        }
    }
}

/// As PostgreSQL shows a value.
fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => {
            bytes.iter().fold(r"\x".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
        }
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("store.sqlite3")
}

/// The same tests in every kind of place.
macro_rules! contract {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[test] fn $name() {
                super::$name(&crate::place::Place::folder);
            })*
        }
        mod postgresql {
            $(#[test] fn $name() {
                super::$name(&crate::place::Place::database);
            })*
        }
    };
}
pub(crate) use contract;
