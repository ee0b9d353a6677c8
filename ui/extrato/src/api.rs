//! The statement's requests.

use bancada_proto::web::{BillPayment, BillPaymentList, CardList, Money, PayBill, Statement};
use bancada_ui_kit::Locale;
use bancada_ui_kit::address::segment;
use bancada_ui_kit::api::{ApiError, get, post};

use crate::statement::filter::Filter;

const BASE: &str = "/api/extrato/v1";

/// Lines of one page.
pub(crate) const PAGE_SIZE: usize = 50;

/// Every card, page after page: others are served between two of them.
pub(crate) async fn cards(locale: Locale) -> Result<CardList, ApiError> {
    let mut list = first_cards(locale).await?;
    while let Some(after) = list.next.take() {
        let url = format!("{BASE}/cards?after={}", segment(&after));
        let more: CardList = get(locale, &url).await?;
        list.cards.extend(more.cards);
        list.next = more.next;
    }
    Ok(list)
}

/// The first page of cards.
pub(crate) async fn first_cards(locale: Locale) -> Result<CardList, ApiError> {
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

/// Asks for a payment toward the card's bill. Asked again with the same key, it is the same one.
pub(crate) async fn pay_bill(
    locale: Locale,
    token: &str,
    key: &str,
    amount: Money,
) -> Result<BillPayment, ApiError> {
    post(locale, &bills_address(token), key, &PayBill { amount }).await
}

/// The payments of the card's bills that were asked for, the latest first.
pub(crate) async fn bills(locale: Locale, token: &str) -> Result<BillPaymentList, ApiError> {
    get(locale, &bills_address(token)).await
}

fn bills_address(token: &str) -> String {
    format!("{BASE}/cards/{}/bill-payments", segment(token))
}

/// Where the changes of these cards are told as they happen. No token has a space in it.
pub(crate) fn stream_address(tokens: &[String]) -> String {
    let tokens: Vec<String> = tokens.iter().map(|token| segment(token)).collect();
    format!("{BASE}/stream?cards={}", tokens.join("+"))
}
