//! `/api/checkout/v1`: catalogue and orders.

#[cfg(test)]
mod fuzz;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{self, Data, Path, Payload, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use bancada_checkout::catalogue::{Product, Text};
use bancada_checkout::order::{Cancellation, Item, Order, OrderState};
use bancada_checkout::ports::{OrderCursor, PresentedCard};
use bancada_checkout::{CheckoutHandle, MAX_PAGE, PlaceOrder};
use bancada_kernel::{
    CardNumber, CardNumberError, Cvv, DeclineReason, Expiry, Money, OrderId, TraceContext,
};
use bancada_proto::web as wire;
use serde::Deserialize;

use crate::answer::{json, read_json};
use crate::problem::ApiError;
use crate::reader::Reader;
use crate::routes::{read, reading, takes};

const DEFAULT_PAGE: usize = 20;

pub(crate) fn configure(config: &mut ServiceConfig, checkout: CheckoutHandle) {
    config.app_data(Data::new(checkout)).service(
        web::scope("/api/checkout/v1")
            .service(read("/products", products))
            .service(read("/products/{slug}", product))
            .service(
                takes("/orders", "GET, HEAD, POST")
                    .route(web::post().to(place))
                    .route(reading().to(orders)),
            )
            .service(read("/orders/{id}", order)),
    );
}

async fn products(checkout: Data<CheckoutHandle>) -> HttpResponse {
    let products = checkout.catalogue().products().iter().map(product_to_wire).collect();
    json(StatusCode::OK, &wire::ProductList { products })
}

async fn product(reader: Reader, slug: Path<String>, shop: Data<CheckoutHandle>) -> HttpResponse {
    let found = shop.catalogue().product(&slug).ok_or_else(|| {
        ApiError::not_found(
            "product_unknown",
            "A loja não vende este produto.",
            "The shop does not sell this product.",
        )
    });
    reader.answer(found.map(|product| json(StatusCode::OK, &product_to_wire(product))))
}

async fn place(
    reader: Reader,
    request: HttpRequest,
    payload: Payload,
    shop: Data<CheckoutHandle>,
) -> HttpResponse {
    let placing = async {
        let id = order_id_of_key(&request)?;
        let body: wire::PlaceOrder = read_json(&request, payload).await?;
        let placed = shop.place(place_order(id, body, reader.trace)?).await?;
        let status = match (placed.order.is_unresolved(), placed.replayed) {
            (true, _) => StatusCode::ACCEPTED,
            (false, true) => StatusCode::OK,
            (false, false) => StatusCode::CREATED,
        };
        let mut answer = json(status, &order_to_wire(&shop, placed.order));
        let location = format!("/api/checkout/v1/orders/{id}");
        if let Ok(location) = location.parse() {
            answer.headers_mut().insert(header::LOCATION, location);
        }
        Ok(answer)
    };
    reader.answer(placing.await)
}

async fn order(reader: Reader, id: Path<String>, shop: Data<CheckoutHandle>) -> HttpResponse {
    let finding = async {
        let unknown = || {
            ApiError::not_found(
                "order_unknown",
                "A loja não tem este pedido.",
                "The shop has no such order.",
            )
        };
        let id = OrderId::parse(&id).map_err(|_| unknown())?;
        let order = shop.order(id).await?.ok_or_else(unknown)?;
        Ok(json(StatusCode::OK, &order_to_wire(&shop, order)))
    };
    reader.answer(finding.await)
}

#[derive(Deserialize)]
struct OrdersQuery {
    limit: Option<String>,
    before: Option<String>,
}

async fn orders(
    reader: Reader,
    query: Query<OrdersQuery>,
    shop: Data<CheckoutHandle>,
) -> HttpResponse {
    let listing = async {
        let limit = match query.limit.as_deref() {
            None => DEFAULT_PAGE,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit)).ok_or_else(
                    || {
                        ApiError::bad_request(
                            "limit_out_of_range",
                            format!("O limite vai de 1 a {MAX_PAGE}."),
                            format!("The limit is 1 to {MAX_PAGE}."),
                        )
                        .at("limit")
                    },
                )?
            }
        };
        let before = match query.before.as_deref() {
            None => None,
            Some(text) => Some(OrderCursor::parse(text).ok_or_else(|| {
                ApiError::bad_request(
                    "cursor_invalid",
                    "O cursor não veio desta lista.",
                    "The cursor is not one of this list.",
                )
                .at("before")
            })?),
        };
        let page = shop.orders(before, limit).await?;
        let orders = page.orders.into_iter().map(|order| order_to_wire(&shop, order)).collect();
        let next = page.next.map(|cursor| cursor.to_string());
        Ok(json(StatusCode::OK, &wire::OrderList { orders, next }))
    };
    reader.answer(listing.await)
}

fn order_id_of_key(request: &HttpRequest) -> Result<OrderId, ApiError> {
    idempotency_key(request, OrderId::parse)
}

/// What the header `Idempotency-Key` says, a UUID.
pub(super) fn idempotency_key<T, E>(
    request: &HttpRequest,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, ApiError> {
    let mut keys = request.headers().get_all("idempotency-key");
    let key = keys.next().ok_or_else(|| {
        ApiError::bad_request(
            "idempotency_key_missing",
            "Envie o cabeçalho Idempotency-Key com um UUID, o mesmo em cada repetição.",
            "Send the header Idempotency-Key with a UUID, the same in every repetition.",
        )
    })?;
    // Whoever adds a second one and means it would be charged under the first.
    if keys.any(|other| other != key) {
        return Err(ApiError::bad_request(
            "idempotency_key_ambiguous",
            "Envie um só cabeçalho Idempotency-Key.",
            "Send only one header Idempotency-Key.",
        ));
    }
    let key = key.to_str().ok().and_then(|text| parse(text).ok());
    key.ok_or_else(|| {
        ApiError::bad_request(
            "idempotency_key_invalid",
            "O cabeçalho Idempotency-Key deve ser um UUID.",
            "The header Idempotency-Key must be a UUID.",
        )
    })
}

fn place_order(
    id: OrderId,
    body: wire::PlaceOrder,
    trace: TraceContext,
) -> Result<PlaceOrder, ApiError> {
    let expected_total = match &body.expected_total {
        None => None,
        Some(money) => Some(Money::of_code(money.amount_minor, &money.currency).map_err(|_| {
            ApiError::invalid("currency_unknown", "Moeda desconhecida.", "Unknown currency.")
                .at("expected_total.currency")
        })?),
    };
    let items =
        body.items.into_iter().map(|item| Item { slug: item.slug, quantity: item.quantity });
    Ok(PlaceOrder {
        id,
        items: items.collect(),
        installments: body.installments,
        expected_total,
        card: presented_card(body.card)?,
        trace: Some(trace),
    })
}

fn presented_card(card: wire::CardEntry) -> Result<PresentedCard, ApiError> {
    let number = CardNumber::parse(&card.number).map_err(|error| {
        let what = match error {
            CardNumberError::Empty | CardNumberError::NotDigits => "card_number_invalid",
            CardNumberError::WrongLength => "card_number_length",
            CardNumberError::FailsCheck => "card_number_checksum",
        };
        ApiError::invalid(
            what,
            "O número do cartão não confere. Confira os dígitos.",
            "The card number is not right. Check the digits.",
        )
        .at("card.number")
    })?;
    let expiry = u16::try_from(card.expiry_year)
        .ok()
        .zip(u8::try_from(card.expiry_month).ok())
        .and_then(|(year, month)| Expiry::new(year, month).ok())
        .ok_or_else(|| {
            ApiError::invalid(
                "card_expiry_invalid",
                "A validade do cartão não existe. Use mês de 1 a 12 e ano com quatro dígitos.",
                "The card's expiry does not exist. Use a month of 1 to 12 and a year of four \
                 digits.",
            )
            .at("card.expiry_month")
        })?;
    let cvv = Cvv::parse(&card.cvv, number.brand()).map_err(|_| {
        let digits = number.brand().cvv_length();
        ApiError::invalid(
            "card_cvv_invalid",
            format!("O código de segurança deste cartão tem {digits} dígitos."),
            format!("This card's security code has {digits} digits."),
        )
        .at("card.cvv")
    })?;
    let holder = card.holder.trim().to_owned();
    if holder.is_empty() || holder.chars().count() > 64 || holder.chars().any(char::is_control) {
        return Err(ApiError::invalid(
            "card_holder_invalid",
            "Escreva o nome impresso no cartão, com até 64 letras.",
            "Write the name on the card, with at most 64 letters.",
        )
        .at("card.holder"));
    }
    Ok(PresentedCard { number, expiry, cvv, holder })
}

fn product_to_wire(product: &Product) -> wire::Product {
    wire::Product {
        slug: product.slug.to_string(),
        name: text_to_wire(&product.name),
        description: text_to_wire(&product.description),
        price: money_to_wire(product.price),
        image: product.image(),
    }
}

fn text_to_wire(text: &Text) -> wire::Text {
    wire::Text { pt_br: text.pt_br.clone(), en: text.en.clone() }
}

pub(crate) fn money_to_wire(money: Money) -> wire::Money {
    wire::Money { amount_minor: money.minor, currency: money.currency.code().to_owned() }
}

/// What a shopper is told: not always why.
fn decline_to_shopper(reason: DeclineReason) -> wire::Decline {
    let advice = reason.advice().word().to_owned();
    wire::Decline { advice, ..decline_to_wire(reason.for_shopper(), reason.to_shopper()) }
}

/// What the owner of a card is told.
pub(crate) fn decline_to_cardholder(reason: DeclineReason) -> wire::Decline {
    decline_to_wire(reason, reason.to_cardholder())
}

fn decline_to_wire(reason: DeclineReason, text: [&'static str; 2]) -> wire::Decline {
    let [pt_br, en] = text.map(str::to_owned);
    wire::Decline {
        code: reason.code().to_owned(),
        reason: reason.word().to_owned(),
        retryable: reason.retryable(),
        advice: String::new(),
        message: wire::Text { pt_br, en },
    }
}

fn order_to_wire(shop: &CheckoutHandle, order: Order) -> wire::Order {
    let is_given_up = shop.is_given_up(&order);
    let refunded = refunded(&order.state);
    let (status, payment_id, card_token, decline) = match order.state {
        OrderState::Placed => (wire::OrderStatus::Placed, None, None, None),
        OrderState::Paying => (wire::OrderStatus::Paying, None, None, None),
        OrderState::Unknown => (wire::OrderStatus::Unknown, None, None, None),
        OrderState::Paid(charge) => {
            (wire::OrderStatus::Paid, Some(charge.payment), charge.card_token, None)
        }
        OrderState::Refunded(charge) => {
            (wire::OrderStatus::Refunded, Some(charge.payment), charge.card_token, None)
        }
        OrderState::Declined { payment, reason } => {
            (wire::OrderStatus::Declined, Some(payment), None, Some(decline_to_shopper(reason)))
        }
        OrderState::Cancelled(Cancellation::ByBuyer | Cancellation::RefusedByBank { .. }) => {
            (wire::OrderStatus::Cancelled, None, None, None)
        }
        // The payment is told, so that somebody who asks about it can name it.
        OrderState::Cancelled(Cancellation::LostByBank { payment }) => {
            (wire::OrderStatus::Cancelled, Some(payment), None, None)
        }
    };
    let items = order.lines.into_iter().map(|line| wire::OrderItem {
        slug: line.slug,
        name: text_to_wire(&line.name),
        quantity: line.quantity,
        unit_price: money_to_wire(line.unit_price),
        total: money_to_wire(line.total),
    });
    wire::Order {
        id: order.id.to_string(),
        status,
        items: items.collect(),
        total: money_to_wire(order.total),
        card: wire::MaskedCard {
            brand: order.card.brand.word().to_owned(),
            masked: order.card.masked_number,
        },
        installments: order.installments.into(),
        payment_id: payment_id.map(|id| id.to_string()),
        card_token: card_token.map(|token| token.to_string()),
        decline,
        refunded: refunded.map(money_to_wire),
        is_given_up,
        placed_at_ms: order.placed_at.0,
        updated_at_ms: order.updated_at.0,
    }
}

/// What was returned of the charge, where anything was.
fn refunded(state: &OrderState) -> Option<Money> {
    let (OrderState::Paid(charge) | OrderState::Refunded(charge)) = state else { return None };
    let refunded = Money { minor: charge.refunded_minor, ..charge.amount };
    // Orders of before the shop followed refunds have none, and were never refunded either.
    Some(refunded).filter(|refunded| refunded.minor > 0)
}
