//! The statement, against what the Bank holds.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use bancada_kernel::CardToken;
use bancada_proto::web::{CardList, LineKind, Statement, StatementCard, StatementLine};
use tokio::time::{Instant, sleep};

use super::bank::BankView;
use super::verdict::Comparison;

const ASK_EVERY: Duration = Duration::from_millis(100);

/// Every card and its lines.
pub(super) type Lines = Vec<(StatementCard, Vec<StatementLine>)>;

/// Reads the whole statement, once it has come as far as the Bank.
pub(super) async fn read(
    web: &reqwest::Client,
    url: &str,
    position: u64,
    within: Duration,
) -> anyhow::Result<Lines> {
    let base = format!("{}/api/extrato/v1/cards", url.trim_end_matches('/'));
    let deadline = Instant::now() + within;
    let cards = loop {
        let list: CardList = web.get(&base).send().await?.error_for_status()?.json().await?;
        if list.freshness.applied_position >= position {
            break list.cards;
        }
        let behind = position - list.freshness.applied_position;
        if Instant::now() >= deadline {
            anyhow::bail!("it is still {behind} events behind after {within:?}");
        }
        sleep(ASK_EVERY).await;
    };
    let mut all = Vec::with_capacity(cards.len());
    for card in cards {
        let lines = lines(web, &base, &card.token).await?;
        all.push((card, lines));
    }
    Ok(all)
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

pub(super) fn compare(lines: &Lines, bank: &BankView) -> Comparison {
    let mut result = Comparison::new("extrato");
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for (card, lines) in lines {
        let token = CardToken::parse(&card.token).ok();
        let known = token.as_ref().and_then(|token| bank.cards.get(token));
        match known {
            None => result.mismatch(format!("card {} is not at the bank", card.token)),
            // Later events may have changed it since.
            Some(_) if lines.iter().any(|line| line.position > bank.position()) => {}
            Some(known) if known.balance_minor != card.balance.amount_minor => {
                result.mismatch(format!("card {} has another balance at the bank", card.token));
            }
            Some(_) => {}
        }
        for line in lines.iter().filter(|line| line.position <= bank.position()) {
            let id = line.transaction_id.as_str();
            *seen.entry(id).or_default() += 1;
            let is_charge = line.kind == LineKind::Purchase;
            if is_charge {
                result.other_minor += line.amount.amount_minor;
            }
            match bank.payments.get(id) {
                None => result.mismatch(format!("line {id} is not at the bank")),
                Some(found)
                    if found.is_charged != is_charge
                        || found.amount_minor != line.amount.amount_minor
                        || found.card != token =>
                {
                    result.mismatch(format!("line {id} is another at the bank"));
                }
                Some(_) => result.matched += 1,
            }
        }
    }
    for (id, payment) in bank.payments.iter().filter(|(_, payment)| payment.card.is_some()) {
        result.bank_minor += if payment.is_charged { payment.amount_minor } else { 0 };
        match seen.get(id.as_str()) {
            None => result.missing(format!("payment {id} is on no statement")),
            Some(1) => {}
            Some(times) => result.duplicate(format!("payment {id} has {times} lines")),
        }
    }
    result
}
