//! A merchant who talks to the Bank itself.

use std::sync::atomic::{AtomicU64, Ordering};

use bancada_grpc::client::{BankAddress, connect};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;

use crate::program::System;

static N_KEYS: AtomicU64 = AtomicU64::new(1);

pub(crate) struct Merchant {
    client: BankServiceClient<tonic::transport::Channel>,
    id: &'static str,
}

fn key() -> String {
    format!("merchant-{}", N_KEYS.fetch_add(1, Ordering::Relaxed))
}

fn brl(amount_minor: i64) -> Option<v1::Money> {
    Some(v1::Money { amount_minor, currency: "BRL".to_owned() })
}

impl Merchant {
    pub(crate) async fn of(system: &System, id: &'static str) -> Merchant {
        let address = BankAddress::parse(&system.bank_address()).unwrap();
        Merchant { client: BankServiceClient::new(connect(&address)), id }
    }

    /// Holds an amount on the card 4242; the payment.
    pub(crate) async fn hold(&self, store: &str, amount_minor: i64) -> String {
        let request = v1::AuthorizeRequest {
            merchant_id: self.id.to_owned(),
            idempotency_key: key(),
            card: Some(v1::CardDetails {
                number: "4242424242424242".to_owned(),
                holder: "Ana Teste".to_owned(),
                expiry_month: 12,
                expiry_year: 2035,
                cvv: "123".to_owned(),
            }),
            amount: brl(amount_minor),
            capture: false,
            store: store.to_owned(),
            description: "Diária".to_owned(),
            order_id: key(),
            installments: 1,
        };
        let answer = self.client.clone().authorize(request).await.unwrap().into_inner();
        answer.payment.unwrap().payment_id
    }

    pub(crate) async fn capture(&self, payment: &str, amount_minor: i64) {
        let request = v1::CaptureRequest {
            merchant_id: self.id.to_owned(),
            idempotency_key: key(),
            payment_id: payment.to_owned(),
            amount: brl(amount_minor),
        };
        self.client.clone().capture(request).await.unwrap();
    }

    pub(crate) async fn void(&self, payment: &str) {
        let request = v1::VoidRequest {
            merchant_id: self.id.to_owned(),
            idempotency_key: key(),
            payment_id: payment.to_owned(),
        };
        self.client.clone().void(request).await.unwrap();
    }

    pub(crate) async fn refund(&self, payment: &str, amount_minor: i64) {
        let request = v1::RefundRequest {
            merchant_id: self.id.to_owned(),
            idempotency_key: key(),
            payment_id: payment.to_owned(),
            amount: brl(amount_minor),
        };
        self.client.clone().refund(request).await.unwrap();
    }
}
