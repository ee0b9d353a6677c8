//! Payments on the wire.

use std::mem;

use bancada_bank::ledger::{Payment, PaymentStatus};
use bancada_bank::{OperationRequest, PaymentAnswer, PaymentQuery, PaymentRequest};
use bancada_kernel::{
    CardNumber, Cvv, DeclineReason, Expiry, IdempotencyKey, MerchantId, Money, PaymentId,
    TraceContext,
};
use bancada_proto::bank::v1;
use tonic::Status;

use super::{field, money};

/// A store's name and a description are lines on a statement, not documents.
pub(crate) const MAX_TEXT: usize = 128;

pub(crate) fn merchant(text: &str) -> Result<MerchantId, Status> {
    MerchantId::parse(text).map_err(|error| field::invalid("merchant_id", error))
}

pub(crate) fn key(text: &str) -> Result<IdempotencyKey, Status> {
    IdempotencyKey::parse(text).map_err(|error| field::invalid("idempotency_key", error))
}

fn id(text: &str) -> Result<PaymentId, Status> {
    PaymentId::parse(text).map_err(|error| field::invalid("payment_id", error))
}

/// Who asks, under which key, about which payment.
pub(crate) fn operation(
    merchant_id: &str,
    idempotency_key: &str,
    payment_id: &str,
    trace: TraceContext,
) -> Result<OperationRequest, Status> {
    Ok(OperationRequest {
        merchant: merchant(merchant_id)?,
        key: key(idempotency_key)?,
        payment: id(payment_id)?,
        trace: Some(trace),
    })
}

pub(crate) fn request(
    message: v1::AuthorizeRequest,
    trace: Option<TraceContext>,
) -> Result<PaymentRequest, Status> {
    let mut card = field::required("card", message.card)?;
    let number =
        CardNumber::parse(&card.number).map_err(|error| field::invalid("card.number", error))?;
    let expiry = expiry(card.expiry_year, card.expiry_month)?;
    let cvv = match card.cvv.as_str() {
        "" => None,
        text => Some(
            Cvv::parse(text, number.brand()).map_err(|error| field::invalid("card.cvv", error))?,
        ),
    };
    field::bounded("card.holder", mem::take(&mut card.holder), 64)?;
    Ok(PaymentRequest {
        merchant: merchant(&message.merchant_id)?,
        key: key(&message.idempotency_key)?,
        number,
        expiry,
        cvv,
        amount: money::from_message("amount", message.amount)?,
        capture: message.capture,
        store: field::shown("store", message.store, MAX_TEXT)?,
        description: field::shown("description", message.description, MAX_TEXT)?,
        order_id: field::bounded("order_id", message.order_id, MAX_TEXT)?,
        installments: field::small("installments", message.installments.max(1))?,
        trace,
    })
}

pub(crate) fn expiry(year: u32, month: u32) -> Result<Expiry, Status> {
    Expiry::new(field::small("card.expiry_year", year)?, field::small("card.expiry_month", month)?)
        .map_err(|error| field::invalid("card.expiry_month", error))
}

pub(crate) fn query(by: Option<v1::get_payment_request::By>) -> Result<PaymentQuery, Status> {
    match field::required("by", by)? {
        v1::get_payment_request::By::PaymentId(text) => id(&text).map(PaymentQuery::Id),
        v1::get_payment_request::By::IdempotencyKey(text) => key(&text).map(PaymentQuery::Key),
    }
}

pub(crate) fn answer(answer: PaymentAnswer) -> v1::AuthorizeResponse {
    v1::AuthorizeResponse { payment: Some(payment(answer.payment)), replayed: answer.replayed }
}

pub(crate) fn payment(payment: Payment) -> v1::Payment {
    let money = |minor| Some(money::to_message(Money { minor, ..payment.amount }));
    let (captured, refunded) = (money(payment.captured_minor), money(payment.refunded_minor));
    let plan = payment.installment_plan().into_iter().map(money::to_message).collect();
    let is_held = payment.status == PaymentStatus::Authorized;
    let hold_ends_at_ms = if is_held { payment.hold_ends_at().0 } else { 0 };
    let status = match payment.status {
        PaymentStatus::Authorized => v1::PaymentStatus::Authorized,
        PaymentStatus::Captured => v1::PaymentStatus::Captured,
        PaymentStatus::Declined(_) => v1::PaymentStatus::Declined,
        PaymentStatus::Voided => v1::PaymentStatus::Voided,
        PaymentStatus::Refunded => v1::PaymentStatus::Refunded,
        PaymentStatus::Expired => v1::PaymentStatus::Expired,
    };
    let (card_token, masked_number, brand) = payment.card.map_or_else(Default::default, |card| {
        (card.token.to_string(), card.masked_number.to_string(), card.brand.word().to_owned())
    });
    v1::Payment {
        payment_id: payment.id.to_string(),
        merchant_id: payment.merchant.as_str().to_owned(),
        order_id: payment.order_id.to_string(),
        status: status.into(),
        amount: Some(money::to_message(payment.amount)),
        card_token,
        masked_number,
        brand,
        occurred_at_ms: payment.occurred_at.0,
        decline: payment.status.decline().map(decline),
        installments: payment.installments.into(),
        captured,
        refunded,
        installment_plan: plan,
        hold_ends_at_ms,
    }
}

pub(super) fn decline(reason: DeclineReason) -> v1::Decline {
    let [message_pt_br, message_en] = reason.to_shopper().map(str::to_owned);
    v1::Decline {
        code: reason.code().to_owned(),
        reason: reason.word().to_owned(),
        retryable: reason.retryable(),
        message_en,
        message_pt_br,
    }
}
