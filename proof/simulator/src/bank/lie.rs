//! A disk that gives back something else than was synced, and what a start on it must notice.

use std::rc::Rc;

use bancada_bank::ledger::Ledger;
use bancada_bank::ports::JournalOpener as _;
use bancada_bank::proof::{Knowledge, Witness};
use bancada_bank::recovery::Recovery;
use bancada_fault_disk::{FaultDisk, FaultJournal};
use bancada_kernel::{Currency, PaymentEvent};

use super::{Bank, load};

/// A disk as it was, and how far a start on it has to come at least.
pub(super) struct Truth {
    image: Vec<u8>,
    position: u64,
    /// Whether a start on it succeeds, and somebody elsewhere knows better.
    is_known_elsewhere: bool,
}

/// What a process began on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Began {
    /// All that there was.
    OnTheTruth,
    /// A journal whose end only somebody elsewhere knows of.
    WithoutItsEnd,
    /// A journal that lacks what it must have.
    OnALoss,
}

/// How far a start on a disk that lies has to come at least.
pub(crate) enum MustFind<'a> {
    /// To the end: the disk itself shows that something is missing.
    All,
    /// As far as the mark or one of these knows of.
    WhatIsKnown(&'a [Witness]),
}

/// How far a journal on this image can be read; `None` where it is refused.
fn end_of(image: &[u8]) -> Option<u64> {
    read(image).map(|(ledger, _)| ledger.position())
}

fn read(image: &[u8]) -> Option<(Ledger, Vec<Rc<PaymentEvent>>)> {
    let mut journal = FaultJournal::new(&FaultDisk::of_image(image.to_vec())).open().ok()?;
    load(&mut *journal, &Recovery::new(Currency::BRL, None, |_| {}), Vec::new()).ok()
}

impl Bank {
    /// The disk gives back something else than was synced, from now until somebody puts the truth
    /// back. Somebody elsewhere, whom no start hears, knows of a position, or of none.
    pub(crate) fn lie(
        &mut self,
        must: MustFind<'_>,
        known_elsewhere: u64,
        change: impl FnOnce(&mut Vec<u8>),
    ) {
        let image = self.disk.image();
        let Some((ledger, events)) = read(&image) else { return };
        let position = match must {
            MustFind::All => ledger.position(),
            MustFind::WhatIsKnown(neighbours) => {
                let known = neighbours.iter().map(|witness| match witness.knows {
                    Knowledge::Payment(id) => {
                        let first = events.iter().find(|event| event.transaction_id == id);
                        first.map_or(0, |event| event.position)
                    }
                    _ => witness.position().unwrap_or(0),
                });
                let here = self.mark.position().max(self.snapshots.newest());
                known.max().unwrap_or(0).max(here)
            }
        };
        let mut other = image.clone();
        change(&mut other);
        // After a power cut the mark may be older: an end that nobody knows of is missed by nobody.
        let end = end_of(&other);
        let is_unheard = self.had_power_cut && end.is_some_and(|end| end >= position);
        let is_known_elsewhere = is_unheard && end.is_some_and(|end| end < known_elsewhere);
        if is_unheard && !is_known_elsewhere {
            return;
        }
        self.truth = Some(Truth { image, position, is_known_elsewhere });
        self.disk.damage(|image| *image = other);
    }

    /// Puts back what was on the disk before it lied; false where it did not.
    pub(crate) fn put_truth_back(&mut self) -> bool {
        let Some(truth) = self.truth.take() else { return false };
        self.disk.damage(|image| *image = truth.image);
        true
    }

    /// What the process began on.
    pub(crate) fn began(&mut self) -> Began {
        let began = self.process.as_ref().map_or(0, |process| process.ledger.position());
        match self.truth.take() {
            Some(truth) if began < truth.position => Began::OnALoss,
            Some(truth) if truth.is_known_elsewhere => Began::WithoutItsEnd,
            _ => Began::OnTheTruth,
        }
    }

    /// The power goes with the process: what was not synced of the mark is lost.
    pub(crate) fn cut_power(&mut self) {
        self.mark.cut_power();
        self.had_power_cut = true;
    }

    /// Whether the power was cut since the process began.
    pub(crate) fn had_power_cut(&self) -> bool {
        self.had_power_cut
    }

    /// Whether the disk gives back something else than was synced.
    pub(crate) fn is_lied_to(&self) -> bool {
        self.truth.is_some()
    }
}
