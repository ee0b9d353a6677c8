//! Whether two requests with one key are the same request.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Item, MaskedCard};

/// A hash of what a buyer asked for, in hexadecimal.
///
/// It covers products, quantities, installments and the masked card, never the number or the
/// security code: a hash of those could be brute-forced. Prices are not part of it, so that a
/// repeated request finds its order also after a price has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a request. The order of the items does not matter, nor whether equal
    /// products stand on one line or on several.
    pub fn of(items: &[Item], installments: u32, card: &MaskedCard) -> Fingerprint {
        let mut merged = std::collections::BTreeMap::<&str, u64>::new();
        for item in items {
            *merged.entry(item.slug.as_str()).or_default() += u64::from(item.quantity);
        }
        let mut hash = Sha256::new();
        // Lengths in front, so that no two different requests are the same bytes.
        let mut part = |bytes: &[u8]| {
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(bytes);
        };
        for (slug, quantity) in merged {
            part(slug.as_bytes());
            part(&quantity.to_le_bytes());
        }
        part(&installments.to_le_bytes());
        part(card.brand.word().as_bytes());
        part(card.masked_number.as_bytes());
        Fingerprint(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;
    use crate::order::fixture::{an_order, item, visa};

    #[test]
    fn the_same_request_has_the_same_fingerprint_and_another_has_another() {
        let base = Fingerprint::of(&[item("a", 3), item("b", 1)], 2, &visa("4242"));
        for (items, installments, card, same) in [
            (vec![item("b", 1), item("a", 3)], 2, visa("4242"), true),
            (vec![item("a", 1), item("b", 1), item("a", 2)], 2, visa("4242"), true),
            (vec![item("a", 3), item("b", 2)], 2, visa("4242"), false),
            (vec![item("a", 3), item("c", 1)], 2, visa("4242"), false),
            (vec![item("a", 3)], 2, visa("4242"), false),
            (vec![item("a", 3), item("b", 1)], 3, visa("4242"), false),
            (vec![item("a", 3), item("b", 1)], 2, visa("4241"), false),
        ] {
            let found = Fingerprint::of(&items, installments, &card);
            assert_eq!(found == base, same, "{items:?} {installments} {card:?}");
        }
    }

    #[test]
    fn an_order_survives_its_stored_form_and_holds_no_card_number() {
        let order = an_order();
        let json = serde_json::to_string(&order).unwrap();
        assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
        assert!(!json.contains("4242424242424242"));
        assert_eq!(order.description(), "Café em grãos 500 g");
    }
}
