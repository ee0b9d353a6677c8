//! The Bank's process: the real ledger, and its shell once more without threads.
//!
//! As in `actors/bank/src/shell`: what is decided is applied at once and queued; the queue is
//! taken as one batch, made durable with one sync, and only then answered. Reads wait in the same
//! queue. A full disk refuses and loads again; any other error ends the process.

mod decide;
mod lie;
mod mark;
mod snapshots;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bancada_bank::ledger::{Entry, Ledger, Run, check};
use bancada_bank::ports::{JournalError, JournalOpener as _, JournalStore, SnapshotStore as _};
use bancada_bank::proof::Witness;
use bancada_bank::recovery::Recovery;
use bancada_fault_disk::{FaultDisk, FaultJournal};
use bancada_kernel::{Currency, PaymentEvent, Timestamp};

use crate::bank::lie::Truth;
use crate::bank::mark::MarkFile;
use crate::bank::snapshots::Snapshots;
use crate::draw::Draw;
use crate::message::{Answer, Party, Reply, Request};
use crate::planted::Planted;
pub(crate) use decide::standing;
pub(crate) use lie::{Began, MustFind};

/// By so much the journal grows between two snapshots.
const SNAPSHOT_EVERY: u64 = 40;

/// The Bank, whether or not its process runs.
pub(crate) struct Bank {
    pub(crate) disk: FaultDisk,
    /// The monotonic clock.
    pub(crate) passed_ms: u64,
    process: Option<Process>,
    mark: MarkFile,
    snapshots: Arc<Snapshots>,
    /// Since the process began; the mark may be older than the journal.
    had_power_cut: bool,
    /// What was on the disk before it lied, as long as it does.
    truth: Option<Truth>,
    planted: Planted,
    ids: Draw,
}

struct Process {
    store: Box<dyn JournalStore>,
    ledger: Ledger,
    /// Since the ledger was loaded.
    run: Run,
    /// What readers may be told of.
    events: Vec<Rc<PaymentEvent>>,
    /// What is being made durable.
    batch: Batch,
    /// What waits for the next batch.
    queue: Batch,
    is_full: bool,
}

#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    replies: Vec<Reply>,
}

/// How a commit ended.
pub(crate) enum Committed {
    /// Everything is durable; these are the answers.
    Done(Vec<Reply>),
    /// There was no room; everybody is refused.
    Full(Vec<Reply>),
    /// Nobody knows; the process has ended.
    Lost(String),
}

impl Bank {
    pub(crate) fn new(seed: u64, planted: Planted) -> Bank {
        let ids = Draw::new(seed, crate::draw::Stream::Ids);
        Bank {
            disk: FaultDisk::new(),
            passed_ms: 0,
            process: None,
            mark: MarkFile::default(),
            snapshots: Arc::default(),
            had_power_cut: false,
            truth: None,
            planted,
            ids,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.is_full)
    }

    fn passed(&self) -> Duration {
        Duration::from_millis(self.passed_ms)
    }

    fn journal(&self) -> FaultJournal {
        let journal = FaultJournal::new(&self.disk);
        match self.planted {
            Planted::BelieveWhatIsRead => journal.believing_what_it_reads(),
            Planted::CutAtTheFirstDamage => journal.ending_at_the_first_damage(),
            _ => journal,
        }
    }

    fn recovery(&self) -> Recovery {
        let snapshots: Option<Arc<_>> = match self.planted {
            Planted::IgnoreTheSnapshots => None,
            _ => Some(Arc::clone(&self.snapshots)),
        };
        Recovery::new(Currency::BRL, snapshots.map(|it| it as Arc<_>), |_| {})
    }

    /// Starts the process from what is on the disk, unless it lacks what a neighbour knows of.
    pub(crate) fn start(&mut self, neighbours: Vec<Witness>) -> Result<(), JournalError> {
        let mut store = self.journal().open()?;
        let mut witnesses = neighbours;
        witnesses.retain(|witness| !self.planted.ignores(&witness.who));
        if self.planted != Planted::IgnoreTheMark {
            witnesses.push(self.mark.witness());
        }
        let (ledger, events) = load(&mut *store, &self.recovery(), witnesses)?;
        if ledger.position() >= self.snapshots.newest() + SNAPSHOT_EVERY {
            // A snapshot that is not there costs time and nothing else.
            let _ = self.snapshots.write(&ledger);
        }
        self.mark.begin(ledger.mark());
        self.had_power_cut = false;
        let (batch, queue) = (Batch::default(), Batch::default());
        let run = Run::begin(ledger.ran(), self.passed());
        self.process = Some(Process { store, ledger, run, events, batch, queue, is_full: false });
        Ok(())
    }

    /// The process ends, wherever it is.
    pub(crate) fn end(&mut self) {
        self.process = None;
    }

    /// Whether a commit is needed.
    pub(crate) fn has_work(&self) -> bool {
        self.process.as_ref().is_some_and(|process| {
            !process.queue.entries.is_empty() || !process.queue.replies.is_empty()
        })
    }

    /// Whether nothing is on its way to the disk.
    pub(crate) fn is_idle(&self) -> bool {
        self.process.as_ref().is_some_and(|process| {
            !self.has_work() && process.batch.entries.is_empty() && process.batch.replies.is_empty()
        })
    }

    /// Takes everything that waits, to be made durable together.
    pub(crate) fn take_batch(&mut self) {
        let Some(process) = &mut self.process else { return };
        let Batch { mut entries, mut replies } = std::mem::take(&mut process.queue);
        process.batch.entries.append(&mut entries);
        process.batch.replies.append(&mut replies);
    }

    /// Makes the batch durable.
    pub(crate) fn commit(&mut self) -> Option<Committed> {
        let process = self.process.as_mut()?;
        let Batch { entries, replies } = std::mem::take(&mut process.batch);
        if self.planted == Planted::MarkBeforeSync {
            self.mark.follow(&entries);
        }
        match process.store.append(&entries) {
            Ok(()) => {
                if self.planted != Planted::MarkBeforeSync && !entries.is_empty() {
                    self.mark.follow(&entries);
                }
                if self.planted != Planted::PublishBeforeSync {
                    process.publish(entries);
                }
                Some(Committed::Done(replies))
            }
            Err(JournalError::Full) => Some(self.refuse(replies)),
            Err(error) => {
                self.process = None;
                Some(Committed::Lost(error.to_string()))
            }
        }
    }

    /// Nothing of what was decided is kept, and nobody is told that it was.
    fn refuse(&mut self, mut replies: Vec<Reply>) -> Committed {
        let (passed, recovery) = (self.passed(), self.recovery());
        let Some(process) = &mut self.process else {
            return Committed::Lost("there is no process".to_owned());
        };
        process.is_full = true;
        let queue = std::mem::take(&mut process.queue);
        replies.extend(queue.replies);
        replies.iter_mut().for_each(|reply| reply.answer = Answer::Full);
        if self.planted == Planted::KeepWhatWasNotWritten {
            return Committed::Full(replies);
        }
        match load(&mut *process.store, &recovery, Vec::new()) {
            Ok((ledger, events)) => {
                process.loaded(ledger, events, passed);
                Committed::Full(replies)
            }
            Err(error) => {
                self.process = None;
                Committed::Lost(error.to_string())
            }
        }
    }

    /// Accepts payments again once the disk has room.
    pub(crate) fn probe(&mut self) {
        if let Some(process) = &mut self.process
            && process.is_full
            && process.store.has_room()
        {
            process.is_full = false;
        }
    }

    /// The ledger crashes, and loads again behind everything that it had decided. The result is
    /// whether the state is the one it had.
    pub(crate) fn restart_ledger(&mut self) -> Option<Result<Vec<Reply>, String>> {
        self.take_batch();
        let replies = match self.commit()? {
            Committed::Done(replies) => replies,
            Committed::Full(replies) => return Some(Ok(replies)),
            Committed::Lost(why) => return Some(Err(why)),
        };
        let (passed, recovery) = (self.passed(), self.recovery());
        let process = self.process.as_mut()?;
        match load(&mut *process.store, &recovery, Vec::new()) {
            Ok((ledger, events)) => {
                process.loaded(ledger, events, passed);
                Some(Ok(replies))
            }
            Err(error) => {
                self.process = None;
                Some(Err(error.to_string()))
            }
        }
    }

    /// The events that are durable, in order.
    pub(crate) fn events(&self) -> Option<&[Rc<PaymentEvent>]> {
        self.process.as_ref().map(|process| &process.events[..])
    }

    /// Hands a request to the ledger; a refusal of a full disk comes back at once.
    pub(crate) fn ask(&mut self, request: &Request, now: Timestamp) -> Option<Reply> {
        let passed = self.passed();
        let Bank { process, ids, planted, .. } = self;
        let process = process.as_mut()?;
        let stamp = decide::stamp(ids, now, process.run.at(passed), *planted);
        if process.is_full && !decide::only_reads(&request.ask) {
            return Some(Reply { to: request.from, answer: Answer::Full });
        }
        let decided = decide::decide(&process.ledger, &request.ask, stamp, *planted);
        let answer = process.settle(decided, *planted);
        let reply = Reply { to: request.from, answer: answer.0 };
        let is_early = match planted {
            Planted::AnswerBeforeSync => true,
            Planted::ReadBeforeSync => answer.1,
            _ => false,
        };
        if is_early {
            return Some(reply);
        }
        process.queue.replies.push(reply);
        None
    }

    /// Releases the holds whose time is over; the result is how many.
    pub(crate) fn expire(&mut self, now: Timestamp) -> usize {
        let passed = self.passed();
        let Bank { process, ids, planted, .. } = self;
        let Some(process) = process else { return 0 };
        let mut n_expired = 0;
        while !process.is_full
            && let Some(entry) = decide::expire(
                &process.ledger,
                decide::stamp(ids, now, process.run.at(passed), *planted),
            )
        {
            process.record(entry, *planted);
            n_expired += 1;
        }
        n_expired
    }

    /// Everything that must hold of a Bank that is idle: L1 to L6 over its whole journal, and a
    /// state that is the same as one made from the disk (I8).
    pub(crate) fn examine(&self) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        // A copy, so that looking changes nothing.
        let store = FaultJournal::new(&self.disk.copy()).open();
        store
            .and_then(|mut store| store.replay(0, &mut |entry| entries.push(entry)))
            .map_err(|error| format!("I1: the journal cannot be read: {error}"))?;
        let Some(process) = &self.process else { return Ok(entries) };
        let breaches = check(&process.ledger, &entries);
        if let Some(breach) = breaches.iter().min_by_key(|breach| breach.to_string()) {
            return Err(breach.to_string());
        }
        let mut replayed = Ledger::new(Currency::BRL);
        entries.iter().for_each(|entry| replayed.apply(entry));
        if replayed.state_hash() != process.ledger.state_hash() {
            return Err("I8: the state is not the one that the journal leads to".to_owned());
        }
        Ok(entries)
    }
}

impl Process {
    fn loaded(&mut self, ledger: Ledger, events: Vec<Rc<PaymentEvent>>, passed: Duration) {
        self.run = Run::begin(ledger.ran(), passed);
        (self.ledger, self.events) = (ledger, events);
    }

    fn publish(&mut self, entries: Vec<Entry>) {
        self.events.extend(entries.into_iter().map(|entry| Rc::new(entry.event)));
    }

    /// Records what was decided; the answer, and whether nothing was recorded for it.
    fn settle(&mut self, decided: decide::Decided, planted: Planted) -> (Answer, bool) {
        match decided {
            decide::Decided::Answer(answer) => (answer, true),
            decide::Decided::Record(entry, answer_of) => {
                let entry = self.record(*entry, planted);
                let answer = answer_of(&self.ledger, &entry);
                (answer, false)
            }
        }
    }

    fn record(&mut self, entry: Entry, planted: Planted) -> Entry {
        self.ledger.apply(&entry);
        decide::misapply(&mut self.ledger, &entry, planted);
        self.queue.entries.push(entry.clone());
        if planted == Planted::PublishBeforeSync {
            self.events.push(Rc::new(entry.event.clone()));
        }
        if let Some(again) = decide::recorded_again(&entry, planted) {
            self.ledger.apply(&again);
            self.queue.entries.push(again);
        }
        entry
    }
}

/// The ledger and the events of a journal that has all that witnesses know of.
fn load(
    store: &mut dyn JournalStore,
    recovery: &Recovery,
    witnesses: Vec<Witness>,
) -> Result<(Ledger, Vec<Rc<PaymentEvent>>), JournalError> {
    let mut events = Vec::new();
    let recovered = recovery.recover_proven(witnesses, |after, each| {
        events.clear();
        store.replay(0, &mut |entry| {
            events.push(Rc::new(entry.event.clone()));
            if entry.event.position > after {
                each(entry);
            }
        })
    })?;
    Ok((recovered.ledger, events))
}

/// Who is answered, in a word.
impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Party::Merchant(request) => write!(f, "request {request}"),
            Party::Shop(call) => write!(f, "the shop's call {call}"),
            Party::Cards => f.write_str("cards"),
        }
    }
}
