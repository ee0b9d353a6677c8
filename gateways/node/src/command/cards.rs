//! `bancada cards`: the demo cards.

use std::io::Write as _;

use bancada_kernel::test_cards::{Dialect, TEST_CARDS, TestCard, TestOutcome};
use serde::Serialize;

use crate::arguments::{CardsOptions, Output};
use crate::exit::Exit;

#[derive(Serialize)]
struct Row {
    number: &'static str,
    brand: &'static str,
    holder: &'static str,
    expiry: String,
    limit_minor: i64,
    table: &'static str,
    outcome: &'static str,
    code: &'static str,
}

pub(crate) fn run(options: &CardsOptions) -> anyhow::Result<Exit> {
    let rows: Vec<_> = TEST_CARDS.iter().map(row).collect();
    let mut out = std::io::stdout().lock();
    match options.output.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?,
        Output::Text => {
            writeln!(
                out,
                "{:<16}  {:<10}  {:<11}  {:<7}  {:>10}  {:<6}  what it does (ABECS code)",
                "number", "brand", "holder", "expiry", "limit", "table"
            )?;
            for row in rows {
                let limit = format!("R$ {}", row.limit_minor / 100);
                let does = if row.code.is_empty() {
                    "approves, within the limit".to_owned()
                } else {
                    format!("declines: {} ({})", row.outcome, row.code)
                };
                writeln!(
                    out,
                    "{:<16}  {:<10}  {:<11}  {:<7}  {limit:>10}  {:<6}  {does}",
                    row.number, row.brand, row.holder, row.expiry, row.table
                )?;
            }
            writeln!(out, "\nAny security code of the brand's length is accepted.")?;
        }
    }
    Ok(Exit::Well)
}

fn row(card: &TestCard) -> Row {
    let (outcome, code) = match card.outcome {
        TestOutcome::Approved => ("approved", ""),
        TestOutcome::Declined(reason) => (reason.word(), reason.code()),
    };
    Row {
        number: card.number,
        brand: card.brand.word(),
        holder: card.holder,
        expiry: format!("{:02}/{}", card.expiry.1, card.expiry.0),
        limit_minor: card.limit_minor,
        table: match card.dialect {
            Dialect::Brands => "brands",
            Dialect::Stripe => "stripe",
            Dialect::Cielo => "cielo",
        },
        outcome,
        code,
    }
}
