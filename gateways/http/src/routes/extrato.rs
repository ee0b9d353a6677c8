//! `/api/extrato/v1`: cards, statements, and their live stream.

mod bills;
mod event_id;
#[cfg(test)]
mod fuzz;
mod stream;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use bancada_extrato::statement::{Filter, LineKind, StatementCard, StatementLine};
use bancada_extrato::{ExtratoHandle, Freshness, ReadError, SubscribeError};
use bancada_kernel::{CardToken, Timestamp};
use bancada_proto::web as wire;
use serde::Deserialize;
use tokio::sync::watch;

use super::checkout::{decline_to_cardholder, money_to_wire};
use crate::answer::json;
use crate::position::Position;
use crate::problem::{ApiError, not_ready, overloaded};
use crate::reader::Reader;
use crate::routes::{read, reading, takes};

const DEFAULT_PAGE: usize = 50;
const MAX_PAGE: usize = 200;

/// Becomes true when the server stops: an endless answer would keep it from ending.
pub(crate) type Stopping = watch::Receiver<bool>;

pub(crate) fn configure(config: &mut ServiceConfig, extrato: ExtratoHandle, stopping: Stopping) {
    config.app_data(Data::new(extrato)).app_data(Data::new(stopping)).service(
        web::scope("/api/extrato/v1")
            .service(read("/cards", cards))
            .service(read("/cards/{token}/statement", statement))
            .service(
                takes("/cards/{token}/bill-payments", "GET, HEAD, POST")
                    .route(web::post().to(bills::pay))
                    .route(reading().to(bills::list)),
            )
            // An endless answer has no end to leave the body out of.
            .service(takes("/cards/{token}/stream", "GET").route(web::get().to(stream::of_card)))
            .service(takes("/stream", "GET").route(web::get().to(stream::of_cards))),
    );
}

#[derive(Deserialize)]
struct CardsQuery {
    after: Option<String>,
    limit: Option<String>,
}

async fn cards(
    reader: Reader,
    query: Query<CardsQuery>,
    extrato: Data<ExtratoHandle>,
) -> HttpResponse {
    let listing = async {
        let CardsQuery { after, limit } = query.into_inner();
        let after = after.filter(|text| !text.is_empty());
        let after = after.map(|text| CardToken::parse(&text)).transpose();
        let after = after.map_err(|_| query_invalid("after"))?;
        let list = extrato.cards(after, page_size(limit, MAX_PAGE)?).await?;
        let cards = list.cards.into_iter().map(card_to_wire).collect();
        let next = list.next.map(|token| token.to_string());
        let freshness = freshness_to_wire(list.freshness, extrato.now());
        Ok(json(StatusCode::OK, &wire::CardList { cards, next, freshness }))
    };
    reader.answer(listing.await)
}

#[derive(Deserialize)]
struct StatementQuery {
    search: Option<String>,
    kind: Option<String>,
    from_ms: Option<String>,
    to_ms: Option<String>,
    before: Option<String>,
    limit: Option<String>,
}

async fn statement(
    reader: Reader,
    token: Path<String>,
    query: Query<StatementQuery>,
    extrato: Data<ExtratoHandle>,
) -> HttpResponse {
    let reading = async {
        let token = CardToken::parse(&token).map_err(|_| card_unknown())?;
        let filter = filter(query.into_inner())?;
        let page = extrato.statement(&token, filter).await?.ok_or_else(card_unknown)?;
        let statement = wire::Statement {
            card: card_to_wire(page.card),
            lines: (page.lines.into_iter())
                .map(|line| wire::StatementLine {
                    has_ended: page.ended_holds.contains(&line.position),
                    ..line_to_wire(line)
                })
                .collect(),
            next: page.next,
            freshness: freshness_to_wire(page.freshness, extrato.now()),
        };
        Ok(json(StatusCode::OK, &statement))
    };
    reader.answer(reading.await)
}

/// A number in a query; empty is absent.
fn number<T: std::str::FromStr>(
    name: &'static str,
    text: Option<String>,
) -> Result<Option<T>, ApiError> {
    text.filter(|text| !text.is_empty())
        .map(|text| text.parse().map_err(|_| query_invalid(name)))
        .transpose()
}

/// How many a page has.
fn page_size(text: Option<String>, default: usize) -> Result<usize, ApiError> {
    let limit = number("limit", text)?.unwrap_or(default);
    if (1..=MAX_PAGE).contains(&limit) { Ok(limit) } else { Err(query_invalid("limit")) }
}

fn filter(query: StatementQuery) -> Result<Filter, ApiError> {
    let kind = match query.kind.as_deref() {
        None | Some("") => None,
        Some(word) => Some(LineKind::from_word(word).ok_or_else(|| query_invalid("kind"))?),
    };
    let limit = page_size(query.limit, DEFAULT_PAGE)?;
    let search = query.search.filter(|text| !text.trim().is_empty());
    if search.as_ref().is_some_and(|text| text.chars().count() > 100) {
        return Err(query_invalid("search"));
    }
    Ok(Filter {
        search,
        kind,
        from: number("from_ms", query.from_ms)?.map(Timestamp),
        to: number("to_ms", query.to_ms)?.map(Timestamp),
        before: number::<Position>("before", query.before)?.map(|position| position.0),
        limit,
    })
}

fn query_invalid(name: &'static str) -> ApiError {
    ApiError::bad_request(
        "query_invalid",
        format!("O parâmetro {name} não é válido."),
        format!("The parameter {name} is not valid."),
    )
    .at(name)
}

fn card_unknown() -> ApiError {
    ApiError::not_found(
        "card_unknown",
        "O extrato não conhece este cartão.",
        "The statement knows no such card.",
    )
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> ApiError {
        match error {
            ReadError::Overloaded => overloaded(),
            ReadError::Unavailable => not_ready(),
        }
    }
}

impl From<SubscribeError> for ApiError {
    fn from(error: SubscribeError) -> ApiError {
        match error {
            SubscribeError::UnknownCard => card_unknown(),
            SubscribeError::Overloaded => overloaded(),
            SubscribeError::Unavailable => not_ready(),
        }
    }
}

fn card_to_wire(card: StatementCard) -> wire::StatementCard {
    let available = money_to_wire(card.available());
    let fatura_due = money_to_wire(card.fatura_due());
    let state = card.state;
    wire::StatementCard {
        token: state.token.to_string(),
        card: wire::MaskedCard {
            brand: state.brand.word().to_owned(),
            masked: state.masked_number,
        },
        holder: state.now.holder,
        status: state.now.status.word().to_owned(),
        limit: money_to_wire(state.now.limit),
        available,
        balance: money_to_wire(state.now.balance),
        held: money_to_wire(state.now.held),
        current_fatura: money_to_wire(card.current_fatura),
        fatura_due,
        closing_day: state.now.closing_day.into(),
        due_day: state.now.due_day.into(),
    }
}

fn line_to_wire(line: StatementLine) -> wire::StatementLine {
    wire::StatementLine {
        position: line.position,
        transaction_id: line.transaction_id.to_string(),
        kind: match line.kind {
            LineKind::Hold => wire::LineKind::Hold,
            LineKind::Purchase => wire::LineKind::Purchase,
            LineKind::Decline => wire::LineKind::Decline,
            LineKind::Void => wire::LineKind::Void,
            LineKind::Refund => wire::LineKind::Refund,
            LineKind::BillPayment => wire::LineKind::BillPayment,
        },
        store: line.store,
        description: line.description,
        amount: money_to_wire(line.amount),
        installments: line.installments.into(),
        // As it was when it came; a page of lines tells what has become of it.
        has_ended: false,
        decline: line.decline.map(decline_to_cardholder),
        occurred_at_ms: line.occurred_at.0,
        trace_id: line.trace.map(|trace| trace.trace_id()),
    }
}

fn freshness_to_wire(freshness: Freshness, now: Timestamp) -> wire::Freshness {
    wire::Freshness {
        applied_position: freshness.applied_position,
        committed_position: freshness.committed_position,
        connected: freshness.connected,
        is_of_other_past: freshness.is_of_other_past,
        is_being_rebuilt: freshness.is_being_rebuilt,
        heard_at_ms: freshness.heard_at.map(|moment| moment.0),
        now_ms: now.0,
    }
}
