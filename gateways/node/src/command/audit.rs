//! `bancada audit`: holds what payers, the shop, Kafka, the statement and Elasticsearch know
//! against the Bank.

use std::io::Write as _;

use bancada_audit::{Audit, Outcome};
use bancada_grpc::client::BankAddress;

use crate::arguments::{AuditOptions, Output};
use crate::exit::Exit;

pub(crate) fn run(options: AuditOptions) -> anyhow::Result<Exit> {
    let audit = Audit {
        bank: BankAddress::parse(&options.bank.bank)?,
        load_log: options.load_log,
        log_may_be_cut: options.cut_log,
        checkout: options.checkout,
        extrato: options.extrato,
        kafka: options.kafka,
        elasticsearch: options.elasticsearch,
        catch_up_within: options.catch_up_within.into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let verdict = runtime.block_on(audit.verdict())?;
    let mut out = std::io::stdout().lock();
    match options.output.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&verdict)?)?,
        Output::Text => writeln!(out, "{verdict}")?,
    }
    Ok(match verdict.outcome() {
        Outcome::Well => Exit::Well,
        Outcome::Found => Exit::Found,
        // Whoever could not be asked proves nothing.
        Outcome::Unproven => Exit::Failed,
    })
}
