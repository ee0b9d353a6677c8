//! The shop's orders, against what the Bank holds.

use std::collections::HashMap;

use bancada_pipeline::HttpAddress;
use bancada_proto::web::{Order, OrderList, OrderStatus};

use super::bank::BankView;
use super::verdict::Comparison;

/// The shop at the Bank.
const MERCHANT: &str = "loja";

/// Every order.
pub(super) async fn orders(
    web: &reqwest::Client,
    address: &HttpAddress,
) -> anyhow::Result<Vec<Order>> {
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

pub(super) fn compare(orders: &[Order], bank: &BankView) -> Comparison {
    let mut result = Comparison::new("checkout", "charged");
    let mut seen = HashMap::new();
    for order in orders {
        let id = &order.id;
        if seen.insert(id.as_str(), order.status).is_some() {
            result.duplicate(format!("order {id} is listed twice"));
        }
        let charges = bank.charges.get(&(MERCHANT.to_owned(), id.clone()));
        if charges.map_or(0, Vec::len) > 1 {
            result.duplicate(format!("order {id} was charged twice"));
        }
        let is_paid = match order.status {
            OrderStatus::Paid | OrderStatus::Refunded => true,
            OrderStatus::Declined | OrderStatus::Cancelled => false,
            OrderStatus::Placed | OrderStatus::Paying | OrderStatus::Unknown => {
                result.unknown += 1;
                continue;
            }
        };
        let total = order.total.amount_minor;
        if !is_paid {
            match charges {
                None => result.matched += 1,
                Some(_) => result.mismatch(format!("order {id} is unpaid, and was charged")),
            }
            continue;
        }
        result.other_minor += i128::from(total);
        let payment = order.payment_id.as_ref().and_then(|payment| bank.payments.get(payment));
        match payment {
            None => result.missing(format!("order {id}: its payment is not at the bank")),
            Some(found) if !found.is_charged || found.amount_minor != total => {
                result.mismatch(format!("order {id}: its payment is another at the bank"));
            }
            Some(found) => {
                result.matched += 1;
                result.bank_minor += i128::from(found.amount_minor);
            }
        }
    }
    // Money that was taken for an order that the shop does not have.
    for (merchant, order) in bank.charges.keys() {
        if merchant == MERCHANT && !seen.contains_key(order.as_str()) {
            result.missing(format!("order {order} was charged and is not in the shop"));
        }
    }
    result
}
