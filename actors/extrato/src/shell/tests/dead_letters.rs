//! Records that could not be read, and what people do with them.

use super::bench::{Bench, drive_until, in_frozen_time};
use crate::DeadLetterError;
use crate::ports::{SourceRecord, Undecodable};
use crate::statement::history::{History, at, token};

/// A record that says no more than this.
fn saying(raw: &str, offset: u64) -> SourceRecord {
    let why = "it ends too early".to_owned();
    let undecodable = Undecodable { card: Some(token(1)), raw: raw.into(), why };
    SourceRecord { at: Some(at(0, offset)), event: Err(undecodable) }
}

#[test]
fn a_record_is_shown_replayed_once_it_can_be_read_and_forgotten() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 2);
        bench.script.deliver(history.records().into_iter().take(2));
        bench.script.deliver([saying("3", 3), saying("{", 4)]);
        drive_until("both are put aside", || bench.handle.statistics().n_dead_letters == 2).await;
        let letters = bench.handle.dead_letters(0, 10).await.unwrap();
        let found: Vec<_> = letters.iter().map(|it| (it.id, it.raw.as_slice(), it.at)).collect();
        assert_eq!(found, [(1, &b"3"[..], Some(at(0, 3))), (2, b"{", Some(at(0, 4)))]);
        assert_eq!(bench.handle.dead_letters(1, 10).await.unwrap(), letters[1..]);

        // Nobody can read it yet.
        let unread = bench.handle.replay_dead_letter(1).await;
        assert_eq!(unread, Err(DeadLetterError::Unreadable("it is no event".to_owned())));
        assert_eq!(bench.content().lines.len(), 1);
        bench.script.remember(&history);
        bench.handle.replay_dead_letter(1).await.unwrap();
        drive_until("it is applied", || bench.content().lines.len() == 2).await;
        assert_eq!(bench.handle.replay_dead_letter(1).await, Err(DeadLetterError::Unknown));

        bench.handle.discard_dead_letter(2).await.unwrap();
        assert_eq!(bench.handle.discard_dead_letter(2).await, Err(DeadLetterError::Unknown));
        assert_eq!(bench.handle.dead_letters(0, 10).await.unwrap(), []);
        assert_eq!(bench.handle.dead_letter(0).await, Err(DeadLetterError::Unknown));
        bench.close().await;
    });
}

#[test]
fn what_the_repair_has_applied_meanwhile_is_not_applied_twice_by_a_replay() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 2);
        bench.script.remember(&history);
        bench.script.deliver(history.records().into_iter().take(2));
        bench.script.deliver([saying("3", 3)]);
        drive_until("it is repaired", || bench.content().lines.len() == 2).await;
        bench.handle.replay_dead_letter(1).await.unwrap();
        assert_eq!(bench.content().lines.len(), 2);
        assert_eq!(bench.handle.dead_letters(0, 10).await.unwrap(), []);
        bench.close().await;
    });
}
