//! The statement, against what the Bank holds.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use bancada_kernel::CardToken;
use bancada_pipeline::HttpAddress;
use bancada_proto::web::{CardList, LineKind, Statement, StatementCard, StatementLine};
use reqwest::StatusCode;
use tokio::time::{Instant, sleep};

use super::bank::{BankView, Latest};
use super::verdict::Comparison;

const ASK_EVERY: Duration = Duration::from_millis(100);

/// Every card and its lines.
pub(super) type Lines = Vec<(StatementCard, Vec<StatementLine>)>;

/// Compares the statement, which may take so long to come as far as the Bank. The last position
/// is not all of it: a broker delivers its partitions side by side, and a card may be under
/// repair, so what is missing is looked for again.
pub(super) async fn audit(
    web: &reqwest::Client,
    address: &HttpAddress,
    bank: &BankView,
    within: Duration,
) -> anyhow::Result<Comparison> {
    let base = address.at_with_credentials("/api/extrato/v1/cards");
    let deadline = Instant::now() + within;
    loop {
        let lines = match read(web, &base, bank.n_events(), deadline).await {
            // Made anew in the place of a damaged one: what was listed a moment ago comes again.
            Err(error) if is_being_replaced(&error) && Instant::now() < deadline => {
                sleep(ASK_EVERY).await;
                continue;
            }
            lines => lines?,
        };
        let result = compare(&lines, bank, &bank.latest().await?);
        if result.is_well() || Instant::now() >= deadline {
            return Ok(result);
        }
        sleep(ASK_EVERY).await;
    }
}

fn is_being_replaced(error: &anyhow::Error) -> bool {
    let status = error.downcast_ref::<reqwest::Error>().and_then(reqwest::Error::status);
    matches!(status, Some(StatusCode::SERVICE_UNAVAILABLE | StatusCode::NOT_FOUND))
}

/// Reads the whole statement, once it has come as far as the Bank.
async fn read(
    web: &reqwest::Client,
    base: &str,
    position: u64,
    deadline: Instant,
) -> anyhow::Result<Lines> {
    let cards = loop {
        let first = page(web, base, None).await?;
        if first.freshness.applied_position >= position {
            break all_cards(web, base, first).await?;
        }
        let behind = position - first.freshness.applied_position;
        if Instant::now() >= deadline {
            anyhow::bail!("it is still {behind} events behind");
        }
        sleep(ASK_EVERY).await;
    };
    let mut all = Vec::with_capacity(cards.len());
    for card in cards {
        let lines = lines(web, base, &card.token).await?;
        all.push((card, lines));
    }
    Ok(all)
}

/// A page of the cards, after one of them.
async fn page(web: &reqwest::Client, base: &str, after: Option<&str>) -> anyhow::Result<CardList> {
    let after = after.map(|after| format!("?after={after}")).unwrap_or_default();
    let answer = web.get(format!("{base}{after}")).send().await?.error_for_status()?;
    answer.json().await.context("a page of cards is not one")
}

async fn all_cards(
    web: &reqwest::Client,
    base: &str,
    first: CardList,
) -> anyhow::Result<Vec<StatementCard>> {
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
) -> anyhow::Result<Vec<StatementLine>> {
    let mut lines = Vec::new();
    let mut before = None::<u64>;
    loop {
        let page = before.map(|before| format!("&before={before}")).unwrap_or_default();
        let url = format!("{base}/{token}/statement?limit=200{page}");
        let answer = web.get(url).send().await?.error_for_status()?;
        let statement: Statement = answer.json().await.context("a statement is not one")?;
        lines.extend(statement.lines);
        before = statement.next;
        if before.is_none() {
            return Ok(lines);
        }
    }
}

pub(super) fn compare(lines: &Lines, bank: &BankView, latest: &Latest) -> Comparison {
    let mut result = Comparison::new("extrato", "owed");
    let mut seen: HashMap<u64, u32> = HashMap::new();
    for (card, lines) in lines {
        let token = CardToken::parse(&card.token).ok();
        let known = token.as_ref().and_then(|token| bank.cards.get(token));
        match known {
            None => result.mismatch(format!("card {} is not at the bank", card.token)),
            // Later events may have changed it since.
            Some(_) if lines.iter().any(|line| !bank.covers(line.position)) => {}
            Some(known) if known.balance_minor != card.balance.amount_minor => {
                result.mismatch(format!("card {} has another balance at the bank", card.token));
            }
            Some(_) => {}
        }
        for line in lines.iter().filter(|line| latest.lacks(line.position)) {
            let (id, position) = (&line.transaction_id, line.position);
            result.mismatch(format!("line {position} of {id} is beyond the bank's last event"));
        }
        for line in lines.iter().filter(|line| bank.covers(line.position)) {
            let (id, minor) = (line.transaction_id.as_str(), line.amount.amount_minor);
            let moved = i128::from(minor);
            *seen.entry(line.position).or_default() += 1;
            result.other_minor += match line.kind {
                LineKind::Purchase => moved,
                LineKind::Refund | LineKind::BillPayment => -moved,
                LineKind::Hold | LineKind::Void | LineKind::Decline => 0,
            };
            match bank.lines.get(&line.position) {
                None => {
                    result.mismatch(format!("line {} of {id} is not at the bank", line.position))
                }
                Some(found)
                    if found.payment != id
                        || found.kind != line.kind
                        || found.amount_minor != minor
                        || Some(&found.card) != token.as_ref() =>
                {
                    result.mismatch(format!("line {} of {id} is another", line.position));
                }
                Some(_) => result.matched += 1,
            }
        }
    }
    for (position, line) in &bank.lines {
        result.bank_minor += line.owed_minor;
        let id = &line.payment;
        match seen.get(position) {
            None => result.missing(format!("event {position} of {id} is on no statement")),
            Some(1) => {}
            Some(times) => result.duplicate(format!("event {position} of {id} has {times} lines")),
        }
    }
    result
}
