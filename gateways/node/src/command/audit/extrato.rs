//! The statement, against what the Bank holds.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use bancada_kernel::{CardToken, Timestamp};
use bancada_pipeline::HttpAddress;
use bancada_proto::web::{CardList, LineKind, Statement, StatementCard, StatementLine};
use bancada_telemetry::clock;

use super::bank::shown::{CARD, LINE};
use super::bank::{BankView, Latest};
use super::facts::Facts;
use super::patience::until_well;
use super::verdict::Comparison;

const ASK_EVERY: Duration = Duration::from_millis(100);
const NAME: &str = "extrato";
const SUM_OF: &str = "owed";
/// What events change that are no line.
const CHANGES_WITHOUT_LINE: [&str; 3] = ["status", "limit", "available"];

/// Every card and its lines.
pub(super) type Lines = Vec<(StatementCard, Vec<StatementLine>)>;

/// Compares the statement, which may take so long to come as far as the Bank. The last position
/// is not all of it: a broker delivers its partitions side by side, and a card may be under
/// repair, so what is missing is looked for again. A statement that is being made anew does not
/// answer for a while, or does not know what it listed a moment ago.
pub(super) async fn audit(
    web: &reqwest::Client,
    address: &HttpAddress,
    bank: &BankView,
    within: Duration,
) -> Comparison {
    let base = address.at_with_credentials("/api/extrato/v1/cards");
    let unread = |error| Comparison::unread(NAME, SUM_OF, &error);
    until_well(unread, within, ASK_EVERY, async || {
        let lines = read(web, &base, bank.n_events()).await?;
        Ok(compare(&lines, bank, &bank.latest().await?, clock::now()))
    })
    .await
}

/// Reads the whole statement, once it has come as far as the Bank.
async fn read(web: &reqwest::Client, base: &str, position: u64) -> anyhow::Result<Lines> {
    let first = page(web, base, None).await?;
    let behind = position.saturating_sub(first.freshness.applied_position);
    if behind > 0 {
        anyhow::bail!("it is still {behind} events behind");
    }
    let mut all = Vec::new();
    for card in all_cards(web, base, first).await? {
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

pub(super) fn compare(
    lines: &Lines,
    bank: &BankView,
    latest: &Latest,
    now: Timestamp,
) -> Comparison {
    let mut result = Comparison::new(NAME, SUM_OF);
    let mut seen: HashMap<u64, u32> = HashMap::new();
    for (card, lines) in lines {
        let token = CardToken::parse(&card.token).ok();
        let known = token.as_ref().and_then(|token| bank.cards.get(token));
        match known.map(|known| known.shown(now)) {
            None => result.mismatch(format!("card {} is not at the bank", card.token)),
            // Later events may have changed it since.
            Some(_) if lines.iter().any(|line| !bank.covers(line.position)) => {}
            Some(known) => {
                let differences = card_differences(card, known.as_ref(), bank, latest);
                if !differences.is_empty() {
                    let (token, parts) = (&card.token, differences.join(", "));
                    result.mismatch(format!("card {token} is another at the bank: {parts}"));
                }
            }
        }
        for line in lines.iter().filter(|line| latest.lacks(line.position)) {
            let (id, position) = (&line.transaction_id, line.position);
            result.mismatch(format!("line {position} of {id} is beyond the bank's last event"));
        }
        for line in lines.iter().filter(|line| bank.covers(line.position)) {
            let (id, moved) = (line.transaction_id.as_str(), i128::from(line.amount.amount_minor));
            *seen.entry(line.position).or_default() += 1;
            result.other_minor += match line.kind {
                LineKind::Purchase => moved,
                LineKind::Refund | LineKind::BillPayment => -moved,
                LineKind::Hold | LineKind::Void | LineKind::Decline => 0,
            };
            let Some(found) = bank.lines.get(&line.position) else {
                result.mismatch(format!("line {} of {id} is not at the bank", line.position));
                continue;
            };
            let new = StatementLine { has_ended: false, ..line.clone() };
            let mut differences = Facts::of(LINE, &new).differences(LINE, &found.shown);
            // A hold may have ended since the Bank was read.
            let may_have_ended = line.has_ended && latest.is_later_than(bank);
            let is_as_known = line.has_ended == found.has_ended || may_have_ended;
            differences.extend((!is_as_known).then_some("has_ended"));
            differences.extend((Some(&found.card) != token.as_ref()).then_some("card"));
            if differences.is_empty() {
                result.matched += 1;
            } else {
                let parts = differences.join(", ");
                result.mismatch(format!("line {} of {id} is another: {parts}", line.position));
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
    result.closed()
}

/// In what a card is another than at the Bank. What a line changes can be told by the lines; what
/// changes without one may have changed since the Bank was read.
fn card_differences(
    card: &StatementCard,
    known: Option<&Facts>,
    bank: &BankView,
    latest: &Latest,
) -> Vec<&'static str> {
    let Some(known) = known else { return vec!["token"] };
    let mut differences = Facts::of(CARD, card).differences(CARD, known);
    if latest.is_later_than(bank) {
        differences.retain(|name| !CHANGES_WITHOUT_LINE.contains(name));
    }
    differences
}
