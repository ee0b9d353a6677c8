//! The shop's orders, against what the Bank holds.

use std::collections::HashSet;

use bancada_kernel::DeclineReason;
use bancada_proto::web::{Money, Order, OrderStatus};

use crate::bank::shown::decline_to_shopper;
use crate::bank::{BankPayment, BankView};
use crate::verdict::Comparison;

/// The shop at the Bank.
const MERCHANT: &str = "loja";
pub(crate) const NAME: &str = "checkout";
pub(crate) const SUM_OF: &str = "charged";

/// Holds the shop's orders against the Bank.
pub fn compare(orders: &[Order], bank: &BankView) -> Comparison {
    let mut result = Comparison::new(NAME, SUM_OF);
    let mut seen = HashSet::new();
    for order in orders {
        let id = &order.id;
        if !seen.insert(id.as_str()) {
            result.duplicate(format!("order {id} is listed twice"));
        }
        let charges = bank.charges.get(&(MERCHANT.to_owned(), id.clone()));
        if charges.map_or(0, Vec::len) > 1 {
            result.duplicate(format!("order {id} was charged twice"));
        }
        if !adds_up(order) {
            result.mismatch(format!("order {id} does not add up to its total"));
        }
        let payment = order.payment_id.as_ref().map(|payment| bank.payments.get(payment));
        match order.status {
            OrderStatus::Placed | OrderStatus::Paying | OrderStatus::Unknown => result.unknown += 1,
            OrderStatus::Paid | OrderStatus::Refunded => {
                result.other_minor += i128::from(order.total.amount_minor);
                if let Some(known) = payment.flatten() {
                    result.bank_minor += known.captured_minor();
                }
                hold(&mut result, order, payment.flatten());
            }
            OrderStatus::Declined | OrderStatus::Cancelled if charges.is_some() => {
                result.mismatch(format!("order {id} is unpaid, and was charged"));
            }
            OrderStatus::Declined => hold(&mut result, order, payment.flatten()),
            // Of a payment that the Bank has lost, the shop still tells the name.
            OrderStatus::Cancelled if payment.flatten().is_none() => result.matched += 1,
            OrderStatus::Cancelled => {
                result.mismatch(format!("order {id} is cancelled, and has a payment at the bank"));
            }
        }
    }
    // Money that was taken for an order that the shop does not have.
    for (merchant, order) in bank.charges.keys() {
        if merchant == MERCHANT && !seen.contains(order.as_str()) {
            result.missing(format!("order {order} was charged and is not in the shop"));
        }
    }
    result.closed()
}

/// Holds an order against its payment.
fn hold(result: &mut Comparison, order: &Order, payment: Option<&BankPayment>) {
    let id = &order.id;
    let Some(payment) = payment else {
        return result.missing(format!("order {id}: its payment is not at the bank"));
    };
    let differences = differences(order, payment);
    if differences.is_empty() {
        result.matched += 1;
    } else {
        let parts = differences.join(", ");
        result.mismatch(format!("order {id}: its payment is another at the bank: {parts}"));
    }
}

/// In what an order knows another payment than the Bank. When it was placed and last changed is the
/// shop's own, and so is the drawing and the other language of what was bought.
fn differences(order: &Order, known: &BankPayment) -> Vec<&'static str> {
    let is_paid = matches!(order.status, OrderStatus::Paid | OrderStatus::Refunded);
    let is_returned = known.refunded_minor > 0;
    // A key that was closed before the Bank saw its request has no more than a reason.
    let is_whole = known.decline != Some(DeclineReason::Abandoned);
    let expected = [
        ("merchant", known.merchant == MERCHANT),
        ("status", known.is_charged == is_paid),
        ("status", order.status != OrderStatus::Refunded || is_returned),
        ("decline", order.decline == known.decline.map(decline_to_shopper)),
        ("refunded", refunded_minor(order) == known.refunded_minor),
        ("is_given_up", !order.is_given_up),
    ];
    let card = known.card.as_ref();
    let token = card.map(|card| card.token.as_str());
    let currency = known.currency.code();
    let total = Money { amount_minor: known.amount_minor, currency: currency.to_owned() };
    let whole = [
        ("id", known.order_id == order.id),
        ("total", order.total == total),
        ("items", known.description == description(order)),
        ("installments", u32::from(known.installments) == order.installments),
        ("card.brand", card.is_none_or(|card| card.brand.word() == order.card.brand)),
        ("card.masked", card.is_none_or(|card| card.masked == order.card.masked)),
        ("card_token", order.card_token.as_deref().is_none_or(|told| token == Some(told))),
    ];
    let all = expected.into_iter().chain(whole.into_iter().filter(|_| is_whole));
    all.filter(|(_, is_equal)| !is_equal).map(|(name, _)| name).collect()
}

/// What the shop knows to have been returned.
pub(crate) fn refunded_minor(order: &Order) -> i128 {
    order.refunded.as_ref().map_or(0, |refunded| refunded.amount_minor.into())
}

/// What the shop says to the Bank of an order.
fn description(order: &Order) -> String {
    let Some(first) = order.items.first() else { return String::new() };
    match order.items.len() - 1 {
        0 => first.name.pt_br.clone(),
        1 => format!("{} e mais 1 item", first.name.pt_br),
        n_more => format!("{} e mais {n_more} itens", first.name.pt_br),
    }
}

fn adds_up(order: &Order) -> bool {
    let mut sum = 0;
    for item in &order.items {
        let minor = i128::from(item.total.amount_minor);
        let currencies = [&item.unit_price.currency, &item.total.currency];
        let is_one = i128::from(item.unit_price.amount_minor) * i128::from(item.quantity) == minor;
        if !is_one || currencies.into_iter().any(|it| *it != order.total.currency) {
            return false;
        }
        sum += minor;
    }
    sum == i128::from(order.total.amount_minor)
}
