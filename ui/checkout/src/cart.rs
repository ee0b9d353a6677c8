//! The cart: what and how many. Prices are the server's and are looked up when shown.

use std::rc::Rc;

use bancada_proto::web::{Money, OrderItemRequest, Product};
use bancada_ui_kit::money;
use serde::{Deserialize, Serialize};
use yew::Reducible;

/// The most of one product in one order.
pub(crate) const MAX_QUANTITY: u32 = 99;
/// The most lines in one order.
const MAX_LINES: usize = 50;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cart {
    pub(crate) lines: Vec<CartLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CartLine {
    pub(crate) slug: String,
    /// 1 to [`MAX_QUANTITY`].
    pub(crate) quantity: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CartAction {
    /// One more of a product.
    Add(String),
    /// Exactly this many; brought into the allowed range.
    SetQuantity(String, u32),
    Remove(String),
    /// So much was paid for: what came into the cart since stays in it.
    Bought(Vec<CartLine>),
    /// The cart as another tab has left it.
    Replace(Cart),
}

/// How many a field asks for: a whole number from 1 to [`MAX_QUANTITY`], or nothing that is one.
pub(crate) fn read_quantity(text: &str) -> Option<u32> {
    let quantity: u32 = text.trim().parse().ok()?;
    (1..=MAX_QUANTITY).contains(&quantity).then_some(quantity)
}

impl Cart {
    /// Brings what a browser had stored into the allowed ranges.
    pub(crate) fn repaired(mut self) -> Cart {
        self.lines.truncate(MAX_LINES);
        for line in &mut self.lines {
            line.quantity = line.quantity.clamp(1, MAX_QUANTITY);
        }
        self
    }

    /// How many things are in it.
    pub(crate) fn n_items(&self) -> u32 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    pub(crate) fn quantity_of(&self, slug: &str) -> u32 {
        self.lines.iter().find(|line| line.slug == slug).map_or(0, |line| line.quantity)
    }

    /// Equal for carts that buy the same, whatever the order of their lines.
    pub(crate) fn fingerprint(&self) -> String {
        let mut parts: Vec<String> =
            self.lines.iter().map(|line| format!("{}*{}", line.slug, line.quantity)).collect();
        parts.sort();
        parts.join(",")
    }

    pub(crate) fn requests(&self) -> Vec<OrderItemRequest> {
        self.lines
            .iter()
            .map(|line| OrderItemRequest { slug: line.slug.clone(), quantity: line.quantity })
            .collect()
    }

    fn apply(&mut self, action: CartAction) {
        match action {
            CartAction::Add(slug) => {
                let quantity = self.quantity_of(&slug) + 1;
                self.set(slug, quantity);
            }
            CartAction::SetQuantity(slug, quantity) => self.set(slug, quantity),
            CartAction::Remove(slug) => self.lines.retain(|line| line.slug != slug),
            CartAction::Bought(lines) => lines.iter().for_each(|line| self.take_out(line)),
            CartAction::Replace(cart) => *self = cart,
        }
    }

    fn take_out(&mut self, bought: &CartLine) {
        for line in self.lines.iter_mut().filter(|line| line.slug == bought.slug) {
            line.quantity = line.quantity.saturating_sub(bought.quantity);
        }
        self.lines.retain(|line| line.quantity > 0);
    }

    fn set(&mut self, slug: String, quantity: u32) {
        let quantity = quantity.clamp(1, MAX_QUANTITY);
        if let Some(line) = self.lines.iter_mut().find(|line| line.slug == slug) {
            line.quantity = quantity;
        } else if self.lines.len() < MAX_LINES {
            self.lines.push(CartLine { slug, quantity });
        }
    }
}

impl Reducible for Cart {
    type Action = CartAction;

    fn reduce(mut self: Rc<Self>, action: CartAction) -> Rc<Self> {
        Rc::make_mut(&mut self).apply(action);
        self
    }
}

/// A cart with the prices of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PricedCart {
    pub(crate) lines: Vec<PricedLine>,
    /// Absent when nothing is left to buy.
    pub(crate) total: Option<Money>,
    /// Slugs that the shop no longer sells.
    pub(crate) missing: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PricedLine {
    pub(crate) product: Product,
    pub(crate) quantity: u32,
    pub(crate) total: Money,
}

impl PricedCart {
    pub(crate) fn of(cart: &Cart, products: &[Product]) -> PricedCart {
        let mut lines = Vec::new();
        let mut missing = Vec::new();
        for line in &cart.lines {
            let product = products.iter().find(|product| product.slug == line.slug);
            let priced = product.and_then(|product| {
                let total = money::total([(&product.price, line.quantity)])?;
                Some(PricedLine { product: product.clone(), quantity: line.quantity, total })
            });
            match priced {
                Some(priced) => lines.push(priced),
                None => missing.push(line.slug.clone()),
            }
        }
        let total = money::total(lines.iter().map(|line| (&line.total, 1)));
        PricedCart { lines, total, missing }
    }
}

#[cfg(test)]
mod tests {
    use bancada_proto::web::Text;

    use super::*;

    fn after(actions: &[CartAction]) -> Cart {
        let start = Rc::new(Cart::default());
        (*actions.iter().cloned().fold(start, Cart::reduce)).clone()
    }

    fn add(slug: &str) -> CartAction {
        CartAction::Add(slug.to_owned())
    }

    #[test]
    fn actions_change_the_cart_and_stay_in_range() {
        use CartAction::{Bought, Remove, Replace, SetQuantity};
        let lines = |slug: &str, quantity| vec![CartLine { slug: slug.into(), quantity }];
        for (actions, expected) in [
            (vec![], ""),
            (vec![add("a"), add("b"), add("a")], "a*2,b*1"),
            (vec![add("a"), SetQuantity("a".into(), 100)], "a*99"),
            (vec![add("a"), SetQuantity("a".into(), 0)], "a*1"),
            (vec![SetQuantity("a".into(), 99), add("a")], "a*99"),
            (vec![add("a"), add("b"), Remove("a".into())], "b*1"),
            (vec![add("a"), Bought(lines("a", 1))], ""),
            // What came in while another tab paid stays.
            (vec![add("a"), add("a"), add("b"), Bought(lines("a", 1))], "a*1,b*1"),
            (vec![add("b"), Bought(lines("a", 1))], "b*1"),
            (vec![add("a"), Replace(Cart { lines: lines("b", 3) })], "b*3"),
        ] {
            assert_eq!(after(&actions).fingerprint(), expected, "{actions:?}");
        }
    }

    #[test]
    fn only_a_whole_number_in_range_is_a_quantity() {
        for (text, expected) in [
            ("1", Some(1)),
            (" 12 ", Some(12)),
            ("99", Some(99)),
            ("0", None),
            ("100", None),
            ("-1", None),
            ("2,5", None),
            ("2.5", None),
            ("1e1", None),
            ("", None),
            ("dois", None),
        ] {
            assert_eq!(read_quantity(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_fingerprint_ignores_the_order_of_lines() {
        let one = after(&[add("a"), add("b")]);
        let other = after(&[add("b"), add("a")]);
        assert_ne!(one, other);
        assert_eq!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn a_stored_cart_is_repaired() {
        let lines = vec![CartLine { slug: "a".into(), quantity: 7_000 }; 60];
        let repaired = Cart { lines }.repaired();
        assert_eq!(repaired.lines.len(), MAX_LINES);
        assert!(repaired.lines.iter().all(|line| line.quantity == MAX_QUANTITY));
    }

    #[test]
    fn prices_come_from_the_catalogue_and_unknown_products_are_told() {
        let text = |text: &str| Text { pt_br: text.into(), en: text.into() };
        let price = Money { amount_minor: 250, currency: "BRL".into() };
        let mug = Product {
            slug: "mug".into(),
            name: text("mug"),
            description: text("mug"),
            price,
            image: String::new(),
        };
        let cart = after(&[add("mug"), add("mug"), add("gone")]);
        let priced = PricedCart::of(&cart, &[mug]);
        assert_eq!(priced.total.map(|total| total.amount_minor), Some(500));
        assert_eq!(priced.missing, ["gone"]);
        assert_eq!(PricedCart::of(&cart, &[]).total, None);
    }
}
