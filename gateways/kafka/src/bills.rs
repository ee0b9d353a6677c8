//! Payments of bills, from the statement to the Bank: a topic of their own, on which the statement
//! writes through [`KafkaBills`] and the [`BillConsumer`] reads for the Bank.

mod consumer;
mod record;
mod sender;

pub use consumer::BillConsumer;
#[cfg(test)]
pub(crate) use record::value as bill_to_value;
pub use sender::KafkaBills;
