//! The statement's way to the Bank for payments of bills, where there is no broker.

use std::time::Duration;

use async_trait::async_trait;
use bancada_extrato::ports::{BillSendError, BillSender};
use bancada_extrato::statement::BillPayment;
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::channels::{BankAddress, connect};
use crate::message::money;

const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct BillClient {
    channel: CardServiceClient<Channel>,
}

impl BillClient {
    /// A client that connects when it is used; call it inside a tokio runtime.
    pub fn new(address: &BankAddress) -> BillClient {
        BillClient { channel: CardServiceClient::new(connect(address)) }
    }
}

#[async_trait]
impl BillSender for BillClient {
    /// The Bank's answer says no more than that it is durable there: the statement is told by the
    /// event, as with a broker.
    async fn send(&self, payment: &BillPayment) -> Result<(), BillSendError> {
        let mut request = Request::new(v1::PayBillRequest {
            card_token: payment.token.to_string(),
            idempotency_key: payment.key.to_string(),
            amount: Some(money::to_message(payment.amount)),
        });
        request.set_timeout(ANSWER_WITHIN);
        if let Some(trace) = payment.trace
            && let Ok(value) = trace.to_string().parse()
        {
            request.metadata_mut().insert("traceparent", value);
        }
        let mut channel = self.channel.clone();
        match tokio::time::timeout(ANSWER_WITHIN, channel.pay_bill(request)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(status)) => Err(match status.code() {
                // What the Bank says of a payment that it can never book; see the table of
                // status codes.
                Code::InvalidArgument | Code::AlreadyExists => {
                    BillSendError::Never(status.message().to_owned())
                }
                _ => BillSendError::Unsent(status.message().to_owned()),
            }),
            Err(_) => Err(BillSendError::Unsent("the bank did not answer in time".to_owned())),
        }
    }
}
