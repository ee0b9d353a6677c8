//! Values that everyone shares: money, cards, ids, decline codes, events.
//!
//! Pure and below every other crate of ours: the browser and the server check a card with this
//! same code.
//!
//! **Architecture invariant:** no clock, no randomness, no I/O, no log. The current month, ids
//! and instants come in as arguments.

pub mod brand;
pub mod calendar;
pub mod card_data;
pub mod card_number;
pub mod cvv;
pub mod decline;
pub mod event;
pub mod event_hash;
pub mod expiry;
pub mod ids;
pub mod limits;
pub mod money;
pub mod shard;
pub mod test_cards;
pub mod text;
pub mod timestamp;
pub mod trace;

pub use brand::Brand;
pub use card_number::{CardNumber, CardNumberError};
pub use cvv::{Cvv, CvvError};
pub use decline::DeclineReason;
pub use event::{CardSnapshot, CardStatus, EventCard, EventKind, PaymentEvent, PaymentSnapshot};
pub use event_hash::EventHash;
pub use expiry::{Expiry, ExpiryError};
pub use ids::{CardToken, EventId, IdempotencyKey, MerchantId, OrderId, PaymentId};
pub use money::{Currency, Money, MoneyError};
pub use shard::{Shard, ShardCount, ShardCountError};
pub use text::Text;
pub use timestamp::Timestamp;
pub use trace::TraceContext;
