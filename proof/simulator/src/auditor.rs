//! Holds what everybody was told against what is kept.
//!
//! It keeps books of its own from the journal's events, and shares no code with the ledger: an
//! error there is none here. What is found begins with the invariant that it breaks:
//!
//! | id | always holds |
//! |---|---|
//! | I1 | whatever was answered is in the journal, and in the shop |
//! | I2 | a key has one effect at most, and one answer |
//! | I3 | the postings of every entry, and of all together, sum to zero, on the right accounts |
//! | I4 | nothing beyond a limit, a hold or a capture, and no refusal without a reason |
//! | I5 | whoever asked has an answer at last, and the same one as everybody else |
//! | I6 | the statement has a line for every event that is to have one, once, and the same cards |
//! | I7 | positions, and each card's sequence, run from 1 without gaps, also on the statement |

mod answers;
mod books;
mod lines;
mod orders;
mod payment;

use crate::evidence::Evidence;
use books::Books;

/// What is kept of what is wrong.
const MAX_BREACHES: usize = 20;

/// Everything that is wrong, up to a number; nothing when all is well.
pub fn audit(evidence: &Evidence) -> Vec<String> {
    let mut breaches = Vec::new();
    let books = Books::of(&evidence.journal, &mut breaches);
    answers::check(evidence, &books, &mut breaches);
    orders::check(evidence, &books, &mut breaches);
    lines::check(&evidence.statement, &books, &mut breaches);
    breaches.truncate(MAX_BREACHES);
    breaches
}
