//! Records that could not be read, on their way to whoever takes them.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::bench::{Bench, drive_until, in_frozen_time};
use crate::Limits;
use crate::ports::{DeadLetterSink, DeadLetterSinkError, SourceRecord, Undecodable};
use crate::statement::DeadLetter;
use crate::statement::history::{History, at, token};

/// Takes dead letters as it is told to.
#[derive(Clone, Default)]
pub(super) struct Sink(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    taken: Vec<u64>,
    n_asked: usize,
    is_away: bool,
    /// What is never taken.
    refused: Vec<Vec<u8>>,
}

impl Sink {
    fn set_away(&self, is_away: bool) {
        self.0.lock().unwrap().is_away = is_away;
    }

    fn refuse(&self, raw: &str) {
        self.0.lock().unwrap().refused.push(raw.into());
    }

    fn taken(&self) -> Vec<u64> {
        self.0.lock().unwrap().taken.clone()
    }

    fn n_asked(&self) -> usize {
        self.0.lock().unwrap().n_asked
    }
}

#[async_trait]
impl DeadLetterSink for Sink {
    async fn put(&self, letter: &DeadLetter) -> Result<(), DeadLetterSinkError> {
        let mut state = self.0.lock().unwrap();
        state.n_asked += 1;
        if state.is_away {
            return Err(DeadLetterSinkError::Away("it is not there".to_owned()));
        }
        if state.refused.contains(&letter.raw) {
            return Err(DeadLetterSinkError::Refused("it is too large".to_owned()));
        }
        state.taken.push(letter.id);
        Ok(())
    }
}

fn unreadable(raw: &str, offset: u64) -> SourceRecord {
    let why = "it ends too early".to_owned();
    let undecodable = Undecodable { card: Some(token(1)), raw: raw.into(), why };
    SourceRecord { at: Some(at(0, offset)), event: Err(undecodable) }
}

#[test]
fn what_could_not_be_read_waits_for_a_sink_that_is_away_and_holds_nobody_up() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        bench.sink.set_away(true);
        bench.script.deliver([unreadable("{", 1)]);
        drive_until("it was tried", || bench.sink.n_asked() > 2).await;
        let later = History::of_purchases(2, 3).records();
        let later = later.into_iter().zip(2..);
        bench.script.deliver(
            later.map(|(record, offset)| SourceRecord { at: Some(at(0, offset)), ..record }),
        );
        bench.reaches(4).await;
        assert_eq!(bench.sink.taken(), []);
        bench.sink.set_away(false);
        drive_until("it is handed on", || bench.sink.taken() == [1]).await;
        // One that comes later wakes the actor; the first is not handed on again.
        bench.script.deliver([unreadable("[", 9)]);
        drive_until("so is the next", || bench.sink.taken() == [1, 2]).await;
        bench.close().await;
    });
}

#[test]
fn what_was_handed_on_is_not_handed_on_by_the_next_process() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        bench.sink.set_away(true);
        bench.script.deliver([unreadable("{", 1), unreadable("[", 2)]);
        drive_until("it was tried", || bench.sink.n_asked() > 0).await;
        let (disk, script) = (bench.disk.clone(), bench.script.clone());
        bench.close().await;

        let bench = Bench::open_on(disk.clone(), script.clone(), Limits::default()).await;
        drive_until("what was left is handed on", || bench.sink.taken() == [1, 2]).await;
        drive_until("and remembered", || disk.content().handed_on.len() == 2).await;
        bench.close().await;

        let bench = Bench::open_on(disk, script, Limits::default()).await;
        bench.script.deliver([unreadable("(", 3)]);
        drive_until("only the new one", || !bench.sink.taken().is_empty()).await;
        assert_eq!(bench.sink.taken(), [3]);
        bench.close().await;
    });
}

#[test]
fn a_record_that_is_never_taken_holds_up_no_other() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        bench.sink.refuse("{");
        bench.script.deliver([unreadable("{", 1), unreadable("[", 2)]);
        drive_until("the other is handed on", || bench.sink.taken() == [2]).await;
        assert_eq!(bench.handle.dead_letters(0, 10).await.unwrap().len(), 2, "people find both");
        bench.close().await;
    });
}
