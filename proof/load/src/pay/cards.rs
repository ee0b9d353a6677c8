//! The cards that payers pay with, issued for them.

use bancada_grpc::client::{BankAddress, connect};
use bancada_kernel::CardNumber;
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tonic::Code;

use super::LoadError;

/// Wide enough never to be the reason of a decline.
const WIDE_LIMIT_MINOR: i64 = 100_000_000_000;
/// Spent after a few payments, so that the limit is tested too.
const NARROW_LIMIT_MINOR: i64 = 50_000;
/// One in so many is narrow.
const NARROW_EVERY: usize = 10;
const EXPIRY: (u32, u32) = (2035, 12);

/// Issues the cards of a seed; those of an earlier run are used again.
pub(crate) async fn issue(
    address: &BankAddress,
    seed: u64,
    count: usize,
) -> Result<Vec<CardNumber>, LoadError> {
    let mut bank = CardServiceClient::new(connect(address));
    let mut rng = StdRng::seed_from_u64(seed);
    let mut cards = Vec::with_capacity(count);
    while cards.len() < count {
        let number = number(&mut rng);
        let is_narrow = cards.len() % NARROW_EVERY == NARROW_EVERY - 1;
        let limit_minor = if is_narrow { NARROW_LIMIT_MINOR } else { WIDE_LIMIT_MINOR };
        let request = v1::IssueCardRequest {
            number: number.expose().to_owned(),
            holder: "Carga Teste".to_owned(),
            expiry_month: EXPIRY.1,
            expiry_year: EXPIRY.0,
            limit: Some(v1::Money { amount_minor: limit_minor, currency: "BRL".to_owned() }),
            closing_day: 5,
            due_day: 15,
        };
        match bank.issue_card(request).await {
            Ok(_) => {}
            Err(status) if status.code() == Code::AlreadyExists => {}
            Err(status) => return Err(LoadError::NoCards(status.message().to_owned())),
        }
        cards.push(number);
    }
    Ok(cards)
}

/// What a card looks like in a request.
pub(crate) fn details(number: &CardNumber) -> v1::CardDetails {
    v1::CardDetails {
        number: number.expose().to_owned(),
        holder: "Carga Teste".to_owned(),
        expiry_month: EXPIRY.1,
        expiry_year: EXPIRY.0,
        cvv: "123".to_owned(),
    }
}

/// A number that passes the Luhn check (ISO/IEC 7812-1), with a prefix of Visa.
fn number(rng: &mut StdRng) -> CardNumber {
    let body = rng.random_range(0..100_000_000_000_u64);
    let digits = format!("4539{body:011}");
    let check = luhn3::decimal::checksum(digits.as_bytes()).expect("they are digits");
    CardNumber::parse(&format!("{digits}{}", char::from(check))).expect("its check digit fits")
}
