//! The real clock, ids and randomness, and who hears of what happens, for every service.

use std::time::Duration;

use bancada_bank::ports::JournalError;
use bancada_kernel::Timestamp;
use bancada_supervision::{ExitReason, Observer};
use bancada_telemetry::{Metrics, background, clock, console};
use uuid::Uuid;

use crate::refusal;

/// The process ends with this code when the journal cannot be written (`EX_IOERR`).
const JOURNAL_IS_LOST: i32 = 74;

/// The world around the actors of this process.
#[derive(Clone)]
pub(crate) struct RealSurroundings {
    pub(crate) metrics: Metrics,
}

impl bancada_bank::ports::Surroundings for RealSurroundings {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn monotonic(&self) -> Duration {
        clock::monotonic()
    }

    fn uuid(&self) -> Uuid {
        clock::uuid()
    }

    fn journal_is_lost(&self, error: &JournalError) {
        tracing::error!(%error, "the journal is lost; ending at once");
        console::complain(format_args!("error: the journal cannot be written: {error}"));
        // No orderly end: what the journal holds is known only to the next process that reads it.
        std::process::exit(JOURNAL_IS_LOST);
    }

    fn refuse_to_start(&self, error: &JournalError) {
        refusal::end(error);
    }

    fn committed(&self, n_entries: usize, took: Duration) {
        self.metrics.committed(n_entries, took);
    }

    fn snapshot_made(&self, position: u64, took: Duration) {
        self.metrics.snapshot_made(position, took);
    }

    fn work_in_background(&self) {
        background::enter();
    }
}

impl bancada_checkout::ports::Surroundings for RealSurroundings {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random_unit(&self) -> f64 {
        rand::random()
    }
}

impl bancada_extrato::ports::Surroundings for RealSurroundings {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random_unit(&self) -> f64 {
        rand::random()
    }
}

impl Observer for RealSurroundings {
    fn on_restart(&self, child: &str, reason: &ExitReason) {
        self.metrics.restarted(child, reason.label());
    }

    fn on_escalation(&self, _: &str, _: &ExitReason) {
        self.metrics.escalated();
    }
}
