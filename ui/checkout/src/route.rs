//! The addresses of the shop.

use yew_router::Routable;

/// A page of the shop.
#[derive(Clone, PartialEq, Routable)]
pub(crate) enum Route {
    #[at("/loja/")]
    Catalogue,
    #[at("/loja/products/:slug")]
    Product { slug: String },
    #[at("/loja/cart")]
    Cart,
    #[at("/loja/pay")]
    Pay,
    #[at("/loja/orders")]
    Orders,
    #[at("/loja/orders/:id")]
    Receipt { id: String },
    #[not_found]
    #[at("/loja/404")]
    NotFound,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_their_page() {
        for (path, expected) in [
            ("/loja/", Route::Catalogue),
            ("/loja", Route::Catalogue),
            ("/loja/products/mug", Route::Product { slug: "mug".to_owned() }),
            ("/loja/cart", Route::Cart),
            ("/loja/pay", Route::Pay),
            ("/loja/orders", Route::Orders),
            ("/loja/orders/7", Route::Receipt { id: "7".to_owned() }),
            ("/loja/nonsense", Route::NotFound),
        ] {
            assert!(Route::recognize(path) == Some(expected), "{path}");
        }
    }
}
