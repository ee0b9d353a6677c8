//! The shop's client of the Bank.
//!
//! Several connections, because one HTTP/2 connection is read by one task; a deadline on every
//! call, a budget for retries, and a circuit breaker. It is shared memory without a mailbox: an
//! actor in between would only add a hop.

use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bancada_checkout::ports::{Bank, BankAnswer, BankCallError, BankRequest, Outcome};
use bancada_kernel::{
    CardNumber, CardToken, DeclineReason, IdempotencyKey, MerchantId, Money, PaymentId,
    TraceContext,
};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_telemetry::Metrics;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use super::authorize_stream::AuthorizeStream;
use super::breaker::{Breaker, BreakerState};
use super::channels::{BankAddress, connect};
use super::classify::{classify, is_transport_failure};
use super::retry_budget::RetryBudget;

const N_CHANNELS: usize = 2;
/// Before a retry of a request that the Bank had no room for.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct BankClient {
    shared: Arc<Shared>,
}

struct Shared {
    channels: Vec<BankServiceClient<Channel>>,
    /// One for each channel.
    streams: Vec<AuthorizeStream>,
    next: AtomicUsize,
    /// Keyed by chance: nothing that is kept depends on it, and nobody outside can guess it.
    hasher: RandomState,
    deadline: Duration,
    breaker: Breaker,
    retries: RetryBudget,
    metrics: Metrics,
}

impl BankClient {
    /// A client that connects when it is used; call it inside a tokio runtime. No call takes
    /// longer than `deadline`.
    pub fn new(address: &BankAddress, deadline: Duration, metrics: Metrics) -> BankClient {
        let channels: Vec<_> =
            (0..N_CHANNELS).map(|_| BankServiceClient::new(connect(address))).collect();
        let streams = channels.iter().cloned();
        BankClient {
            shared: Arc::new(Shared {
                streams: streams.map(|channel| AuthorizeStream::new(channel, deadline)).collect(),
                channels,
                next: AtomicUsize::new(0),
                hasher: RandomState::new(),
                deadline,
                breaker: Breaker::new(),
                retries: RetryBudget::new(),
                metrics,
            }),
        }
    }

    /// Where the circuit breaker stands.
    pub fn breaker(&self) -> BreakerState {
        self.shared.breaker.state()
    }

    /// The connection of a card.
    fn route(&self, number: &CardNumber) -> usize {
        let hash = self.shared.hasher.hash_one(number.expose());
        usize::try_from(hash % N_CHANNELS as u64).unwrap_or_default()
    }

    /// The connection whose turn it is.
    fn next(&self) -> usize {
        self.shared.next.fetch_add(1, Ordering::Relaxed) % N_CHANNELS
    }

    /// One call, repeated once within the budget when the Bank certainly did not execute it.
    async fn call<M, T, F>(
        &self,
        method: &str,
        message: M,
        trace: Option<TraceContext>,
        send: impl Fn(&Shared, usize, Request<M>) -> F,
    ) -> Result<T, CallFailure>
    where
        M: Clone,
        F: Future<Output = Result<Response<T>, Status>>,
    {
        self.shared.retries.deposit();
        let mut is_retry = false;
        loop {
            if !self.shared.breaker.admits(Instant::now()) {
                let text = "the circuit to the bank is open".to_owned();
                return Err(CallFailure::Failed(BankCallError::NotSent(text)));
            }
            let result = self.attempt(method, message.clone(), trace, &send).await;
            self.shared.metrics.set_breaker("bank", self.breaker().number());
            let status = match result {
                Ok(answer) => return Ok(answer),
                Err(status) => status,
            };
            if status.code() == Code::NotFound {
                return Err(CallFailure::NotFound);
            }
            let error = classify(&status);
            let may_repeat = matches!(error, BankCallError::NotSent(_)) && !is_retry;
            if !may_repeat || !self.shared.retries.withdraw() {
                return Err(CallFailure::Failed(error));
            }
            is_retry = true;
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    async fn attempt<M, T, F>(
        &self,
        method: &str,
        message: M,
        trace: Option<TraceContext>,
        send: impl Fn(&Shared, usize, Request<M>) -> F,
    ) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut request = Request::new(message);
        request.set_timeout(self.shared.deadline);
        if let Some(value) = trace.and_then(|trace| trace.to_string().parse().ok()) {
            request.metadata_mut().insert("traceparent", value);
        }
        let started = Instant::now();
        // The deadline in the request is for the Bank; this one is for us.
        let answer =
            tokio::time::timeout(self.shared.deadline, send(&self.shared, self.next(), request))
                .await
                .unwrap_or_else(|_| {
                    Err(Status::deadline_exceeded("the bank did not answer in time"))
                });
        let code = answer.as_ref().map_or_else(Status::code, |_| Code::Ok);
        self.shared.metrics.grpc_answered(
            "client",
            method,
            &format!("{code:?}"),
            started.elapsed(),
        );
        match &answer {
            Err(status) if is_transport_failure(status) => {
                self.shared.breaker.failed(Instant::now());
            }
            _ => self.shared.breaker.succeeded(),
        }
        answer.map(Response::into_inner)
    }
}

enum CallFailure {
    NotFound,
    Failed(BankCallError),
}

impl CallFailure {
    fn into_error(self) -> BankCallError {
        match self {
            CallFailure::Failed(error) => error,
            // Only questions are answered so.
            CallFailure::NotFound => BankCallError::Unknown("the bank says: not found".to_owned()),
        }
    }
}

#[async_trait]
impl Bank for BankClient {
    async fn authorize(&self, request: BankRequest) -> Result<BankAnswer, BankCallError> {
        let trace = request.trace;
        // A card's payments travel on one connection, as they are decided by one shard.
        let route = self.route(&request.card.number);
        let message = authorize_message(&request);
        drop(request);
        let answer = self
            .call("BankService/Authorize", message, trace, |shared, _, request| {
                shared.streams[route].clone().authorize(request)
            })
            .await
            .map_err(CallFailure::into_error)?;
        read_answer(answer.payment)
    }

    async fn find(
        &self,
        merchant: &MerchantId,
        key: &IdempotencyKey,
    ) -> Result<Option<BankAnswer>, BankCallError> {
        let by = v1::get_payment_request::By::IdempotencyKey(key.as_str().to_owned());
        let message =
            v1::GetPaymentRequest { merchant_id: merchant.as_str().to_owned(), by: Some(by) };
        let found = self
            .call("BankService/GetPayment", message, None, |shared, next, request| {
                let mut bank = shared.channels[next].clone();
                async move { bank.get_payment(request).await }
            })
            .await;
        match found {
            Ok(found) => read_answer(found.payment).map(Some),
            Err(CallFailure::NotFound) => Ok(None),
            Err(CallFailure::Failed(error)) => Err(error),
        }
    }

    async fn abandon(
        &self,
        merchant: &MerchantId,
        key: &IdempotencyKey,
    ) -> Result<BankAnswer, BankCallError> {
        let message = v1::AbandonRequest {
            merchant_id: merchant.as_str().to_owned(),
            idempotency_key: key.as_str().to_owned(),
        };
        let answer = self
            .call("BankService/Abandon", message, None, |shared, next, request| {
                let mut bank = shared.channels[next].clone();
                async move { bank.abandon(request).await }
            })
            .await
            .map_err(CallFailure::into_error)?;
        read_answer(answer.payment)
    }
}

fn authorize_message(request: &BankRequest) -> v1::AuthorizeRequest {
    let card = &request.card;
    v1::AuthorizeRequest {
        merchant_id: request.merchant.as_str().to_owned(),
        idempotency_key: request.key.as_str().to_owned(),
        card: Some(v1::CardDetails {
            number: card.number.expose().to_owned(),
            holder: card.holder.clone(),
            expiry_month: card.expiry.month().into(),
            expiry_year: card.expiry.year().into(),
            cvv: card.cvv.expose().to_owned(),
        }),
        amount: Some(crate::message::money::to_message(request.amount)),
        capture: request.capture,
        store: request.store.clone(),
        description: request.description.clone(),
        order_id: request.order_id.to_string(),
        installments: request.installments.into(),
    }
}

/// An answer that cannot be read says nothing about what happened.
pub(crate) fn read_answer(payment: Option<v1::Payment>) -> Result<BankAnswer, BankCallError> {
    let unreadable = |what: &str| BankCallError::Unknown(format!("its answer has no {what}"));
    let payment = payment.ok_or_else(|| unreadable("payment"))?;
    let outcome = match payment.status() {
        // What was charged and returned was paid; a refund is another story of the same order.
        v1::PaymentStatus::Authorized
        | v1::PaymentStatus::Captured
        | v1::PaymentStatus::Refunded => Outcome::Approved,
        // Nothing is charged, and nothing will be.
        v1::PaymentStatus::Voided | v1::PaymentStatus::Expired => {
            Outcome::Declined(DeclineReason::Abandoned)
        }
        v1::PaymentStatus::Declined => {
            let word = payment.decline.as_ref().map_or("", |decline| decline.reason.as_str());
            let reason = DeclineReason::from_word(word).unwrap_or(DeclineReason::DoNotHonor);
            Outcome::Declined(reason)
        }
        v1::PaymentStatus::Unspecified => return Err(unreadable("known status")),
    };
    let amount = payment.amount.as_ref().ok_or_else(|| unreadable("amount"))?;
    Ok(BankAnswer {
        payment: PaymentId::parse(&payment.payment_id).map_err(|_| unreadable("payment id"))?,
        card_token: CardToken::parse(&payment.card_token).ok(),
        outcome,
        amount: Money::of_code(amount.amount_minor, &amount.currency)
            .map_err(|_| unreadable("known currency"))?,
    })
}
