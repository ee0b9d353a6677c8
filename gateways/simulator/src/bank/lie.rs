//! A disk that gives back something else than was synced, and what a start on it must notice.

use bancada_bank::ports::JournalOpener as _;
use bancada_database::fault_disk::{FaultDisk, FaultJournal};

use super::{Bank, load};

/// A disk as it was, and how far a start on it has to come at least.
pub(super) struct Truth {
    image: Vec<u8>,
    position: u64,
}

impl Bank {
    /// The disk gives back something else than was synced, from now until somebody puts the truth
    /// back. After a power cut the mark may be older, and all that is there has to be found.
    pub(crate) fn lie(&mut self, after_power_cut: bool, change: impl FnOnce(&mut Vec<u8>)) {
        let image = self.disk.image();
        let truth = FaultJournal::new(&FaultDisk::of_image(image.clone())).open();
        let Ok((ledger, _)) = truth.and_then(|mut truth| load(&mut *truth)) else { return };
        let answered = self.mark.position();
        let position = if after_power_cut { ledger.position() } else { answered };
        self.truth = Some(Truth { image, position });
        self.disk.damage(change);
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
