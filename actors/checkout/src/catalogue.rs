//! What the shop sells: seeded products of our own invention, with drawings of our own.

mod seed;

use bancada_kernel::Money;

/// The same text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Text {
    /// Brazilian Portuguese.
    pub pt_br: String,
    /// English.
    pub en: String,
}

/// Something that can be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Stable id in URLs.
    pub slug: &'static str,
    /// Short name.
    pub name: Text,
    /// A sentence or two.
    pub description: Text,
    /// Price of one.
    pub price: Money,
    /// An SVG document, below 3 kB, that reads on a light and on a dark page.
    pub drawing: &'static str,
}

/// All products.
#[derive(Clone, Debug)]
pub struct Catalogue {
    products: Vec<Product>,
}

impl Catalogue {
    /// The seeded catalogue.
    pub fn seeded() -> Catalogue {
        Catalogue { products: seed::products() }
    }

    /// In shop order.
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// The product of a slug.
    pub fn product(&self, slug: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.slug == slug)
    }

    /// The drawing of a product, for the path that [`Product::image`] names.
    pub fn drawing(&self, slug: &str) -> Option<&'static str> {
        self.product(slug).map(|product| product.drawing)
    }
}

impl Product {
    /// The same-origin path of the drawing.
    pub fn image(&self) -> String {
        format!("/assets/products/{}.svg", self.slug)
    }
}

impl Text {
    /// A text in both languages.
    pub fn new(pt_br: &str, en: &str) -> Text {
        Text { pt_br: pt_br.to_owned(), en: en.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use bancada_kernel::Currency;

    use super::*;

    #[test]
    fn every_product_can_be_shown_and_sold() {
        let catalogue = Catalogue::seeded();
        let mut slugs = HashSet::new();
        for product in catalogue.products() {
            let slug = product.slug;
            assert!(slugs.insert(slug), "{slug} stands twice");
            assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{slug}");
            assert!(product.price.minor > 0 && product.price.currency == Currency::BRL, "{slug}");
            for text in [&product.name, &product.description] {
                assert!(!text.pt_br.is_empty() && !text.en.is_empty(), "{slug}");
            }
            assert_eq!(catalogue.product(slug), Some(product));
        }
        assert!(catalogue.products().len() >= 12);
        assert_eq!(catalogue.product("cafe"), None);
        assert_eq!(catalogue.drawing("cafe"), None);
    }

    #[test]
    fn drawings_are_small_and_fetch_nothing() {
        for product in Catalogue::seeded().products() {
            let (slug, drawing) = (product.slug, product.drawing);
            assert!(drawing.starts_with("<svg ") && drawing.ends_with("</svg>\n"), "{slug}");
            assert!(drawing.len() < 3_000, "{slug} has {} bytes", drawing.len());
            for active in ["<script", "href", "url(", "<image", " on"] {
                assert!(!drawing.contains(active), "{slug} contains {active}");
            }
        }
    }
}
