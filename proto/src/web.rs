//! JSON shapes of `/api/checkout/v1` and `/api/extrato/v1`, for server and browser. Money is
//! always `{amount_minor, currency}`; instants are milliseconds since the Unix epoch, in UTC,
//! which the browser formats in the Bank's zone.

mod absent;
mod dead_letters;
mod freshness;

use serde::{Deserialize, Serialize};

pub use dead_letters::{DeadLetter, DeadLetterList};
pub use freshness::Freshness;

/// An amount in minor units (ISO 4217).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Cents, for BRL.
    pub amount_minor: i64,
    /// ISO 4217 alphabetic code.
    pub currency: String,
}

/// The same text in both languages; the browser picks one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Brazilian Portuguese.
    pub pt_br: String,
    /// English.
    pub en: String,
}

/// `GET /api/checkout/v1/products`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductList {
    /// In shop order.
    pub products: Vec<Product>,
}

/// `GET /api/checkout/v1/products/{slug}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Stable id in URLs.
    pub slug: String,
    /// Short name.
    pub name: Text,
    /// A sentence or two.
    pub description: Text,
    /// Price of one.
    pub price: Money,
    /// Same-origin path of an SVG drawing.
    pub image: String,
}

/// `POST /api/checkout/v1/orders`, with the header `Idempotency-Key` (a UUID).
///
/// No Debug: it carries card data. The page writes it and the server reads it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// What is bought; 1 to 50 lines.
    pub items: Vec<OrderItemRequest>,
    /// The card as typed.
    pub card: CardEntry,
    /// 1 to 12; absent or null means 1.
    #[serde(default = "absent::one", deserialize_with = "absent::one_if_null")]
    pub installments: u32,
    /// The total the buyer was shown. The server computes its own and refuses a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
}

/// One line of a new order; the price is the server's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderItemRequest {
    /// Which product.
    pub slug: String,
    /// 1 to 99.
    pub quantity: u32,
}

/// Card data as typed; spaces and hyphens in the number are ignored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardEntry {
    /// The card number.
    pub number: String,
    /// Name on the card.
    pub holder: String,
    /// 1 to 12.
    pub expiry_month: u32,
    /// Four digits.
    pub expiry_year: u32,
    /// Three digits, four for Amex.
    pub cvv: String,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Written down, nothing sent yet.
    Placed,
    /// Sent to the Bank.
    Paying,
    /// Charged; a part of it may have been returned.
    Paid,
    /// Refused; nothing was charged.
    Declined,
    /// The Bank's answer was lost; charged at most once. Being resolved for 7 days after the order
    /// was placed; later the Bank may have forgotten its answer, and the order stays so.
    Unknown,
    /// Given up before payment.
    Cancelled,
    /// All of the charge returned.
    Refunded,
}

/// `GET /api/checkout/v1/orders/{id}` and the answer to a new order: 201 when the outcome is
/// known, 202 while it is `paying` or `unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// UUID: the idempotency key that the browser minted.
    pub id: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Lines with the server's prices.
    pub items: Vec<OrderItem>,
    /// Sum of the lines.
    pub total: Money,
    /// The masked card.
    pub card: MaskedCard,
    /// Installments chosen.
    pub installments: u32,
    /// The Bank's payment id, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<String>,
    /// Token of the card at the Bank, once known: links to its statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_token: Option<String>,
    /// Present when declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// What the Bank has returned of the charge so far; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
    /// True of an order without an outcome that the shop does not ask about any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_given_up: bool,
    /// When it was placed.
    pub placed_at_ms: i64,
    /// When it last changed.
    pub updated_at_ms: i64,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// Product.
    pub slug: String,
    /// Its name when it was bought.
    pub name: Text,
    /// How many.
    pub quantity: u32,
    /// Price of one when it was bought.
    pub unit_price: Money,
    /// quantity x unit price.
    pub total: Money,
}

/// `GET /api/checkout/v1/orders?limit=20&before=CURSOR`, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderList {
    /// At most `limit`.
    pub orders: Vec<Order>,
    /// Pass as `before` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What may be shown of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedCard {
    /// `visa`, `mastercard`, `elo`, `hipercard`, `amex`, ...
    pub brand: String,
    /// `************1234`.
    pub masked: String,
}

/// Why a payment was refused and what can be done. The shop's API tells of a card that was lost or
/// stolen, or of suspected fraud, what it tells of a decline without a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// ABECS code.
    pub code: String,
    /// Stable reason word.
    pub reason: String,
    /// Whether the issuer may decide otherwise about the same card.
    pub retryable: bool,
    /// What a shopper can do: `try_again`, `check_card` (its data, as they were typed) or
    /// `use_another_card`; empty on a statement.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// In the shop why, and what to do; on a statement why, for whoever owns the card.
    pub message: Text,
}

/// `GET /api/extrato/v1/cards`: a page of 1 to 200 (`limit`) after a card (`after`, a token).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardList {
    /// By holder, then number.
    pub cards: Vec<StatementCard>,
    /// The next page's `after`; none on the last.
    pub next: Option<String>,
    /// How current this is.
    pub freshness: Freshness,
}

/// A card as its statement shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementCard {
    /// Opaque id in URLs.
    pub token: String,
    /// Brand and masked number.
    pub card: MaskedCard,
    /// Name on the card.
    pub holder: String,
    /// `active`, `blocked`, `cancelled`.
    pub status: String,
    /// Credit limit.
    pub limit: Money,
    /// limit - balance - held.
    pub available: Money,
    /// Owed.
    pub balance: Money,
    /// Authorized and not captured.
    pub held: Money,
    /// Charged less returned since the last closing day.
    pub current_fatura: Money,
    /// What of that is still to be paid.
    pub fatura_due: Money,
    /// Day of month, 1 to 28.
    pub closing_day: u32,
    /// Day of month, 1 to 28.
    pub due_day: u32,
}

/// What a statement line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Authorized, not captured: money is held.
    Hold,
    /// Charged.
    Purchase,
    /// Refused; for information, no money moved.
    Decline,
    /// A hold released.
    Void,
    /// Money returned.
    Refund,
    /// The cardholder paid toward a bill.
    BillPayment,
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLine {
    /// Position of the event: unique, ascending, the SSE id.
    pub position: u64,
    /// The payment.
    pub transaction_id: String,
    /// What it is.
    pub kind: LineKind,
    /// Where.
    pub store: String,
    /// What was bought.
    pub description: String,
    /// Positive; `kind` says in which direction.
    pub amount: Money,
    /// 1 to 12.
    pub installments: u32,
    /// True of a hold that was captured or released since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_ended: bool,
    /// Present when `kind` is `decline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// When the Bank decided.
    pub occurred_at_ms: i64,
    /// Trace id of the purchase, 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// `GET /api/extrato/v1/cards/{token}/statement?search=&kind=&from_ms=&to_ms=&before=&limit=`,
/// newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The card now.
    pub card: StatementCard,
    /// At most `limit` (default 50, at most 200).
    pub lines: Vec<StatementLine>,
    /// Pass as `before` for older lines; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// How current this is.
    pub freshness: Freshness,
}

/// `POST /api/extrato/v1/cards/{token}/bill-payments` with the header `Idempotency-Key`, a UUID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayBill {
    /// Greater than zero, in the card's currency; more than is owed is a credit.
    pub amount: Money,
}

/// A payment of a bill. It is `pending` until the Bank's event has come, and then `paid`, with a
/// line on the statement, or `refused`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPayment {
    /// The idempotency key.
    pub id: String,
    /// `pending`, `paid` or `refused`.
    pub status: String,
    /// How much.
    pub amount: Money,
    /// When it was asked for.
    pub asked_at_ms: i64,
    /// Present when `status` is `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
}

/// `GET /api/extrato/v1/cards/{token}/bill-payments`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPaymentList {
    /// The latest first, at most 20.
    pub payments: Vec<BillPayment>,
}

/// Events of `GET /api/extrato/v1/cards/{token}/stream` (server-sent events).
///
/// `event: line` carries a [`StatementUpdate`] with `id:` = position; `event: freshness` carries
/// a [`Freshness`] without id. Resume with `Last-Event-ID`; the lines missed are sent first.
///
/// `GET /api/extrato/v1/stream?cards=TOKEN+TOKEN` tells the same of up to 32 cards from now on, and
/// begins with each card as it stands; `id:` is the card's token, a space and the position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementUpdate {
    /// The new line; absent when only the card changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<StatementLine>,
    /// The card after it.
    pub card: StatementCard,
}

/// `GET /api/status`: what is up, for the landing page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemStatus {
    /// The parts of the system.
    pub parts: Vec<PartStatus>,
}

/// One part of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartStatus {
    /// `bank`, `checkout`, `extrato`.
    pub name: String,
    /// Whether it answers.
    pub up: bool,
    /// Why not, when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
