//! Readers of the feed.

use bancada_bank::FeedReader;

use crate::running_bank::*;

async fn read_to(reader: &mut FeedReader, last: u64) -> Vec<u64> {
    let mut positions = Vec::new();
    while positions.last() != Some(&last) {
        let batch = reader.next_batch().await.unwrap();
        assert!(batch.committed_position >= batch.events.last().unwrap().position);
        positions.extend(batch.events.iter().map(|event| event.position));
    }
    positions
}

#[test]
fn a_reader_sees_the_past_and_then_what_comes() {
    run(async {
        let first = RunningBank::with_limit(1_000).await;
        first.pay("a", 1).await.unwrap();
        let journal = first.journal.clone();
        first.stop_and_check().await;

        // After a restart the past is only in the journal.
        let running = RunningBank::start(&journal, 16).await;
        let mut reader = running.bank.feed().subscribe(0);
        assert_eq!(read_to(&mut reader, 2).await, [1, 2]);
        let mut late = running.bank.feed().subscribe(1);
        running.pay("b", 1).await.unwrap();
        running.pay("c", 1).await.unwrap();
        assert_eq!(read_to(&mut reader, 4).await, [3, 4]);
        assert_eq!(read_to(&mut late, 4).await, [2, 3, 4]);
        assert_eq!(running.bank.feed().committed_position(), 4);
        running.stop_and_check().await;
    });
}
