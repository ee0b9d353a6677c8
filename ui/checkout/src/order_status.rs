//! What an order's status means to the buyer.

use bancada_proto::web::{Order, OrderStatus};

use crate::text::OrderText;

/// Whether the outcome is known and will not change by waiting.
pub(crate) fn is_settled(status: OrderStatus) -> bool {
    match status {
        OrderStatus::Placed | OrderStatus::Paying | OrderStatus::Unknown => false,
        OrderStatus::Paid
        | OrderStatus::Declined
        | OrderStatus::Cancelled
        | OrderStatus::Refunded => true,
    }
}

/// Whether the Bank may still change it: what was charged can be returned.
pub(crate) fn may_change(status: OrderStatus) -> bool {
    !is_settled(status) || status == OrderStatus::Paid
}

/// The status in one or two words.
pub(crate) fn short(order: &Order) -> OrderText {
    match order.status {
        OrderStatus::Paid if order.refunded.is_some() => OrderText::PartlyRefunded,
        OrderStatus::Placed => OrderText::Placed,
        OrderStatus::Paying => OrderText::Paying,
        OrderStatus::Paid => OrderText::Paid,
        OrderStatus::Declined => OrderText::Declined,
        OrderStatus::Unknown => OrderText::Unknown,
        OrderStatus::Cancelled => OrderText::Cancelled,
        OrderStatus::Refunded => OrderText::Refunded,
    }
}

/// The status for programs, as the API spells it.
pub(crate) fn word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Placed => "placed",
        OrderStatus::Paying => "paying",
        OrderStatus::Paid => "paid",
        OrderStatus::Declined => "declined",
        OrderStatus::Unknown => "unknown",
        OrderStatus::Cancelled => "cancelled",
        OrderStatus::Refunded => "refunded",
    }
}

/// The class that colours it.
pub(crate) fn class(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Placed | OrderStatus::Paying | OrderStatus::Unknown => "badge badge-open",
        OrderStatus::Paid => "badge badge-good",
        OrderStatus::Declined => "badge badge-bad",
        OrderStatus::Cancelled | OrderStatus::Refunded => "badge",
    }
}
