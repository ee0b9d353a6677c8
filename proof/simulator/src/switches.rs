//! What may happen in a run, each of it a switch, so that a failing run can be made smaller.

use std::fmt;

macro_rules! kinds {
    ($($kind:ident $word:literal $doc:literal),* $(,)?) => {
        /// A kind of fault or of work.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = $doc] $kind,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// The word on the command line.
            pub fn word(self) -> &'static str {
                match self {
                    $(Kind::$kind => $word,)*
                }
            }
        }
    };
}

kinds! {
    LostMessage "lost-message" "A request or an answer does not arrive.",
    DoubledMessage "doubled-message" "A request or an answer arrives twice.",
    LateMessage "late-message" "A request or an answer takes so long that it is given up.",
    BankEnds "bank-ends" "The Bank's process ends and is started again.",
    PowerCut "power-cut" "The Bank's machine loses what it had not synced, or a part of it.",
    LedgerRestarts "ledger-restarts" "The Bank's ledger crashes and loads again.",
    DiskError "disk-error" "A call of the Bank's disk fails.",
    FullDisk "full-disk" "The Bank's disk has no room for a while.",
    ShopEnds "shop-ends" "The shop's process ends and is started again.",
    ShopDiskError "shop-disk-error" "A write of the shop fails, whether or not it was done.",
    FullShopDisk "full-shop-disk" "The shop's disk has no room for a while.",
    StatementEnds "statement-ends" "The statement's process ends and is started again.",
    StatementDiskError "statement-disk-error" "A call of the statement's store fails.",
    LyingDisk "lying-disk" "The Bank's disk gives back something else than was synced.",
    LostElsewhere "lost-elsewhere" "A journal loses an end that only a statement elsewhere has.",
    DamagedRow "damaged-row" "A row of the statement or of the shop is not what was written.",
    ClockJump "clock-jump" "The Bank's clock is set forward or back.",
    LostRecord "lost-record" "The broker loses an event.",
    DoubledRecord "doubled-record" "The broker has an event twice.",
    SwappedRecords "swapped-records" "The broker has two events in the wrong order.",
    UnreadableRecord "unreadable-record" "The broker spoils an event.",
    WipedPartition "wiped-partition" "The broker loses a partition and begins it anew.",
    Sale "sale" "A merchant charges a card.",
    Hold "hold" "A merchant authorizes a payment.",
    Capture "capture" "A merchant captures a payment, whole or in part.",
    Void "void" "A merchant voids a payment.",
    Refund "refund" "A merchant refunds a payment, again and again.",
    Abandon "abandon" "A merchant closes a key.",
    Repeat "repeat" "A merchant repeats a request to the letter.",
    OtherBody "other-body" "A merchant uses a key again for something else.",
    Senseless "senseless" "A merchant asks for nothing, or about another's payment.",
    CardStatus "card-status" "A card is blocked, unblocked or cancelled.",
    CardLimit "card-limit" "A card is given another limit.",
    Bill "bill" "A cardholder pays toward a bill.",
    NewCard "new-card" "A card is issued.",
    Order "order" "A buyer places an order with the shop.",
    OrderAgain "order-again" "A buyer repeats an order, or uses its key for another one.",
}

impl Kind {
    /// The kind of a [`Kind::word`].
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Which kinds may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    off: u64,
}

impl Switches {
    /// Everything may happen.
    pub const ALL: Switches = Switches { off: 0 };

    /// No faults, which stand before the kinds of work.
    pub const ONLY_WORK: Switches = Switches { off: (1 << Kind::Sale as u64) - 1 };

    /// The same without a kind.
    #[must_use]
    pub fn without(self, kind: Kind) -> Switches {
        Switches { off: self.off | 1 << kind as u64 }
    }

    /// Whether this may happen.
    pub fn has(self, kind: Kind) -> bool {
        self.off >> kind as u64 & 1 == 0
    }

    /// What may not happen.
    pub fn off(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| !self.has(*kind))
    }
}

/// How often each kind happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts([u64; Kind::ALL.len()]);

impl Default for Counts {
    fn default() -> Counts {
        Counts([0; Kind::ALL.len()])
    }
}

impl Counts {
    /// Once more.
    pub(crate) fn count(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    /// How often.
    pub fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// Both together.
    pub fn add(&mut self, other: &Counts) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, n)| *sum += n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_switched_off_by_its_word() {
        assert!(Kind::ALL.len() <= 64);
        for kind in Kind::ALL.iter().copied() {
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
            let switches = Switches::ALL.without(kind);
            assert_eq!(switches.off().collect::<Vec<_>>(), [kind]);
        }
        assert_eq!(Kind::from_word("earthquake"), None);
    }
}
