//! The shop's orders, as it tells them.

use std::collections::HashMap;
use std::time::Duration;

use bancada_pipeline::HttpAddress;
use bancada_proto::web::{Order, OrderList};
use tokio::time::{Instant, sleep};

use super::error::{ReadError, in_a_line};
use super::patience::until_answered;
use crate::bank::BankView;
use crate::checkout::{NAME, SUM_OF, refunded_minor};
use crate::verdict::Comparison;

const ASK_EVERY: Duration = Duration::from_millis(250);

/// What is left to be said of a shop that could not be asked.
pub(super) fn unread(why: &ReadError) -> Comparison {
    Comparison::unread(NAME, SUM_OF, in_a_line(why))
}

/// Every order.
pub(super) async fn orders(
    web: &reqwest::Client,
    address: &HttpAddress,
) -> Result<Vec<Order>, ReadError> {
    until_answered(ASK_EVERY, async || read(web, address).await).await
}

async fn read(web: &reqwest::Client, address: &HttpAddress) -> Result<Vec<Order>, ReadError> {
    let url = address.at_with_credentials("/api/checkout/v1/orders?limit=100");
    let mut orders = Vec::new();
    let mut before = None::<String>;
    loop {
        let page = match &before {
            None => url.clone(),
            Some(before) => format!("{url}&before={before}"),
        };
        let list: OrderList = web.get(page).send().await?.error_for_status()?.json().await?;
        orders.extend(list.orders);
        before = list.next;
        if before.is_none() {
            return Ok(orders);
        }
    }
}

/// The orders, once the shop has heard of every refund that the Bank knows of them, or may take no
/// longer. They were read before the Bank, so that the shop is not ahead in anything else.
pub(super) async fn with_refunds(
    mut orders: Vec<Order>,
    web: &reqwest::Client,
    address: &HttpAddress,
    bank: &BankView,
    within: Duration,
) -> Result<Vec<Order>, ReadError> {
    let is_behind = |order: &Order| {
        let known = order.payment_id.as_ref().and_then(|payment| bank.payments.get(payment));
        known.is_some_and(|known| refunded_minor(order) < known.refunded_minor)
    };
    let deadline = Instant::now() + within;
    while orders.iter().any(is_behind) && Instant::now() < deadline {
        sleep(ASK_EVERY).await;
        let mut later: HashMap<_, _> = (self::orders(web, address).await?.into_iter())
            .map(|order| (order.id.clone(), order))
            .collect();
        for order in orders.iter_mut().filter(|order| is_behind(order)) {
            if let Some(later) = later.remove(&order.id) {
                *order = later;
            }
        }
    }
    Ok(orders)
}
