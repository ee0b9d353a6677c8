//! The shop's requests.

use bancada_proto::web::{Order, OrderList, PlaceOrder, Product, ProductList};
use bancada_ui_kit::Locale;
use bancada_ui_kit::address::segment;
use bancada_ui_kit::api::{ApiError, get, post};

const BASE: &str = "/api/checkout/v1";

/// Orders on one page of the list.
const PAGE_SIZE: u32 = 20;

pub(crate) async fn products(locale: Locale) -> Result<ProductList, ApiError> {
    get(locale, &format!("{BASE}/products")).await
}

pub(crate) async fn product(locale: Locale, slug: String) -> Result<Product, ApiError> {
    get(locale, &format!("{BASE}/products/{}", segment(&slug))).await
}

pub(crate) async fn place_order(
    locale: Locale,
    key: &str,
    order: &PlaceOrder,
) -> Result<Order, ApiError> {
    post(locale, &format!("{BASE}/orders"), key, order).await
}

pub(crate) async fn order(locale: Locale, id: String) -> Result<Order, ApiError> {
    get(locale, &format!("{BASE}/orders/{}", segment(&id))).await
}

pub(crate) async fn orders(locale: Locale, before: Option<String>) -> Result<OrderList, ApiError> {
    let cursor = before.map(|before| format!("&before={}", segment(&before))).unwrap_or_default();
    get(locale, &format!("{BASE}/orders?limit={PAGE_SIZE}{cursor}")).await
}
