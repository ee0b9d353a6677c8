//! Records that the statement could not read, for whoever looks after it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use bancada_extrato::statement::DeadLetter;
use bancada_extrato::{DeadLetterError, ExtratoHandle};
use bancada_proto::web as wire;
use serde::Deserialize;

use super::{Admin, refuse_other_sites};
use crate::answer::json;
use crate::position::Position;
use crate::problem::{ApiError, not_ready};
use crate::reader::Reader;

const PAGE: usize = 50;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    after: Option<String>,
}

pub(super) async fn list(
    reader: Reader,
    query: Query<ListQuery>,
    admin: Data<Admin>,
) -> HttpResponse {
    let listing = async {
        let after = query.after.as_deref().filter(|text| !text.is_empty());
        let after = after.map_or(Ok(0), |text| text.parse().map(|Position(number)| number));
        let after = after.map_err(|()| after_invalid())?;
        let letters = statement(&admin)?.dead_letters(after, PAGE).await?;
        let next = letters.last().map(|letter| letter.id).filter(|_| letters.len() == PAGE);
        let letters = letters.into_iter().map(to_wire).collect();
        Ok(json(StatusCode::OK, &wire::DeadLetterList { letters, next }))
    };
    reader.answer(listing.await)
}

pub(super) async fn show(reader: Reader, id: Path<String>, admin: Data<Admin>) -> HttpResponse {
    let showing = async {
        let letter = statement(&admin)?.dead_letter(number(&id)?).await?;
        Ok(json(StatusCode::OK, &to_wire(letter)))
    };
    reader.answer(showing.await)
}

pub(super) async fn replay(
    reader: Reader,
    request: HttpRequest,
    id: Path<String>,
    admin: Data<Admin>,
) -> HttpResponse {
    let replaying = async {
        refuse_other_sites(&request)?;
        statement(&admin)?.replay_dead_letter(number(&id)?).await?;
        tracing::warn!(id = id.as_str(), "a dead letter was replayed");
        Ok(HttpResponse::NoContent().finish())
    };
    reader.answer(replaying.await)
}

pub(super) async fn discard(
    reader: Reader,
    request: HttpRequest,
    id: Path<String>,
    admin: Data<Admin>,
) -> HttpResponse {
    let discarding = async {
        refuse_other_sites(&request)?;
        statement(&admin)?.discard_dead_letter(number(&id)?).await?;
        tracing::warn!(id = id.as_str(), "a dead letter was discarded");
        Ok(HttpResponse::NoContent().finish())
    };
    reader.answer(discarding.await)
}

pub(super) async fn set_aside(
    reader: Reader,
    request: HttpRequest,
    path: Path<(String, String, String)>,
    admin: Data<Admin>,
) -> HttpResponse {
    let setting = || {
        refuse_other_sites(&request)?;
        let (topic, partition, offset) = path.into_inner();
        let (Ok(partition), Ok(offset)) = (partition.parse(), offset.parse()) else {
            return Err(place_invalid());
        };
        let set_aside = admin.set_aside.as_ref().ok_or_else(no_topics)?;
        let not_stuck = |why: String| ApiError::conflict("not_stuck", &why, &why);
        set_aside(&topic, partition, offset).map_err(not_stuck)?;
        Ok(HttpResponse::Accepted().finish())
    };
    reader.answer(setting())
}

fn place_invalid() -> ApiError {
    ApiError::bad_request(
        "place_invalid",
        "A partição e o offset são números.",
        "Partition and offset are numbers.",
    )
}

fn no_topics() -> ApiError {
    ApiError::not_found(
        "no_topics",
        "Este processo não lê tópicos: ele foi iniciado sem --kafka.",
        "This process reads no topics: it was started without --kafka.",
    )
}

fn statement(admin: &Admin) -> Result<&ExtratoHandle, ApiError> {
    admin.statement.as_ref().ok_or_else(|| {
        ApiError::not_found(
            "no_statement",
            "Este processo não tem o extrato.",
            "This process does not have the statement.",
        )
    })
}

fn number(id: &str) -> Result<u64, ApiError> {
    id.parse().map(|Position(number)| number).map_err(|()| unknown())
}

fn after_invalid() -> ApiError {
    ApiError::bad_request(
        "query_invalid",
        "O parâmetro after não é válido.",
        "The parameter after is not valid.",
    )
    .at("after")
}

fn unknown() -> ApiError {
    ApiError::not_found(
        "dead_letter_unknown",
        "Não há registro ilegível com este número.",
        "There is no dead letter with this number.",
    )
}

fn to_wire(letter: DeadLetter) -> wire::DeadLetter {
    wire::DeadLetter {
        id: letter.id,
        partition: letter.at.map(|at| at.partition),
        offset: letter.at.map(|at| at.offset),
        card_token: letter.card.map(|card| card.to_string()),
        why: letter.why,
        raw: letter.raw.iter().map(|byte| shown(*byte)).collect(),
    }
}

/// Printable ASCII as it is, so that JSON can be read; everything else by its number.
fn shown(byte: u8) -> String {
    match byte {
        b' '..=b'~' if byte != b'\\' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

impl From<DeadLetterError> for ApiError {
    fn from(error: DeadLetterError) -> ApiError {
        match error {
            DeadLetterError::Unknown => unknown(),
            DeadLetterError::Unreadable(why) => ApiError::invalid(
                "dead_letter_unreadable",
                format!("O registro continua ilegível: {why}."),
                format!("It still cannot be read: {why}."),
            ),
            DeadLetterError::Unavailable => not_ready(),
        }
    }
}
