//! The Bank's actors, one per file, and the journal's thread.

pub(crate) mod journal;
pub(crate) mod journal_thread;
pub(crate) mod ledger;
pub(crate) mod ledger_core;
pub(crate) mod ledger_mail;
pub(crate) mod mark_writer;
pub(crate) mod outbox;
pub(crate) mod pending;
pub(crate) mod reply;
pub(crate) mod scrub;
pub(crate) mod snapshots;
