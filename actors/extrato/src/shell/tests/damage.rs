//! Rows that are not what was written: made anew from the source, whoever comes upon them.

use super::bench::{Bench, drive_until, in_frozen_time};
use crate::ReadError;
use crate::statement::Filter;
use crate::statement::history::{History, START, token};
use crate::statement::memory::Content;

async fn bench_with(history: &History) -> (Bench, Content) {
    let bench = Bench::open().await;
    bench.script.remember(history);
    bench.script.deliver(history.records());
    bench.reaches(history.events.last().unwrap().position).await;
    let whole = bench.content();
    (bench, whole)
}

async fn is_rebuilt(bench: &Bench, whole: &Content) {
    drive_until("it is made anew", || bench.disk.n_made_anew() == 1).await;
    drive_until("it is rebuilt", || !bench.handle.is_being_rebuilt()).await;
    assert_eq!(bench.content(), *whole);
    assert_eq!(bench.handle.freshness().applied_position, 8);
}

#[test]
fn what_a_reader_finds_damaged_is_made_anew_and_says_so_until_it_is_whole() {
    in_frozen_time(async {
        let history = History::of_purchases(1, 7);
        let (bench, whole) = bench_with(&history).await;
        let mut watch = bench.handle.watch_freshness();
        bench.script.cut(true);
        bench.disk.damage();
        let read = bench.handle.cards(None, 9).await;
        assert_eq!(read, Err(ReadError::Unavailable));
        drive_until("it is made anew", || bench.disk.n_made_anew() == 1).await;
        // Nothing comes yet: what is there is less than the Bank has.
        assert!(bench.handle.is_being_rebuilt());
        let freshness = bench.handle.freshness();
        assert_eq!((freshness.applied_position, freshness.committed_position), (0, 8));
        assert!(watch.changed().await.unwrap().is_being_rebuilt);
        bench.script.cut(false);
        is_rebuilt(&bench, &whole).await;
        assert!(bench.handle.cards(None, 9).await.is_ok());
        bench.close().await;
    });
}

#[test]
fn what_the_writer_finds_damaged_is_made_anew() {
    in_frozen_time(async {
        let (bench, _) = bench_with(&History::of_purchases(1, 6)).await;
        bench.disk.damage();
        let history = History::of_purchases(1, 7);
        bench.script.remember(&history);
        bench.script.deliver(history.records().into_iter().skip(7));
        let mut whole = Content::default();
        whole.apply(&history.records(), START);
        is_rebuilt(&bench, &whole).await;
        bench.close().await;
    });
}

#[test]
fn what_nobody_reads_is_found_after_a_start() {
    in_frozen_time(async {
        let history = History::of_purchases(1, 7);
        let (bench, whole) = bench_with(&history).await;
        bench.disk.damage();
        // Opens, and reads nothing that is damaged by itself.
        bench.crash("extrato/projector").await;
        is_rebuilt(&bench, &whole).await;
        assert!(bench.handle.statement(&token(1), Filter::default()).await.unwrap().is_some());
        bench.close().await;
    });
}
