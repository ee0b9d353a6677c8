//! The statement, as it tells its cards and lines.

use std::time::Duration;

use bancada_pipeline::HttpAddress;
use bancada_proto::web::{CardList, Statement, StatementCard, StatementLine};
use bancada_telemetry::clock;

use super::bank::BankFeed;
use super::error::{ReadError, in_a_line};
use super::patience::until_well;
use crate::bank::BankView;
use crate::extrato::{Lines, NAME, SUM_OF, compare};
use crate::verdict::Comparison;

const ASK_EVERY: Duration = Duration::from_millis(100);

/// Compares the statement, which may take so long to come as far as the Bank. The last position
/// is not all of it: a broker delivers its partitions side by side, and a card may be under
/// repair, so what is missing is looked for again. A statement that is being made anew does not
/// answer for a while, or does not know what it listed a moment ago.
pub(super) async fn audit(
    web: &reqwest::Client,
    address: &HttpAddress,
    feed: &BankFeed,
    bank: &BankView,
    within: Duration,
) -> Comparison {
    let base = address.at_with_credentials("/api/extrato/v1/cards");
    let unread = |error: ReadError| Comparison::unread(NAME, SUM_OF, in_a_line(&error));
    until_well(unread, within, ASK_EVERY, async || {
        let lines = read(web, &base, bank.n_events()).await?;
        Ok(compare(&lines, bank, &feed.latest().await?, clock::now()))
    })
    .await
}

/// Reads the whole statement, once it has come as far as the Bank.
async fn read(web: &reqwest::Client, base: &str, position: u64) -> Result<Lines, ReadError> {
    let first = page(web, base, None).await?;
    let behind = position.saturating_sub(first.freshness.applied_position);
    if behind > 0 {
        return Err(ReadError::Behind(behind));
    }
    let mut all = Vec::new();
    for card in all_cards(web, base, first).await? {
        let lines = lines(web, base, &card.token).await?;
        all.push((card, lines));
    }
    Ok(all)
}

/// A page of the cards, after one of them.
async fn page(
    web: &reqwest::Client,
    base: &str,
    after: Option<&str>,
) -> Result<CardList, ReadError> {
    let after = after.map(|after| format!("?after={after}")).unwrap_or_default();
    let answer = web.get(format!("{base}{after}")).send().await?.error_for_status()?;
    answer.json().await.map_err(|error| ReadError::Stranger("a page of cards", error))
}

async fn all_cards(
    web: &reqwest::Client,
    base: &str,
    first: CardList,
) -> Result<Vec<StatementCard>, ReadError> {
    let CardList { mut cards, mut next, .. } = first;
    while let Some(after) = next {
        let more = page(web, base, Some(&after)).await?;
        cards.extend(more.cards);
        next = more.next;
    }
    Ok(cards)
}

async fn lines(
    web: &reqwest::Client,
    base: &str,
    token: &str,
) -> Result<Vec<StatementLine>, ReadError> {
    let mut lines = Vec::new();
    let mut before = None::<u64>;
    loop {
        let page = before.map(|before| format!("&before={before}")).unwrap_or_default();
        let url = format!("{base}/{token}/statement?limit=200{page}");
        let answer = web.get(url).send().await?.error_for_status()?;
        let statement = answer.json::<Statement>().await;
        let statement = statement.map_err(|error| ReadError::Stranger("a statement", error))?;
        lines.extend(statement.lines);
        before = statement.next;
        if before.is_none() {
            return Ok(lines);
        }
    }
}
