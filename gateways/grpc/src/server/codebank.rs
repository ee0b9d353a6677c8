//! `payment.PaymentService`: the original system's contract.
//!
//! It has no idempotency key, so every call is a payment of its own, and no answer but "ok": a
//! decline is a status.

use std::time::Duration;

use bancada_bank::ledger::AuthorizeError;
use bancada_bank::{BankHandle, PaymentError, PaymentRequest};
use bancada_kernel::{
    CardNumber, Currency, Cvv, Expiry, IdempotencyKey, MerchantId, Money, TraceContext,
};
use bancada_proto::codebank;
use bancada_telemetry::{Metrics, clock};
use tokio::time::{Instant, sleep};
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use super::bank::outcome;
use super::call::{metered, trace_of};
use crate::message::field;
use crate::message::payment::MAX_TEXT;
use crate::status::{bank_error, declined};

pub(crate) struct CodebankApi {
    pub(crate) bank: BankHandle,
    pub(crate) metrics: Metrics,
}

/// The merchant of every payment that comes this way.
const MERCHANT: &str = "codebank";
/// How long a payment of unknown outcome is asked for again; the caller has no key to do it with.
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);
const RESOLVE_EVERY: Duration = Duration::from_millis(50);

#[tonic::async_trait]
impl codebank::payment_service_server::PaymentService for CodebankApi {
    async fn payment(
        &self,
        request: Request<codebank::PaymentRequest>,
    ) -> Result<Response<()>, Status> {
        metered(&self.metrics, "PaymentService/Payment", async {
            let trace = trace_of(&request);
            self.pay(payment_request(request.into_inner(), trace)?).await.map(Response::new)
        })
        .await
    }
}

impl CodebankApi {
    async fn pay(&self, request: PaymentRequest) -> Result<(), Status> {
        let deadline = Instant::now() + RESOLVE_WITHIN;
        let mut is_unknown = false;
        loop {
            let answer = self.bank.authorize(request.clone()).await;
            self.metrics.authorized(outcome(&answer));
            let error = match answer {
                Ok(answer) => {
                    return match answer.payment.status.decline() {
                        Some(reason) => Err(declined(reason)),
                        None => Ok(()),
                    };
                }
                Err(PaymentError::Refused(error @ AuthorizeError::StoreBlank)) => {
                    return Err(field::invalid("store", error));
                }
                Err(PaymentError::Refused(error)) => return Err(field::invalid("amount", error)),
                Err(error) => error,
            };
            // A bank that is not ready now says nothing of what it did before.
            is_unknown |= error == PaymentError::UnknownOutcome;
            if !is_unknown {
                return Err(match error {
                    PaymentError::Overloaded => bank_error(&error),
                    error => Status::unavailable(error.to_string()),
                });
            }
            if Instant::now() >= deadline {
                return Err(Status::unavailable("the outcome of this payment is unknown"));
            }
            sleep(RESOLVE_EVERY).await;
        }
    }
}

pub(crate) fn payment_request(
    message: codebank::PaymentRequest,
    trace: TraceContext,
) -> Result<PaymentRequest, Status> {
    let card = field::required("creditCard", message.credit_card)?;
    let number = CardNumber::parse(&card.number)
        .map_err(|error| field::invalid("creditCard.number", error))?;
    let month = u8::try_from(card.expiration_month);
    let year = u16::try_from(card.expiration_year);
    let (Ok(year), Ok(month)) = (year, month) else {
        return Err(field::invalid("creditCard.expirationMonth", "it is out of range"));
    };
    let expiry = Expiry::new(year, month)
        .map_err(|error| field::invalid("creditCard.expirationMonth", error))?;
    // The contract's integer has lost the leading zeros of the code.
    let width = number.brand().cvv_length();
    let cvv = Cvv::parse(&Zeroizing::new(format!("{:0width$}", card.cvv)), number.brand())
        .map_err(|error| field::invalid("creditCard.cvv", error))?;
    let amount = Money::from_decimal(message.amount, Currency::BRL)
        .map_err(|error| field::invalid("amount", error))?;
    let key = clock::uuid().to_string();
    Ok(PaymentRequest {
        merchant: MerchantId::parse(MERCHANT).expect("a constant of visible ASCII"),
        key: IdempotencyKey::parse(&key).expect("a UUID is visible ASCII"),
        number,
        expiry,
        cvv: Some(cvv),
        amount,
        capture: true,
        store: field::cut("store", &message.store, MAX_TEXT)?,
        description: field::cut("description", &message.description, MAX_TEXT)?,
        order_id: String::new(),
        installments: 1,
        trace: Some(trace),
    })
}
