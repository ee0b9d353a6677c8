//! `bank.v1.BankService`.

use bancada_bank::ledger::PaymentStatus;
use bancada_bank::{BankHandle, PaymentAnswer, PaymentError};
use bancada_proto::bank::v1;
use bancada_telemetry::Metrics;
use tonic::{Request, Response, Status};

use super::call::{metered, trace_of};
use crate::message::payment;
use crate::status::bank_error;

pub(crate) struct BankApi {
    pub(crate) bank: BankHandle,
    pub(crate) metrics: Metrics,
}

#[tonic::async_trait]
impl v1::bank_service_server::BankService for BankApi {
    async fn authorize(
        &self,
        request: Request<v1::AuthorizeRequest>,
    ) -> Result<Response<v1::AuthorizeResponse>, Status> {
        metered(&self.metrics, "BankService/Authorize", async {
            let trace = trace_of(&request);
            let request = payment::request(request.into_inner(), Some(trace))?;
            let answer = self.bank.authorize(request).await;
            self.metrics.authorized(outcome(&answer));
            match answer {
                Ok(answer) => {
                    let id = answer.payment.id;
                    tracing::debug!(trace_id = trace.trace_id(), payment.id = %id, "decided");
                    Ok(Response::new(payment::answer(answer)))
                }
                Err(error) => Err(bank_error(&error)),
            }
        })
        .await
    }

    async fn get_payment(
        &self,
        request: Request<v1::GetPaymentRequest>,
    ) -> Result<Response<v1::GetPaymentResponse>, Status> {
        metered(&self.metrics, "BankService/GetPayment", async {
            let v1::GetPaymentRequest { merchant_id, by } = request.into_inner();
            let (merchant, query) = (payment::merchant(&merchant_id)?, payment::query(by)?);
            let found = self.bank.find_payment(merchant, query).await;
            let found = found.map_err(|error| bank_error(&error))?;
            let found = found.ok_or_else(|| Status::not_found("the bank has no such payment"))?;
            Ok(Response::new(v1::GetPaymentResponse { payment: Some(payment::payment(found)) }))
        })
        .await
    }

    async fn abandon(
        &self,
        request: Request<v1::AbandonRequest>,
    ) -> Result<Response<v1::AuthorizeResponse>, Status> {
        metered(&self.metrics, "BankService/Abandon", async {
            let trace = trace_of(&request);
            let v1::AbandonRequest { merchant_id, idempotency_key } = request.into_inner();
            let merchant = payment::merchant(&merchant_id)?;
            let key = payment::key(&idempotency_key)?;
            let answer = self.bank.abandon(merchant, key, Some(trace)).await;
            let answer = answer.map_err(|error| bank_error(&error))?;
            Ok(Response::new(payment::answer(answer)))
        })
        .await
    }
}

/// One word for the metric.
pub(super) fn outcome(answer: &Result<PaymentAnswer, PaymentError>) -> &'static str {
    match answer {
        Ok(answer) if answer.replayed => "replayed",
        Ok(answer) => match answer.payment.status {
            PaymentStatus::Authorized | PaymentStatus::Captured => "approved",
            PaymentStatus::Declined(_) => "declined",
        },
        Err(PaymentError::Refused(_)) => "refused",
        Err(PaymentError::Overloaded) => "overloaded",
        Err(PaymentError::StorageFull) => "storage_full",
        Err(PaymentError::Unavailable) => "unavailable",
        Err(PaymentError::UnknownOutcome) => "unknown",
    }
}
