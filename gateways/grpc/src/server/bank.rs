//! `bank.v1.BankService`.

use bancada_bank::{BankError, BankHandle, OperationAnswer, PaymentAnswer, PaymentError};
use bancada_proto::bank::v1;
use bancada_telemetry::Metrics;
use tokio::sync::watch;
use tonic::{Request, Response, Status, Streaming};

use super::authorize_stream::{self, Outcomes};
use super::call::{metered, trace_of};
use super::limits::Places;
use crate::message::{money, payment};
use crate::status::{
    OperationRefusal, RefusalStatus, bank_error, operation_refused, payment_unknown,
};

pub(crate) struct BankApi {
    pub(crate) bank: BankHandle,
    pub(crate) metrics: Metrics,
    /// Becomes true when the server stops: an endless stream would keep it from ending.
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) places: Places,
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

    type AuthorizeStreamStream = Outcomes;

    async fn authorize_stream(
        &self,
        request: Request<Streaming<v1::AuthorizeBatch>>,
    ) -> Result<Response<Outcomes>, Status> {
        metered(&self.metrics, "BankService/AuthorizeStream", async {
            let (bank, metrics) = (self.bank.clone(), self.metrics.clone());
            let (stopping, place) =
                (self.stopping.clone(), self.places.take_stream(request.extensions())?);
            let batches = request.into_inner();
            let outcomes = authorize_stream::serve(bank, metrics, batches, stopping, place);
            Ok(Response::new(outcomes))
        })
        .await
    }

    async fn capture(
        &self,
        request: Request<v1::CaptureRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        metered(&self.metrics, "BankService/Capture", async {
            let trace = trace_of(&request);
            let v1::CaptureRequest { merchant_id, idempotency_key, payment_id, amount } =
                request.into_inner();
            let request = payment::operation(&merchant_id, &idempotency_key, &payment_id, trace)?;
            let amount = money::from_message("amount", amount)?;
            operation_answer(self.bank.capture(request, amount).await)
        })
        .await
    }

    async fn void(
        &self,
        request: Request<v1::VoidRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        metered(&self.metrics, "BankService/Void", async {
            let trace = trace_of(&request);
            let v1::VoidRequest { merchant_id, idempotency_key, payment_id } = request.into_inner();
            let request = payment::operation(&merchant_id, &idempotency_key, &payment_id, trace)?;
            operation_answer(self.bank.void(request).await)
        })
        .await
    }

    async fn refund(
        &self,
        request: Request<v1::RefundRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        metered(&self.metrics, "BankService/Refund", async {
            let trace = trace_of(&request);
            let v1::RefundRequest { merchant_id, idempotency_key, payment_id, amount } =
                request.into_inner();
            let request = payment::operation(&merchant_id, &idempotency_key, &payment_id, trace)?;
            let amount = money::from_message("amount", amount)?;
            operation_answer(self.bank.refund(request, amount).await)
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
            let found = found.ok_or_else(payment_unknown)?;
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

/// The payment after an operation, or why nothing was done with it.
fn operation_answer<R: OperationRefusal, E: RefusalStatus + std::fmt::Display>(
    answer: Result<OperationAnswer<R>, BankError<E>>,
) -> Result<Response<v1::OperationResponse>, Status> {
    let OperationAnswer { outcome, replayed } = answer.map_err(|error| bank_error(&error))?;
    let after = outcome.map_err(|refusal| operation_refused(&refusal, replayed))?;
    let payment = Some(payment::payment(after));
    Ok(Response::new(v1::OperationResponse { payment, replayed }))
}

/// One word for the metric.
pub(super) fn outcome(answer: &Result<PaymentAnswer, PaymentError>) -> &'static str {
    match answer {
        Ok(answer) if answer.replayed => "replayed",
        Ok(answer) if answer.payment.status.decline().is_some() => "declined",
        Ok(_) => "approved",
        Err(PaymentError::Refused(_)) => "refused",
        Err(PaymentError::Overloaded) => "overloaded",
        Err(PaymentError::StorageFull) => "storage_full",
        Err(PaymentError::Unavailable) => "unavailable",
        Err(PaymentError::DeadlinePassed) => "deadline_passed",
        Err(PaymentError::UnknownOutcome) => "unknown",
    }
}
