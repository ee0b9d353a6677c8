//! Payments of bills, from the statement to the Bank: a topic of their own, on which the
//! [`BillProducer`] writes for the statement and the [`BillConsumer`] reads for the Bank.

mod consumer;
mod producer;
mod record;

pub use consumer::BillConsumer;
pub use producer::{BillProducer, KafkaBills};
#[cfg(test)]
pub(crate) use record::value as bill_to_value;
