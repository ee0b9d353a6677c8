//! The statement's way to write payments of bills.

use async_trait::async_trait;
use bancada_extrato::ports::{BillSendError, BillSender};
use bancada_extrato::statement::BillPayment;
use bancada_supervision::Link;

use super::record::{headers, value};
use crate::writer::{Record, RecordWriter, write_through};

/// The statement's port to the topic of bills.
#[derive(Clone, Debug)]
pub struct KafkaBills {
    writer: Link<RecordWriter>,
}

impl KafkaBills {
    /// Writes through the actor that this link leads to.
    pub fn new(writer: &Link<RecordWriter>) -> KafkaBills {
        KafkaBills { writer: writer.clone() }
    }
}

#[async_trait]
impl BillSender for KafkaBills {
    async fn send(&self, payment: &BillPayment) -> Result<(), BillSendError> {
        let record = Record {
            key: Some(payment.token.to_string()),
            value: value(payment),
            headers: headers(payment),
            timestamp: Some(payment.asked_at.0),
        };
        let written = write_through(&self.writer, record).await;
        written.map_err(|error| BillSendError::Unsent(error.to_string()))
    }
}
