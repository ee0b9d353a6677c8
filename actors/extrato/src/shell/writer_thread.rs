//! The one thread that writes statements.

use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::freshness::Progress;
use crate::ports::{
    BankCard, Offsets, Reached, SourceRecord, StatementStore, StoreError, Surroundings,
};
use crate::shell::subscribers::Subscribers;
use crate::statement::{BillPayment, DeadLetter, HeldCard};

/// Where the answer to a job goes. Dropped unanswered when the thread ended before it.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the thread is asked to do, in order. Each of those who ask waits for the answer before
/// asking again, so the queue is as long as there are actors, and requests that were admitted.
pub(crate) enum Job {
    /// Apply records; the answer is how many cards wait for missed events.
    Apply(Vec<SourceRecord>, Reply<u64>),
    Offsets(Reply<Offsets>),
    /// How far the Bank's journals were seen, and which past they had.
    Reached(Reply<Vec<Reached>>),
    Held(Reply<Vec<HeldCard>>),
    /// Let cards go on of which the Bank has nothing more; the answer is how many still wait.
    Release(Release, Reply<u64>),
    /// Make cards wait that are behind the Bank's; the answer is how many began to wait.
    HoldBehind(Vec<BankCard>, Reply<u64>),
    /// Keep a payment of a bill; the answer is the one that was kept under its key before.
    KeepBill(Box<BillPayment>, Reply<Option<BillPayment>>),
    /// Remember what became of a payment of a bill that no event will tell.
    SettleBill(Box<BillPayment>, Reply<()>),
    OpenBills(Reply<Vec<BillPayment>>),
    /// Forget a record that could not be read; the answer is whether it was there.
    DiscardDeadLetter(u64, Reply<bool>),
    /// So many records that could not be read and were not handed on.
    WaitingDeadLetters(usize, Reply<Vec<DeadLetter>>),
    /// Remember that a record was handed on.
    HandedOn(Box<DeadLetter>, Reply<()>),
    /// Somebody who reads beside the writer found that the rows are not what was written.
    Damaged(String),
    Stop,
}

/// Cards that were found waiting before the Bank's past was read to its end.
pub(crate) struct Release {
    pub(crate) found: Vec<HeldCard>,
    /// How many records had been unreadable by then. One that came later may be an event that the
    /// past did not hold yet, and nobody goes on.
    pub(crate) n_dead_letters: u64,
}

/// The queue of the current thread. Replaced when the projector is started anew.
#[derive(Clone, Default)]
pub(crate) struct WriterQueue(Arc<Mutex<Current>>);

#[derive(Default)]
struct Current {
    jobs: Option<Sender<Job>>,
    /// How often the rows were made anew.
    n_made_anew: u64,
}

impl WriterQueue {
    /// Asks, and waits for the answer.
    pub(crate) async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(job(reply));
        let gone = |_| Err(StoreError::Failed("there is no writer now".to_owned()));
        answer.await.unwrap_or_else(gone)
    }

    /// Gives a job; dropped with its reply when there is no thread.
    pub(crate) fn send(&self, job: Job) {
        self.current().send(job);
    }

    pub(crate) fn set(&self, queue: Option<Sender<Job>>) {
        self.current().jobs = queue;
    }

    /// How often the rows were made anew; asked before they are read.
    pub(crate) fn n_made_anew(&self) -> u64 {
        self.current().n_made_anew
    }

    pub(crate) fn count_made_anew(&self) {
        self.current().n_made_anew += 1;
    }

    /// Says that the rows are damaged which were there when they had been made anew so often.
    /// Others may have said so before, and there are new ones.
    pub(crate) fn tell_damaged(&self, n_made_anew: u64, why: String) {
        let current = self.current();
        if current.n_made_anew == n_made_anew {
            current.send(Job::Damaged(why));
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

/// Gives an answer. A store that is damaged serves nobody any more; whoever met anything else asks
/// again.
fn answer<T>(reply: Reply<T>, result: Result<T, StoreError>) -> Result<(), StoreError> {
    let damaged = match &result {
        Err(error @ StoreError::Damaged(_)) => Err(error.clone()),
        _ => Ok(()),
    };
    let _ = reply.send(result);
    damaged
}

/// What the thread tells of its work.
#[derive(Clone)]
pub(crate) struct WriterParts {
    pub(crate) surroundings: Arc<dyn Surroundings>,
    pub(crate) progress: Progress,
    pub(crate) subscribers: Subscribers,
    /// Woken when a card waits for missed events.
    pub(crate) repair: Arc<Notify>,
    /// Woken when a record was put aside.
    pub(crate) put_aside: Arc<Notify>,
}

impl WriterParts {
    /// Serves jobs until told to stop, or until the store fails: it is opened again then.
    pub(crate) fn run(
        &self,
        store: &mut dyn StatementStore,
        jobs: &Receiver<Job>,
    ) -> Result<(), StoreError> {
        store.progress()?.iter().for_each(|reached| self.progress.reached(reached.position));
        while let Ok(job) = jobs.recv() {
            // Whoever no longer waits asks again.
            match job {
                Job::Apply(records, reply) => {
                    let applied = self.apply(store, &records);
                    let failed = applied.clone().err().filter(|error| *error != StoreError::Full);
                    let _ = reply.send(applied);
                    if let Some(error) = failed {
                        return Err(error);
                    }
                }
                Job::Offsets(reply) => answer(reply, store.offsets())?,
                Job::Reached(reply) => answer(reply, store.progress())?,
                Job::Held(reply) => answer(reply, store.held())?,
                Job::Release(release, reply) => answer(reply, self.release(store, &release))?,
                Job::HoldBehind(cards, reply) => {
                    let n_behind = store.hold_behind(&cards);
                    if n_behind.as_ref().is_ok_and(|n_behind| *n_behind > 0) {
                        self.repair.notify_one();
                    }
                    answer(reply, n_behind)?;
                }
                Job::KeepBill(payment, reply) => answer(reply, store.keep_bill(&payment))?,
                Job::SettleBill(payment, reply) => answer(reply, store.settle_bill(&payment))?,
                Job::OpenBills(reply) => answer(reply, store.open_bills())?,
                Job::DiscardDeadLetter(id, reply) => {
                    answer(reply, store.discard_dead_letter(id))?;
                }
                Job::WaitingDeadLetters(limit, reply) => {
                    answer(reply, store.waiting_dead_letters(limit))?;
                }
                Job::HandedOn(letter, reply) => answer(reply, store.handed_on(&letter))?,
                Job::Damaged(why) => return Err(StoreError::Damaged(why)),
                Job::Stop => break,
            }
        }
        Ok(())
    }

    fn release(
        &self,
        store: &mut dyn StatementStore,
        Release { found, n_dead_letters }: &Release,
    ) -> Result<u64, StoreError> {
        let is_old = self.progress.statistics().n_dead_letters != *n_dead_letters;
        let n_held_cards = store.release(if is_old { &[] } else { found })?;
        self.progress.count_held_cards(n_held_cards);
        Ok(n_held_cards)
    }

    fn apply(
        &self,
        store: &mut dyn StatementStore,
        records: &[SourceRecord],
    ) -> Result<u64, StoreError> {
        let applied = store.apply(records, self.surroundings.now())?;
        self.progress.count(&applied);
        if applied.n_dead_letters > 0 {
            self.put_aside.notify_one();
        }
        let n_held_cards = applied.n_held_cards;
        let reached = applied.reached;
        self.progress.count_dropped(self.subscribers.publish(applied.updates));
        // Last, so that who waits for a position finds everything told.
        reached.values().for_each(|reached| self.progress.reached(reached.position));
        if n_held_cards > 0 {
            self.repair.notify_one();
        }
        Ok(n_held_cards)
    }
}
