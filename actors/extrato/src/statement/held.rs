//! A card that waits for events it missed.

use bancada_kernel::CardToken;

/// A card and the event after which its statement stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCard {
    /// Which card.
    pub token: CardToken,
    /// The position of the last event that was applied to it; 0 if none was.
    pub position: u64,
    /// It goes on when the event of this sequence has been applied.
    pub needed_sequence: u64,
}
