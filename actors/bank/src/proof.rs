//! Whether a journal still has everything that somebody was told of.
//!
//! A journal cannot say of itself that its end is missing: a cut file is a shorter journal. So
//! whatever else knows how far the journal had come is a witness, and is heard at every start: the
//! high-water mark, which is kept apart from the journal, the snapshots, the statement, the shop,
//! the outbox, and what the journal's own log has behind its first damage.
//!
//! A torn end that nobody was told of is no loss: it is cut off, and nobody testifies to it.

use bancada_kernel::{EventHash, PaymentId};

/// A hash over every event up to one, in order.
///
/// SipHash-1-3 over the chain before and the hash of the event. It is kept in snapshots and
/// marks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Chain(u64);

impl Chain {
    /// A chain as it was kept.
    pub fn new(number: u64) -> Chain {
        Chain(number)
    }

    /// As a number to keep.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The chain after the next event.
    #[must_use]
    pub fn then(self, event: EventHash) -> Chain {
        let both = u128::from(self.0) << 64 | u128::from(event.get());
        Chain(siphasher::sip::SipHasher13::new().hash(&both.to_be_bytes()))
    }
}

/// How far a journal has come: what was answered up to here is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The last position; 0 before the first.
    pub position: u64,
    /// Over everything up to it.
    pub chain: Chain,
}

/// What somebody besides the journal knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Who, with the place of the file: shown to whoever has to mend it.
    pub who: String,
    /// What.
    pub knows: Knowledge,
}

impl Witness {
    /// The position at which it can be held against the journal.
    pub fn position(&self) -> Option<u64> {
        match self.knows {
            Knowledge::Event(position, _) => Some(position),
            Knowledge::Past(mark) => Some(mark.position),
            Knowledge::Payment(_) | Knowledge::LaterCommit | Knowledge::Existence => None,
        }
    }
}

/// What a witness knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// That there was an event at a position; and which, where the witness is new enough.
    Event(u64, Option<EventHash>),
    /// Everything up to a position.
    Past(Mark),
    /// A payment that was charged.
    Payment(PaymentId),
    /// That a later commit was begun behind a damaged one: the damaged one had been synced, and
    /// may have been answered.
    LaterCommit,
    /// That there was a journal, which is not there any more.
    Existence,
}

/// What a journal holds at a position that a witness names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The position.
    pub position: u64,
    /// The event there.
    pub event: EventHash,
    /// The chain after it.
    pub chain: Chain,
}

/// A journal, as far as it was looked at.
#[derive(Clone, Copy)]
pub struct Looked<'a> {
    /// Its last position; 0 for an empty one.
    pub end: u64,
    /// What it holds where witnesses say that there is something. A position that is not here was
    /// not looked at, and is not compared.
    pub found: &'a [Found],
    /// Whether it has a payment.
    pub has_payment: &'a dyn Fn(PaymentId) -> bool,
}

impl Looked<'_> {
    /// A journal that could not be opened, or was not yet.
    pub const UNOPENED: Looked<'static> = Looked { end: 0, found: &[], has_payment: &|_| false };
}

/// A journal does not have what somebody was told of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// It ends before what somebody knows of.
    #[error(
        "the journal ends at position {end}, but {who} knows of position {known}: {} events that \
         may have been answered are missing",
        known - end
    )]
    Shorter {
        /// Where it ends.
        end: u64,
        /// What is known of.
        known: u64,
        /// By whom.
        who: String,
    },
    /// It is another one, as after an old copy was put in place and paid on.
    #[error("the journal has another past than {who} knows of at position {position}")]
    Another {
        /// Where they differ, at the latest.
        position: u64,
        /// Who knows another.
        who: String,
    },
    /// It lacks a payment that somebody was told of.
    #[error("the journal does not have payment {payment}, which {who} knows of")]
    Payment {
        /// Which.
        payment: PaymentId,
        /// Who knows of it.
        who: String,
    },
    /// Commits that had been synced cannot be read.
    #[error("{who} is damaged before commits that were synced: what they held is lost")]
    Damaged {
        /// Which file.
        who: String,
    },
    /// There is none, and there was.
    #[error("the journal is missing, but {who} is there")]
    Missing {
        /// What is there.
        who: String,
    },
}

/// Decides whether a journal lacks something that a witness knows of.
///
/// The worst testimony is the answer: a missing journal before a shorter one, and whoever knows of
/// the latest position before the others.
pub fn judge(journal: &Looked<'_>, witnesses: &[Witness]) -> Result<(), Loss> {
    let losses = witnesses.iter().filter_map(|witness| testimony(journal, witness));
    match losses.max_by_key(Loss::weight) {
        Some(loss) => Err(loss),
        None => Ok(()),
    }
}

/// A reader has followed another journal: nothing of this one fits what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OtherPast {
    /// It has read more than there is.
    #[error("position {position} is beyond the last one, {end}")]
    Beyond {
        /// What it has read last.
        position: u64,
        /// The last position of this journal.
        end: u64,
    },
    /// It has read another event there.
    #[error("the event at position {position} is another one than was read there")]
    Another {
        /// What it has read last.
        position: u64,
    },
}

/// Whether a journal that ends at `end`, and has the event `found` at a position, is the one of
/// which a reader has read the event `read` there; `read` is absent where the reader does not say
/// which event it has read.
pub fn is_followed(
    (end, found): (u64, Option<EventHash>),
    (position, read): (u64, Option<EventHash>),
) -> Result<(), OtherPast> {
    if position > end {
        return Err(OtherPast::Beyond { position, end });
    }
    if read.is_some() && read != found {
        return Err(OtherPast::Another { position });
    }
    Ok(())
}

fn testimony(journal: &Looked<'_>, Witness { who, knows }: &Witness) -> Option<Loss> {
    let (who, Looked { end, found, has_payment }) = (who.clone(), *journal);
    let at = |position| found.iter().find(|found| found.position == position);
    let (position, is_another) = match *knows {
        Knowledge::LaterCommit => return Some(Loss::Damaged { who }),
        Knowledge::Existence => return (end == 0).then_some(Loss::Missing { who }),
        Knowledge::Payment(payment) => {
            return (!has_payment(payment)).then_some(Loss::Payment { payment, who });
        }
        Knowledge::Event(position, event) => {
            let differs = |found: &Found| event.is_some_and(|event| event != found.event);
            (position, at(position).is_some_and(differs))
        }
        Knowledge::Past(mark) => {
            let differs = |found: &Found| mark.chain != found.chain;
            (mark.position, at(mark.position).is_some_and(differs))
        }
    };
    if position > end {
        return Some(Loss::Shorter { end, known: position, who });
    }
    is_another.then_some(Loss::Another { position, who })
}

impl Loss {
    fn weight(&self) -> (u8, u64) {
        match self {
            Loss::Payment { .. } => (0, 0),
            Loss::Another { position, .. } => (0, *position),
            Loss::Shorter { known, .. } => (1, *known),
            Loss::Damaged { .. } => (2, 0),
            Loss::Missing { .. } => (3, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> EventHash {
        EventHash::new(number).unwrap()
    }

    /// Of a journal that has no payment but one.
    fn judged(end: u64, found: &[Found], witnesses: &[Witness]) -> Result<(), Loss> {
        judge(&Looked { end, found, has_payment: &|it| it == payment(1) }, witnesses)
    }

    fn payment(n: u128) -> PaymentId {
        PaymentId::new(uuid::Uuid::from_u128(n))
    }

    fn witness(who: &str, knows: Knowledge) -> Witness {
        Witness { who: who.to_owned(), knows }
    }

    /// What a journal of events with these hashes holds at each position.
    fn journal(events: &[u64]) -> Vec<Found> {
        let mut chain = Chain::default();
        let each = events.iter().zip(1..).map(|(event, position)| {
            chain = chain.then(hash(*event));
            Found { position, event: hash(*event), chain }
        });
        each.collect()
    }

    #[test]
    fn a_journal_that_has_all_that_is_known_of_is_whole() {
        let found = journal(&[11, 12, 13]);
        for knows in [
            Knowledge::Past(Mark { position: 3, chain: found[2].chain }),
            Knowledge::Past(Mark { position: 1, chain: found[0].chain }),
            Knowledge::Past(Mark::default()),
            Knowledge::Event(2, Some(hash(12))),
            Knowledge::Event(3, None),
            Knowledge::Existence,
            Knowledge::Payment(payment(1)),
        ] {
            assert_eq!(judged(3, &found, &[witness("w", knows)]), Ok(()), "{knows:?}");
        }
        // What was not looked at is not compared.
        let elsewhere = Knowledge::Past(Mark { position: 2, chain: Chain::new(99) });
        assert_eq!(judged(3, &found[2..], &[witness("w", elsewhere)]), Ok(()));
        assert_eq!(judged(0, &[], &[]), Ok(()), "a new one");
    }

    #[test]
    fn what_a_journal_lacks_is_told_by_whoever_knows_of_it() {
        let found = journal(&[11, 12, 13]);
        let who = || "w".to_owned();
        for (knows, loss) in [
            (Knowledge::Event(4, None), Loss::Shorter { end: 3, known: 4, who: who() }),
            (
                Knowledge::Past(Mark { position: 9, chain: Chain::new(1) }),
                Loss::Shorter { end: 3, known: 9, who: who() },
            ),
            (Knowledge::Event(2, Some(hash(13))), Loss::Another { position: 2, who: who() }),
            (
                Knowledge::Past(Mark { position: 3, chain: found[1].chain }),
                Loss::Another { position: 3, who: who() },
            ),
            (Knowledge::Payment(payment(2)), Loss::Payment { payment: payment(2), who: who() }),
            (Knowledge::LaterCommit, Loss::Damaged { who: who() }),
        ] {
            assert_eq!(judged(3, &found, &[witness("w", knows)]), Err(loss));
        }
        let missing = judged(0, &[], &[witness("w", Knowledge::Existence)]);
        assert_eq!(missing, Err(Loss::Missing { who: who() }));
    }

    #[test]
    fn the_one_who_knows_most_is_named() {
        let witnesses = [
            witness("a", Knowledge::Event(7, None)),
            witness("b", Knowledge::Event(9, None)),
            witness("c", Knowledge::Event(2, Some(hash(99)))),
            witness("d", Knowledge::Event(8, None)),
        ];
        let loss = judged(3, &journal(&[11, 12, 13]), &witnesses).unwrap_err();
        assert_eq!(loss, Loss::Shorter { end: 3, known: 9, who: "b".to_owned() });
        let text = loss.to_string();
        assert!(text.contains("ends at position 3") && text.contains("6 events"), "{text}");
    }

    /// Kept in snapshots and marks.
    #[test]
    fn the_chain_stays_what_it_is() {
        let chain = journal(&[1, 2, 3])[2].chain;
        assert_eq!(chain.get(), 14_365_983_041_723_702_207);
        assert_ne!(journal(&[2, 1, 3])[2].chain, chain, "order is part of it");
    }
}
