//! An order for tests.

use bancada_kernel::{Brand, OrderId, Timestamp};
use uuid::Uuid;

use super::{Fingerprint, Item, MaskedCard, Order, OrderState, price};
use crate::catalogue::Catalogue;

pub(crate) fn visa(last4: &str) -> MaskedCard {
    MaskedCard { brand: Brand::Visa, masked_number: format!("************{last4}") }
}

pub(crate) fn item(slug: &str, quantity: u32) -> Item {
    Item { slug: slug.to_owned(), quantity }
}

/// One bag of coffee.
pub(crate) fn an_order() -> Order {
    let items = [item("cafe-em-graos", 1)];
    let priced = price(&Catalogue::seeded(), &items, 1, None).unwrap();
    Order {
        id: OrderId::new(Uuid::from_u128(7)),
        lines: priced.lines,
        total: priced.total,
        card: visa("4242"),
        installments: 1,
        state: OrderState::Placed,
        fingerprint: Fingerprint::of(&items, 1, &visa("4242")),
        placed_at: Timestamp(5),
        updated_at: Timestamp(5),
        trace: None,
    }
}
