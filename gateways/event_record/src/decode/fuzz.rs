//! Whatever is in a topic: it is an event or is refused, and an event can be written.

use bancada_fuzz::{Fuzz, gist};
use bancada_kernel::{DeclineReason, EventKind, PaymentEvent};

use super::event_from_value;
use crate::encode::event_to_value;
use crate::examples::event;

#[test]
fn no_bytes_make_a_records_value_panic_and_what_is_read_can_be_written() {
    let full = event();
    let of_kind = |kind| event_to_value(&PaymentEvent { kind, ..full.clone() });
    let bare =
        PaymentEvent { card: None, merchant_id: None, decline: None, trace: None, ..event() };
    let seeds = EventKind::ALL.map(of_kind).into_iter().chain([event_to_value(&bare)]);
    let fuzz = Fuzz::new(env!("CARGO_MANIFEST_DIR"), "value").seeds(seeds).words(&[
        DeclineReason::Abandoned.word(),
        "9999-12-31T23:59:59.999999999Z",
        "-009999-01-01T00:00:00-25:59",
        "1e308",
        "null",
        "[]",
        "\\u0000",
        "JPY",
        "XXX",
    ]);
    fuzz.run(|value| match event_from_value(value) {
        Ok(event) => {
            assert_eq!(event_from_value(&event_to_value(&event)).as_ref(), Ok(&event));
            format!("{:?} {} {}", event.kind, event.card.is_some(), event.decline.is_some())
        }
        Err(error) => gist(&error),
    });
}
