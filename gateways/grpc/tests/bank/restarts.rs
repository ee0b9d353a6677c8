//! A Bank that was stopped and started again, over a real file.

use std::sync::Arc;

use bancada_bank::ports::JournalOpener as _;
use bancada_database::journal::SqliteJournal;
use bancada_proto::bank::v1::{AbandonRequest, SubscribeRequest};

use crate::running_bank::*;

async fn start(journal: &SqliteJournal) -> RunningBank {
    let history = Arc::new(journal.history().unwrap());
    let running = RunningBank::over(Arc::new(journal.clone()), history, 4_096).await;
    running.is_loaded().await;
    running
}

#[test]
fn answers_cards_and_events_are_the_same_after_a_restart() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::new(&dir.path().join("journal.sqlite3"), 0, None);
        let first = start(&journal).await;
        let issued = first.issue(NUMBER, 1_000).await;
        let paid = first.pay("paid", 600).await;
        let declined = first.pay("declined", 600).await;
        let abandon =
            AbandonRequest { merchant_id: "loja".into(), idempotency_key: "closed".into() };
        first.payments().abandon(abandon).await.unwrap();
        let before = first.card(&issued.card_token).await;
        first.stop_and_check().await;

        let running = start(&journal).await;
        for (key, expected) in [("paid", paid), ("declined", declined)] {
            let again = running.authorize(sale(key, 600)).await.unwrap();
            assert!(again.replayed, "{key}");
            assert_eq!(again.payment, Some(expected));
        }
        let closed = running.pay("closed", 600).await;
        assert_eq!(closed.decline.unwrap().reason, "abandoned");
        assert_eq!(running.card(&issued.card_token).await, before);
        let from = SubscribeRequest::default();
        let mut stream = running.feed().subscribe(from).await.unwrap().into_inner();
        let greeting = stream.message().await.unwrap().unwrap();
        assert_eq!((greeting.events, greeting.committed_position), (vec![], 4));
        let past = stream.message().await.unwrap().unwrap();
        let positions: Vec<_> = past.events.iter().map(|event| event.position).collect();
        assert_eq!((positions, past.committed_position), (vec![1, 2, 3, 4], 4));
        drop(stream);
        running.stop_and_check().await;
        // Whoever opens it next finds no damage.
        journal.open().unwrap();
    });
}
