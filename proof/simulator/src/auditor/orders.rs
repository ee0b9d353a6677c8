//! The shop's orders and what buyers were told, against the books.

use std::collections::{BTreeMap, HashMap};

use bancada_checkout::order::{Order, OrderState};
use bancada_kernel::{OrderId, PaymentId};

use super::answers::is_shop;
use super::books::Books;
use super::payment::Standing;
use crate::evidence::Evidence;

pub(super) fn check(evidence: &Evidence, books: &Books, breaches: &mut Vec<String>) {
    let orders: BTreeMap<OrderId, &Order> =
        evidence.orders.iter().map(|order| (order.id, order)).collect();
    let mut charges: HashMap<&str, Vec<PaymentId>> = HashMap::new();
    for effect in books.effects.values() {
        let id = effect.told.payment;
        let Some(payment) = books.payments.get(&id).filter(|it| is_shop(&it.merchant)) else {
            continue;
        };
        if payment.standing == Standing::Charged {
            charges.entry(&payment.order_id).or_default().push(id);
        }
    }
    for (id, order) in &orders {
        let text = id.to_string();
        let charged = charges.remove(text.as_str()).unwrap_or_default();
        if charged.len() > 1 {
            breaches.push(format!("I2: order {id} was charged {} times", charged.len()));
        }
        match &order.state {
            OrderState::Paid(charge) | OrderState::Refunded(charge) => {
                let found = books.payments.get(&charge.payment);
                let is_so = charged.first() == Some(&charge.payment)
                    && found.is_some_and(|it| it.captured_minor == i128::from(order.total.minor));
                if !is_so {
                    breaches.push(format!("I1: order {id} is paid, and was not charged so"));
                }
            }
            OrderState::Declined { .. } | OrderState::Cancelled(_) => {
                if !charged.is_empty() {
                    breaches.push(format!("I1: order {id} is not paid, and was charged"));
                }
            }
            OrderState::Placed | OrderState::Paying | OrderState::Unknown => {
                breaches.push(format!("I5: order {id} has no outcome"));
            }
        }
    }
    let mut unknown: Vec<_> = charges.into_keys().collect();
    unknown.sort_unstable();
    for id in unknown {
        breaches.push(format!("I1: order {id} was charged, and the shop does not know it"));
    }
    for bought in &evidence.bought {
        let id = bought.id;
        if bought.heard.is_empty() {
            breaches.push(format!("I5: a buyer never heard what became of order {id}"));
        }
        let kept = orders.get(&id).map(|order| &order.state);
        for told in bought.heard.iter().flatten() {
            if kept != Some(told) {
                let told = told.word();
                breaches.push(format!("I1: order {id} was {told} to its buyer, and is not so"));
            }
        }
    }
}
