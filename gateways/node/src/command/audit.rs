//! `bancada audit`: holds what payers, the shop, Kafka, the statement and Elasticsearch know
//! against the Bank.

mod bank;
mod checkout;
mod elasticsearch;
mod extrato;
mod facts;
mod kafka;
mod patience;
mod payers;
#[cfg(test)]
mod planted;
mod verdict;

use std::time::Duration;

use anyhow::Context as _;

use crate::arguments::AuditOptions;
use crate::exit::Exit;
use crate::load_log;
use bank::BankView;
use verdict::Verdict;

/// One question to a service.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(crate) fn run(options: AuditOptions) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let verdict = runtime.block_on(audit(&options))?;
    verdict.print(options.output.output)?;
    Ok(verdict.exit())
}

async fn audit(options: &AuditOptions) -> anyhow::Result<Verdict> {
    let web = reqwest::Client::builder().timeout(ANSWER_WITHIN).build()?;
    // The shop is asked first: an order that is paid later than the Bank is read is not missing.
    let orders = match &options.checkout {
        Some(url) => Some(checkout::orders(&web, url).await),
        None => None,
    };
    let bank = BankView::read(&options.bank.bank).await.context("the bank cannot be read")?;
    let (mut comparisons, mut cut) = (Vec::new(), None);
    if let Some(path) = &options.load_log {
        let log = load_log::read(path)?;
        comparisons.push(payers::compare(&log.payments, &bank));
        cut = log.cut;
    }
    let within = options.catch_up_within.into();
    if let (Some(orders), Some(url)) = (orders, &options.checkout) {
        let orders = match orders {
            Ok(orders) => checkout::with_refunds(orders, &web, url, &bank, within).await,
            Err(error) => Err(error),
        };
        comparisons.push(match orders {
            Ok(orders) => checkout::compare(&orders, &bank),
            Err(error) => checkout::unread(&error),
        });
    }
    if let Some(brokers) = &options.kafka {
        comparisons.push(kafka::audit(brokers, &bank, within).await);
    }
    if let Some(url) = &options.extrato {
        comparisons.push(extrato::audit(&web, url, &bank, within).await);
    }
    if let Some(address) = &options.elasticsearch {
        comparisons.push(elasticsearch::audit(address, &bank, within).await);
    }
    Ok(Verdict::new(&bank, comparisons).of_log(cut, options.cut_log))
}
