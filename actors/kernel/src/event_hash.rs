//! What tells one event from every other: a follower proves with it which past it has read.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::event::PaymentEvent;
use crate::shard::Shard;

/// A hash of the facts of an event that no transport and no version changes.
///
/// It is SipHash-1-3 with the key 0, written down in this file once and for all: it is kept with
/// positions. It finds accidents (a lost tail, a backup put back in place, a damaged row), not
/// forgeries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventHash(u64);

impl EventHash {
    /// A hash as it was kept or sent; `None` for 0, which says that nothing is known.
    pub fn new(number: u64) -> Option<EventHash> {
        (number != 0).then_some(EventHash(number))
    }

    /// Never 0.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl PaymentEvent {
    /// The hash of this event. It is the same inside the Bank and outside, where the position
    /// names its shard as well.
    pub fn hash(&self) -> EventHash {
        let mut hasher = SipHasher13::new();
        hasher.write(self.event_id.uuid().as_bytes());
        hasher.write(self.transaction_id.uuid().as_bytes());
        let card = self.card.as_ref();
        let numbers = [
            Shard::in_journal(self.position),
            card.map_or(0, |card| card.sequence),
            self.amount.minor.cast_unsigned(),
            self.occurred_at.0.cast_unsigned(),
        ];
        for number in numbers {
            hasher.write(&number.to_le_bytes());
        }
        let texts = [
            self.kind.word(),
            self.amount.currency.code(),
            card.map_or("", |card| card.token.as_str()),
            &self.order_id,
        ];
        for text in texts {
            hasher.write(text.as_bytes());
            // No text has this byte: where one ends is part of the hash.
            hasher.write(&[0xFF]);
        }
        EventHash(hasher.finish().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Brand, CardToken, EventCard, EventId, EventKind, Money, PaymentId, ShardCount, Timestamp,
    };

    fn event() -> PaymentEvent {
        let id = EventId::parse("01890000-0000-7000-8000-000000000001").unwrap();
        let card = EventCard {
            token: CardToken::parse("card_1").unwrap(),
            sequence: 3,
            masked_number: "************1000".to_owned(),
            brand: Brand::Visa,
            after: None,
        };
        let time = Timestamp(1_795_996_799_999);
        let event =
            PaymentEvent::of_card(EventKind::CardIssued, id, 7, card, Money::brl(5), time, None);
        PaymentEvent { order_id: "o-1".to_owned(), ..event }
    }

    /// Kept with positions by the statement, the outbox and the shop: another number would make
    /// each of them a stranger to the Bank it has always followed.
    #[test]
    fn the_hash_of_an_event_stays_what_it_is() {
        assert_eq!(event().hash().get(), 17_983_633_789_618_934_533);
    }

    #[test]
    fn whatever_tells_two_events_apart_is_in_the_hash() {
        let known = event();
        let uuid = "01890000-0000-7000-8000-000000000002";
        let other_card = |change: fn(&mut EventCard)| {
            let mut event = event();
            change(event.card.as_mut().unwrap());
            event
        };
        for (what, other) in [
            ("id", PaymentEvent { event_id: EventId::parse(uuid).unwrap(), ..event() }),
            (
                "payment",
                PaymentEvent { transaction_id: PaymentId::parse(uuid).unwrap(), ..event() },
            ),
            ("kind", PaymentEvent { kind: EventKind::CardStatusChanged, ..event() }),
            ("position", PaymentEvent { position: 8, ..event() }),
            ("amount", PaymentEvent { amount: Money::brl(6), ..event() }),
            ("time", PaymentEvent { occurred_at: Timestamp(0), ..event() }),
            ("order", PaymentEvent { order_id: "o-2".to_owned(), ..event() }),
            ("no card", PaymentEvent { card: None, ..event() }),
            ("card", other_card(|card| card.token = CardToken::parse("card_2").unwrap())),
            ("sequence", other_card(|card| card.sequence = 4)),
        ] {
            assert_ne!(other.hash(), known.hash(), "{what}");
        }
    }

    #[test]
    fn the_hash_is_the_same_inside_the_bank_and_outside() {
        let shard = ShardCount::new(2).unwrap().shards().last().unwrap();
        let outside = PaymentEvent { position: shard.position(7), ..event() };
        assert_eq!(outside.hash(), event().hash());
    }
}
