//! `/api/extrato/v1/cards/{token}/bill-payments`: what cardholders pay toward their bills.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bancada_extrato::statement::{BillOutcome, BillPayment};
use bancada_extrato::{ExtratoHandle, PayBill, PayBillError};
use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{CardToken, IdempotencyKey, Money, OrderId};
use bancada_proto::web as wire;

use super::card_unknown;
use crate::amount::{in_english, in_portuguese};
use crate::answer::{json, read_json};
use crate::problem::{ApiError, overloaded};
use crate::reader::Reader;
use crate::routes::checkout::{decline_to_cardholder, idempotency_key, money_to_wire};

/// 202 while the Bank has not answered, 200 when a repetition finds its answer.
pub(super) async fn pay(
    reader: Reader,
    request: HttpRequest,
    token: Path<String>,
    payload: Payload,
    extrato: Data<ExtratoHandle>,
) -> HttpResponse {
    let paying = async {
        let key = idempotency_key(&request, |text| {
            // A UUID, in one spelling: two spellings would be two payments.
            let id = OrderId::parse(text).map_err(|error| error.to_string())?;
            IdempotencyKey::parse(&id.to_string()).map_err(|error| error.to_string())
        })?;
        let token = CardToken::parse(&token).map_err(|_| card_unknown())?;
        let body: wire::PayBill = read_json(&request, payload).await?;
        let amount = Money::of_code(body.amount.amount_minor, &body.amount.currency);
        let amount = amount.map_err(|_| currency_unknown())?;
        let trace = Some(reader.trace);
        let asked = extrato.pay_bill(PayBill { key, token, amount, trace }).await?;
        let status = match asked.payment.outcome {
            BillOutcome::Pending => StatusCode::ACCEPTED,
            BillOutcome::Paid | BillOutcome::Refused(_) => StatusCode::OK,
        };
        Ok(json(status, &to_wire(asked.payment)))
    };
    reader.answer(paying.await)
}

pub(super) async fn list(
    reader: Reader,
    token: Path<String>,
    extrato: Data<ExtratoHandle>,
) -> HttpResponse {
    let listing = async {
        let token = CardToken::parse(&token).map_err(|_| card_unknown())?;
        let payments = extrato.bills(&token).await?.into_iter().map(to_wire).collect();
        Ok(json(StatusCode::OK, &wire::BillPaymentList { payments }))
    };
    reader.answer(listing.await)
}

fn to_wire(payment: BillPayment) -> wire::BillPayment {
    let (status, decline) = match payment.outcome {
        BillOutcome::Pending => ("pending", None),
        BillOutcome::Paid => ("paid", None),
        BillOutcome::Refused(reason) => ("refused", Some(decline_to_cardholder(reason))),
    };
    wire::BillPayment {
        id: payment.key.to_string(),
        status: status.to_owned(),
        amount: money_to_wire(payment.amount),
        asked_at_ms: payment.asked_at.0,
        decline,
    }
}

fn currency_unknown() -> ApiError {
    ApiError::invalid("currency_unknown", "Moeda desconhecida.", "Unknown currency.")
        .at("amount.currency")
}

impl From<PayBillError> for ApiError {
    fn from(error: PayBillError) -> ApiError {
        match error {
            PayBillError::AmountNotPositive => ApiError::invalid(
                "amount_not_positive",
                "O valor deve ser maior que zero.",
                "The amount must be greater than zero.",
            )
            .at("amount.amount_minor"),
            PayBillError::AmountTooLarge => ApiError::invalid(
                "amount_too_large",
                format!("O valor vai até {}.", in_portuguese(Money::brl(MAX_AMOUNT_MINOR))),
                format!("The amount is at most {}.", in_english(Money::brl(MAX_AMOUNT_MINOR))),
            )
            .at("amount.amount_minor"),
            PayBillError::UnknownCard => card_unknown(),
            PayBillError::CurrencyNotSupported => ApiError::invalid(
                "currency_not_supported",
                "O cartão é de outra moeda.",
                "The card is in another currency.",
            )
            .at("amount.currency"),
            PayBillError::KeyReused => ApiError::conflict(
                "idempotency_key_reused",
                "Esta chave já foi usada para outro pagamento. Use uma chave nova.",
                "This key was used for another payment. Use a new key.",
            ),
            PayBillError::Overloaded => overloaded(),
            PayBillError::StorageFull => ApiError::unavailable(
                "storage_full",
                "O extrato está sem espaço em disco. Nada foi pago.",
                "The statement's disk is full. Nothing was paid.",
            ),
            PayBillError::Unavailable => ApiError::unavailable(
                "outcome_unknown",
                "Não sabemos se o pagamento foi registrado. Repita com a mesma chave: ele só \
                 acontece uma vez.",
                "We do not know whether the payment was recorded. Repeat it with the same key: it \
                 happens only once.",
            ),
        }
    }
}
