//! What the browser asks for, at the server's prices.

use bancada_kernel::limits::{self, MIN_INSTALLMENT_MINOR};
use bancada_kernel::{Currency, Money};

use super::OrderLine;
use crate::catalogue::Catalogue;

/// Lines of a basket, at most, before equal products are merged.
pub const MAX_LINES: usize = 50;
/// Pieces of one product, at most.
pub const MAX_QUANTITY: u32 = 99;
/// Parts of an installment plan, at most: the Bank's limit.
pub const MAX_INSTALLMENTS: u32 = 12;

/// A product and how many of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which product.
    pub slug: String,
    /// How many.
    pub quantity: u32,
}

/// A basket with prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedBasket {
    /// One line per product, in the order of the request.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines.
    pub total: Money,
    /// 1 to 12.
    pub installments: u8,
}

/// Why a basket cannot be sold, by precedence. An `item` is the index in the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasketError {
    /// Nothing to buy.
    #[error("the basket is empty")]
    Empty,
    /// More lines than [`MAX_LINES`].
    #[error("the basket has more than {MAX_LINES} lines")]
    TooManyLines,
    /// Not in the catalogue.
    #[error("there is no product {slug:?}")]
    UnknownProduct {
        /// Where it stands in the request.
        item: usize,
        /// What was asked for.
        slug: String,
    },
    /// Not 1 to 99 pieces, counting all lines of the product together.
    #[error("the quantity of {slug:?} must be 1 to {MAX_QUANTITY}")]
    QuantityOutOfRange {
        /// Where it stands in the request.
        item: usize,
        /// Which product.
        slug: String,
    },
    /// Not 1 to 12.
    #[error("installments must be 1 to {MAX_INSTALLMENTS}")]
    InstallmentsOutOfRange,
    /// Parts that the Bank does not collect.
    #[error("each installment must be at least {}", least.minor)]
    InstallmentTooSmall {
        /// What each must be.
        least: Money,
    },
    /// The buyer was shown another total.
    #[error("the total is now {}, not what the buyer was shown", total.minor)]
    PriceChanged {
        /// What it costs now.
        total: Money,
    },
}

/// Prices a basket. Lines of the same product become one, as they would in a cart: refusing
/// them would help nobody.
pub fn price(
    catalogue: &Catalogue,
    items: &[Item],
    installments: u32,
    expected_total: Option<Money>,
) -> Result<PricedBasket, BasketError> {
    if items.is_empty() {
        return Err(BasketError::Empty);
    }
    if items.len() > MAX_LINES {
        return Err(BasketError::TooManyLines);
    }
    let mut lines: Vec<OrderLine> = Vec::with_capacity(items.len());
    for (item, Item { slug, quantity }) in items.iter().enumerate() {
        let product = catalogue
            .product(slug)
            .ok_or_else(|| BasketError::UnknownProduct { item, slug: slug.clone() })?;
        let out_of_range = || BasketError::QuantityOutOfRange { item, slug: slug.clone() };
        let found = lines.iter().position(|line| line.slug == *slug);
        let before = found.map_or(0, |index| lines[index].quantity);
        let quantity = before.checked_add(*quantity).ok_or_else(out_of_range)?;
        if quantity == before || quantity > MAX_QUANTITY {
            return Err(out_of_range());
        }
        let line = OrderLine {
            slug: slug.clone(),
            name: product.name.clone(),
            quantity,
            unit_price: product.price,
            total: product.price.checked_mul(quantity).map_err(|_| out_of_range())?,
        };
        match found {
            Some(index) => lines[index] = line,
            None => lines.push(line),
        }
    }
    let installments = u8::try_from(installments)
        .ok()
        .filter(|count| (1..=MAX_INSTALLMENTS).contains(&u32::from(*count)))
        .ok_or(BasketError::InstallmentsOutOfRange)?;
    let nothing = Money { minor: 0, currency: currency_of(&lines) };
    let total = lines
        .iter()
        .try_fold(nothing, |sum, line| sum.checked_add(line.total))
        .map_err(|_| BasketError::TooManyLines)?;
    if expected_total.is_some_and(|expected| expected != total) {
        return Err(BasketError::PriceChanged { total });
    }
    if !limits::is_plan(total, installments.into()) {
        let least = Money { minor: MIN_INSTALLMENT_MINOR, ..total };
        return Err(BasketError::InstallmentTooSmall { least });
    }
    Ok(PricedBasket { lines, total, installments })
}

fn currency_of(lines: &[OrderLine]) -> Currency {
    lines.first().map_or(Currency::BRL, |line| line.unit_price.currency)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COFFEE: &str = "cafe-em-graos";
    const MUG: &str = "caneca-esmaltada";

    fn items(items: &[(&str, u32)]) -> Vec<Item> {
        items
            .iter()
            .map(|(slug, quantity)| Item { slug: (*slug).into(), quantity: *quantity })
            .collect()
    }

    #[test]
    fn prices_are_the_servers_and_equal_products_are_one_line() {
        let catalogue = Catalogue::seeded();
        let basket = items(&[(COFFEE, 2), (MUG, 1), (COFFEE, 1)]);
        let priced = price(&catalogue, &basket, 3, Some(Money::brl(16_420))).unwrap();
        let found: Vec<_> = priced
            .lines
            .iter()
            .map(|line| (line.slug.as_str(), line.quantity, line.total.minor))
            .collect();
        assert_eq!(found, [(COFFEE, 3, 11_970), (MUG, 1, 4_450)]);
        assert_eq!((priced.total, priced.installments), (Money::brl(16_420), 3));
    }

    #[test]
    fn a_basket_at_its_limits_is_priced() {
        let catalogue = Catalogue::seeded();
        let most = items(&[(COFFEE, MAX_QUANTITY - 49)]).into_iter();
        let basket: Vec<_> = most.chain(items(&[(COFFEE, 1); MAX_LINES - 1])).collect();
        let priced = price(&catalogue, &basket, MAX_INSTALLMENTS, None).unwrap();
        assert_eq!((basket.len(), priced.lines[0].quantity), (MAX_LINES, MAX_QUANTITY));
    }

    #[test]
    fn a_bad_basket_is_refused_with_its_place() {
        let catalogue = Catalogue::seeded();
        let out_of_range = |item| BasketError::QuantityOutOfRange { item, slug: COFFEE.to_owned() };
        let fifty_one = vec![(COFFEE, 1); 51];
        for (basket, installments, expected_total, expected) in [
            (&[][..], 1, None, BasketError::Empty),
            (&fifty_one[..], 1, None, BasketError::TooManyLines),
            (
                &[(MUG, 1), ("nada", 1)],
                1,
                None,
                BasketError::UnknownProduct { item: 1, slug: "nada".to_owned() },
            ),
            (&[(COFFEE, 0)], 1, None, out_of_range(0)),
            (&[(COFFEE, 100)], 1, None, out_of_range(0)),
            (&[(COFFEE, 60), (COFFEE, 40)], 1, None, out_of_range(1)),
            (&[(COFFEE, 60), (COFFEE, u32::MAX)], 1, None, out_of_range(1)),
            (&[(COFFEE, 1)], 0, None, BasketError::InstallmentsOutOfRange),
            (&[(COFFEE, 1)], 13, None, BasketError::InstallmentsOutOfRange),
            (&[(COFFEE, 1)], 257, None, BasketError::InstallmentsOutOfRange),
            // R$ 39,90 make seven parts of five reais or more.
            (&[(COFFEE, 1)], 8, None, BasketError::InstallmentTooSmall { least: Money::brl(500) }),
            (
                &[(COFFEE, 1)],
                1,
                Some(Money::brl(3_989)),
                BasketError::PriceChanged { total: Money::brl(3_990) },
            ),
            (
                &[(COFFEE, 1)],
                1,
                Some(Money { minor: 3_990, currency: Currency::USD }),
                BasketError::PriceChanged { total: Money::brl(3_990) },
            ),
        ] {
            let found = price(&catalogue, &items(basket), installments, expected_total);
            assert_eq!(found, Err(expected), "{basket:?}");
        }
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_what_was_asked_for(
            basket in proptest::collection::vec((0_usize..12, 0_u32..110), 1..60),
        ) {
            let catalogue = Catalogue::seeded();
            let products = catalogue.products();
            let items: Vec<_> = basket
                .iter()
                .map(|(n, quantity)| Item { slug: products[*n].slug.into(), quantity: *quantity })
                .collect();
            if let Ok(priced) = price(&catalogue, &items, 1, None) {
                let expected: i64 =
                    basket.iter().map(|(n, q)| products[*n].price.minor * i64::from(*q)).sum();
                prop_assert_eq!(priced.total.minor, expected);
                prop_assert!(priced.lines.iter().all(|line| (1..=99).contains(&line.quantity)));
            }
        }
    }
}
