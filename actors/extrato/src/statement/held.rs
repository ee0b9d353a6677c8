//! A card that waits for events it missed.

use bancada_kernel::CardToken;

use super::Rows;
use crate::ports::{BankCard, StoreError};

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

/// Lets those cards go on of which the Bank has nothing more, as its past says that was read to
/// its end since they were found waiting. The result is how many cards still wait.
///
/// A record that cannot be read makes its card wait for the next event, which need not exist: the
/// record may have been a copy of one that was applied, or of a card that the Bank does not know.
/// A card of which a later event was seen goes on waiting for those before it.
pub fn release(rows: &mut dyn Rows, found: &[HeldCard]) -> Result<u64, StoreError> {
    let mut held = rows.held()?;
    for HeldCard { token, needed_sequence, .. } in found {
        let next = rows.card(token)?.map_or(0, |card| card.sequence) + 1;
        if *needed_sequence == next && held.get(token) == Some(needed_sequence) {
            rows.release(token)?;
            held.remove(token);
        }
    }
    Ok(u64::try_from(held.len()).unwrap_or(u64::MAX))
}

/// Makes those cards wait that have had fewer events here than at the Bank, so that what they
/// missed is fetched. The result is how many began to wait.
///
/// A gap is seen when the next event of a card comes; this is for a card of which nothing comes.
pub fn hold_behind(rows: &mut dyn Rows, cards: &[BankCard]) -> Result<u64, StoreError> {
    let held = rows.held()?;
    let mut n_behind = 0;
    for BankCard { token, sequence } in cards {
        let known = rows.card(token)?.map_or(0, |card| card.sequence);
        if known < *sequence && !held.contains_key(token) {
            rows.put_held(token, *sequence)?;
            n_behind += 1;
        }
    }
    Ok(n_behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::history::{History, START, token};
    use crate::statement::memory::Content;

    /// Three events of card 1 were applied, and none of any other.
    fn rows<const N: usize>(held: [(u8, u64); N]) -> Content {
        let mut rows = Content::default();
        rows.apply(&History::of_purchases(1, 2).records(), START);
        rows.held.extend(held.map(|(card, needed)| (token(card), needed)));
        rows
    }

    #[test]
    fn only_a_card_that_waits_for_nothing_but_its_next_event_goes_on() {
        for (card, needed_when_found, needed_now, goes_on) in [
            (1, 4, 4, true),
            (2, 1, 1, true),
            // A later event was seen: before the card was found, or since.
            (1, 6, 6, false),
            (2, 2, 2, false),
            (1, 4, 6, false),
        ] {
            let mut rows = rows([(card, needed_now), (9, 1)]);
            let found =
                HeldCard { token: token(card), position: 0, needed_sequence: needed_when_found };
            let n_waiting = if goes_on { 1 } else { 2 };
            assert_eq!(release(&mut rows, &[found]), Ok(n_waiting), "card {card}");
            assert_eq!(rows.held.len() as u64, n_waiting, "card {card}");
            assert_eq!(rows.held.contains_key(&token(card)), !goes_on, "card {card}");
        }
    }

    #[test]
    fn a_card_waits_for_what_the_bank_has_more_of_it_unless_it_waits_already() {
        let mut rows = rows([(4, 2)]);
        let bank = [(1, 3), (2, 0), (3, 1), (4, 9), (5, 7)];
        let bank = bank.map(|(card, sequence)| BankCard { token: token(card), sequence });
        assert_eq!(hold_behind(&mut rows, &bank), Ok(2));
        assert_eq!(rows.held, [(token(3), 1), (token(4), 2), (token(5), 7)].into());
    }
}
