//! The statement's requests.

use bancada_proto::web::{CardList, Statement};
use bancada_ui_kit::Locale;
use bancada_ui_kit::address::segment;
use bancada_ui_kit::api::{ApiError, get};

use crate::statement::filter::Filter;

const BASE: &str = "/api/extrato/v1";

/// Lines of one page.
pub(crate) const PAGE_SIZE: usize = 50;

pub(crate) async fn cards(locale: Locale) -> Result<CardList, ApiError> {
    get(locale, &format!("{BASE}/cards")).await
}

/// One page of lines older than `before`, or the newest.
pub(crate) async fn statement(
    locale: Locale,
    token: &str,
    filter: &Filter,
    before: Option<u64>,
) -> Result<Statement, ApiError> {
    let mut query = format!("limit={PAGE_SIZE}");
    for (name, value) in filter.parameters() {
        query.push_str(&format!("&{name}={}", segment(&value)));
    }
    if let Some(before) = before {
        query.push_str(&format!("&before={before}"));
    }
    get(locale, &format!("{BASE}/cards/{}/statement?{query}", segment(token))).await
}

/// Where the card's changes are told as they happen.
pub(crate) fn stream_address(token: &str) -> String {
    format!("{BASE}/cards/{}/stream", segment(token))
}
