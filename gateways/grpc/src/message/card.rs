//! Cards on the wire.

use std::mem;

use bancada_bank::ledger::CardAccount;
use bancada_bank::{BillAnswer, BillRequest, CardRequest, LimitRequest, StatusRequest};
use bancada_kernel::{CardNumber, CardStatus, CardToken, Money, TraceContext};
use bancada_proto::bank::v1;
use tonic::Status;

use super::{field, money, payment};

pub(crate) fn token(text: &str) -> Result<CardToken, Status> {
    CardToken::parse(text).map_err(|error| field::invalid("card_token", error))
}

pub(crate) fn request(mut message: v1::IssueCardRequest) -> Result<CardRequest, Status> {
    Ok(CardRequest {
        number: CardNumber::parse(&message.number)
            .map_err(|error| field::invalid("number", error))?,
        holder: field::shown("holder", mem::take(&mut message.holder), 64)?,
        expiry: payment::expiry(message.expiry_year, message.expiry_month)?,
        limit: money::from_message("limit", message.limit.take())?,
        closing_day: field::small("closing_day", message.closing_day)?,
        due_day: field::small("due_day", message.due_day)?,
        always_declines: None,
    })
}

pub(crate) fn status_request(message: v1::SetCardStatusRequest) -> Result<StatusRequest, Status> {
    let status = match message.status() {
        v1::CardStatus::Active => CardStatus::Active,
        v1::CardStatus::Blocked => CardStatus::Blocked,
        v1::CardStatus::Cancelled => CardStatus::Cancelled,
        v1::CardStatus::Unspecified => {
            return Err(field::invalid("status", "it must be active, blocked or cancelled"));
        }
    };
    Ok(StatusRequest { token: token(&message.card_token)?, status })
}

pub(crate) fn limit_request(message: v1::SetCardLimitRequest) -> Result<LimitRequest, Status> {
    let limit = money::from_message("limit", message.limit)?;
    Ok(LimitRequest { token: token(&message.card_token)?, limit })
}

pub(crate) fn bill_request(
    message: v1::PayBillRequest,
    trace: TraceContext,
) -> Result<BillRequest, Status> {
    Ok(BillRequest {
        key: payment::key(&message.idempotency_key)?,
        token: token(&message.card_token)?,
        amount: money::from_message("amount", message.amount)?,
        trace: Some(trace),
    })
}

pub(crate) fn bill_answer(answer: &BillAnswer) -> v1::PayBillResponse {
    v1::PayBillResponse {
        payment_id: answer.payment.id.to_string(),
        decline: answer.payment.refused.map(payment::decline),
        occurred_at_ms: answer.payment.occurred_at.0,
        replayed: answer.replayed,
    }
}

pub(crate) fn account(account: CardAccount) -> v1::CardAccount {
    // Exact but for a card that an old journal left in credit by more than any can have today.
    let minor = account.available_minor().clamp(i64::MIN.into(), i64::MAX.into());
    let minor = i64::try_from(minor).unwrap_or(i64::MAX);
    let available = Money { minor, ..account.limit };
    let status = match account.status {
        CardStatus::Active => v1::CardStatus::Active,
        CardStatus::Blocked => v1::CardStatus::Blocked,
        CardStatus::Cancelled => v1::CardStatus::Cancelled,
    };
    v1::CardAccount {
        card_token: account.token.as_str().to_owned(),
        masked_number: account.masked_number.to_string(),
        brand: account.brand.word().to_owned(),
        holder: account.holder,
        expiry_month: account.expiry.month().into(),
        expiry_year: account.expiry.year().into(),
        limit: Some(money::to_message(account.limit)),
        balance: Some(money::to_message(account.balance)),
        held: Some(money::to_message(account.held)),
        available: Some(money::to_message(available)),
        status: status.into(),
        closing_day: account.closing_day.into(),
        due_day: account.due_day.into(),
        sequence: account.sequence,
    }
}
