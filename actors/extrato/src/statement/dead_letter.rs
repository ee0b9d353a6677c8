//! A record that could not be read, as it is kept.

use bancada_kernel::CardToken;

use crate::ports::SourcePosition;

/// A record that could not be read. Its card waits until the Bank's past has shown what it was;
/// the record stays until somebody has looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Ascending, in the order in which they came.
    pub id: u64,
    /// Where it was, if it came from the source.
    pub at: Option<SourcePosition>,
    /// The card it is about, where the record's key told.
    pub card: Option<CardToken>,
    /// What was wrong with it.
    pub why: String,
    /// What was received.
    pub raw: Vec<u8>,
}
