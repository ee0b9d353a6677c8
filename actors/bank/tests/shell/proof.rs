//! What is known of the journal besides it: a start is refused where the journal knows less.

use std::sync::{Arc, Mutex};

use bancada_bank::ProofParts;
use bancada_bank::ports::{HighWaterMark, Witnesses};
use bancada_bank::proof::{Chain, Knowledge, Loss, Mark, Witness};

use crate::running_bank::*;
use bancada_testbed::MemoryJournal;

/// What would be in a file; outlives every bank.
#[derive(Clone, Default)]
struct MemoryMark(Arc<Mutex<Option<Mark>>>);

impl MemoryMark {
    fn get(&self) -> Mark {
        self.0.lock().unwrap().unwrap()
    }

    fn set(&self, mark: Option<Mark>) {
        *self.0.lock().unwrap() = mark;
    }

    fn parts(&self) -> ProofParts {
        let mark = self.clone();
        let open = move || Ok(Box::new(mark.clone()) as Box<dyn HighWaterMark>);
        ProofParts { mark: Some(Arc::new(open)), witnesses: None }
    }
}

impl HighWaterMark for MemoryMark {
    fn read(&mut self) -> Option<Mark> {
        *self.0.lock().unwrap()
    }

    fn write(&mut self, mark: Mark) -> Result<(), String> {
        self.set(Some(mark));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn place(&self) -> String {
        "the mark".to_owned()
    }
}

struct Knows(Knowledge);

impl Witnesses for Knows {
    fn hear(&self) -> Vec<Witness> {
        vec![Witness { who: "the statement".to_owned(), knows: self.0 }]
    }
}

async fn start(journal: &MemoryJournal, proof: ProofParts) -> RunningBank {
    RunningBank::proven(journal, 64, NOW, None, proof).await
}

/// A journal with a card and some payments, and what the mark of it was last.
async fn paid() -> (MemoryJournal, MemoryMark) {
    let (journal, mark) = (MemoryJournal::new(), MemoryMark::default());
    let running = start(&journal, mark.parts()).await;
    until_known(async || running.bank.issue_card(card(1_000)).await).await;
    for n in 0..5 {
        let payment = running.pay(&format!("p{n}"), 7).await.unwrap().payment;
        assert!(mark.get().position >= payment.position, "written before the answer");
    }
    running.stop_and_check().await;
    (journal, mark)
}

#[test]
fn a_journal_that_lost_what_was_answered_is_refused_and_left_as_it_is() {
    run(async {
        let (journal, mark) = paid().await;
        let known = mark.get();
        journal.cut_after(4);
        for _ in 0..2 {
            let refused = start(&journal, mark.parts()).await;
            let loss = Loss::Shorter { end: 4, known: 6, who: "the mark".to_owned() };
            assert_eq!(refused.refusal().await, loss);
            refused.tree.shutdown().await;
            assert_eq!((journal.entries().len(), mark.get()), (4, known));
        }
    });
}

#[test]
fn a_journal_with_another_past_than_its_mark_is_refused() {
    run(async {
        let (journal, mark) = paid().await;
        mark.set(Some(Mark { chain: Chain::new(1), ..mark.get() }));
        let refused = start(&journal, mark.parts()).await;
        let loss = Loss::Another { position: 6, who: "the mark".to_owned() };
        assert_eq!(refused.refusal().await, loss);
        refused.tree.shutdown().await;
    });
}

/// After a power cut the mark may be older; an earlier version wrote none.
#[test]
fn a_mark_that_is_behind_or_missing_is_brought_up_to_the_journal() {
    run(async {
        let (journal, mark) = paid().await;
        let whole = mark.get();
        let mut chain = Chain::default();
        let mut marks = vec![None, Some(Mark::default())];
        for entry in journal.entries() {
            chain = chain.then(entry.event.hash());
            marks.push(Some(Mark { position: entry.event.position, chain }));
        }
        assert_eq!(marks.last(), Some(&Some(whole)));
        for older in marks {
            mark.set(older);
            let running = start(&journal, mark.parts()).await;
            until_known(async || running.bank.find_card(token()).await).await;
            assert_eq!(mark.get(), whole, "{older:?}");
            running.stop_and_check().await;
        }
    });
}

#[test]
fn a_journal_that_lacks_what_somebody_else_knows_is_refused() {
    run(async {
        let (journal, _) = paid().await;
        let there = journal.entries()[2].event.hash();
        for (knows, is_refused) in [
            (Knowledge::Event(6, None), false),
            (Knowledge::Event(7, None), true),
            (Knowledge::Event(3, Some(there)), false),
            (Knowledge::Event(4, Some(there)), true),
        ] {
            let proof = ProofParts { mark: None, witnesses: Some(Arc::new(Knows(knows))) };
            let running = start(&journal, proof).await;
            if is_refused {
                let text = running.refusal().await.to_string();
                assert!(text.contains("the statement"), "{text}");
            } else {
                until_known(async || running.bank.find_card(token()).await).await;
            }
            running.tree.shutdown().await;
        }
    });
}
