//! A disk that gives back something else than was synced, and what a start on it must notice.

use bancada_bank::ports::JournalOpener as _;
use bancada_bank::proof::{Knowledge, Witness};
use bancada_database::fault_disk::{FaultDisk, FaultJournal};

use super::{Bank, load};

/// A disk as it was, and how far a start on it has to come at least.
pub(super) struct Truth {
    image: Vec<u8>,
    position: u64,
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
    let mut journal = FaultJournal::new(&FaultDisk::of_image(image.to_vec())).open().ok()?;
    load(&mut *journal).ok().map(|(ledger, _)| ledger.position())
}

impl Bank {
    /// The disk gives back something else than was synced, from now until somebody puts the truth
    /// back.
    pub(crate) fn lie(&mut self, must: MustFind<'_>, change: impl FnOnce(&mut Vec<u8>)) {
        let image = self.disk.image();
        let truth = FaultJournal::new(&FaultDisk::of_image(image.clone())).open();
        let Ok((ledger, events)) = truth.and_then(|mut truth| load(&mut *truth)) else { return };
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
                known.max().unwrap_or(0).max(self.mark.position())
            }
        };
        let mut other = image.clone();
        change(&mut other);
        // After a power cut the mark may be older: an end that nobody knows of is missed by nobody.
        if self.had_power_cut && end_of(&other).is_some_and(|end| end >= position) {
            return;
        }
        self.truth = Some(Truth { image, position });
        self.disk.damage(|image| *image = other);
    }

    /// Puts back what was on the disk before it lied; false where it did not.
    pub(crate) fn put_truth_back(&mut self) -> bool {
        let Some(truth) = self.truth.take() else { return false };
        self.disk.damage(|image| *image = truth.image);
        true
    }

    /// Whether the process began on all that anybody was told of.
    pub(crate) fn began_on_the_truth(&mut self) -> bool {
        let began = self.process.as_ref().map_or(0, |process| process.ledger.position());
        self.truth.take().is_none_or(|truth| began >= truth.position)
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
