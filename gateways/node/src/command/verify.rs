//! `bancada verify`: whether a directory that nobody uses holds everything it should.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use bancada_bank::ledger::{Entry, Ledger, check_state};
use bancada_bank::ports::{
    HighWaterMark as _, JournalOpener as _, SnapshotStore as _, Witnesses as _,
};
use bancada_bank::proof::{Found, Knowledge, Looked, Mark, Witness, judge};
use bancada_database::data_directory::DataDirectory;
use bancada_database::journal::{FileMark, SqliteJournal};
use bancada_database::orders::{self, SqliteOrders};
use bancada_database::snapshot::FileSnapshots;
use bancada_database::statement::{self, SqliteStatements};
use bancada_extrato::ports::{StatementStoreOpener as _, StoreError};
use bancada_kernel::{Currency, Shard, ShardCount};
use serde::Serialize;

use crate::arguments::{Output, VerifyOptions};
use crate::exit::Exit;
use crate::service::bank::journal_file;
use crate::service::neighbours::Neighbours;

/// What a directory holds, and what is wrong with it.
#[derive(Default, Serialize)]
pub(crate) struct Findings {
    /// Of each shard, in order.
    pub(crate) shards: Vec<ShardFindings>,
    pub(crate) wrong: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct ShardFindings {
    /// The last position of its journal.
    pub(crate) position: u64,
    pub(crate) n_cards: usize,
    pub(crate) n_payments: usize,
    #[serde(skip)]
    pub(crate) mark: Mark,
}

pub(crate) fn run(options: &VerifyOptions) -> anyhow::Result<Exit> {
    let findings = look(&options.directory)?;
    print(&findings, options.output.output)?;
    Ok(if findings.wrong.is_empty() { Exit::Well } else { Exit::Found })
}

fn print(findings: &Findings, output: Output) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if output == Output::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(findings)?)?;
        return Ok(());
    }
    for (shard, number) in findings.shards.iter().zip(0..) {
        let ShardFindings { position, n_cards, n_payments, .. } = shard;
        writeln!(out, "shard {number}: {position} events, {n_cards} cards, {n_payments} payments")?;
    }
    for wrong in &findings.wrong {
        writeln!(out, "WRONG  {wrong}")?;
    }
    if findings.wrong.is_empty() {
        writeln!(out, "whole")?;
    }
    Ok(())
}

/// Reads every journal from its beginning, and holds what else is in the directory against it.
pub(crate) fn look(data: &Path) -> anyhow::Result<Findings> {
    let bank = data.join("bank");
    anyhow::ensure!(
        bank.join(journal_file(Shard::FIRST)).exists(),
        "there is no journal in {}; one that is in PostgreSQL is verified by its own tools",
        bank.display()
    );
    // Nobody changes it meanwhile.
    let directory = DataDirectory::open(data, "bank")?;
    let count = directory.keep_number("shards", 1, Some(1)).context("the number of shards")?;
    let count = ShardCount::new(count.into())?;
    let mut findings = Findings::default();
    for shard in count.shards() {
        let found = look_at_shard(data, directory.path(), shard, count);
        let (shard, wrong) = found.with_context(|| format!("shard {}", shard.number()))?;
        findings.shards.push(shard);
        findings.wrong.extend(wrong);
    }
    findings.wrong.extend(look_at_orders(data)?);
    findings.wrong.extend(look_at_statement(data)?);
    Ok(findings)
}

/// What a shop says at its start, if it is in this directory.
fn look_at_orders(data: &Path) -> anyhow::Result<Option<String>> {
    let file = data.join("checkout").join(orders::FILE);
    if !file.exists() {
        return Ok(None);
    }
    let _directory = DataDirectory::open(data, "checkout")?;
    let orders = SqliteOrders::new(&file);
    if orders.lacks_synced_commits()? {
        return Ok(Some(format!("the log of {} is damaged", file.display())));
    }
    match orders.make() {
        Err(error) if error.is_damage() => Ok(Some(error.to_string())),
        looked => Ok(looked.map(|()| None)?),
    }
}

/// What a statement finds beside its work, if it is in this directory.
fn look_at_statement(data: &Path) -> anyhow::Result<Option<String>> {
    let file = data.join("extrato").join(statement::FILE);
    if !file.exists() {
        return Ok(None);
    }
    let _directory = DataDirectory::open(data, "extrato")?;
    let statements = SqliteStatements::new(&file);
    // Opened for writing once, so that tables of an earlier version get their checksums.
    let looked = statements.open().and_then(|_| statements.examine(&mut || ()));
    match looked {
        Err(StoreError::Damaged(what)) => {
            Ok(Some(format!("{}: {what}; the bank rebuilds it", file.display())))
        }
        looked => Ok(looked.map(|()| None)?),
    }
}

fn look_at_shard(
    data: &Path,
    bank: &Path,
    shard: Shard,
    count: ShardCount,
) -> anyhow::Result<(ShardFindings, Vec<String>)> {
    let neighbours = Neighbours { data: data.to_owned(), shard, count, cursor: None };
    let mut witnesses = neighbours.hear();
    let mut mark = FileMark::open(bank, shard.number())?;
    let marked = mark.read().map(Knowledge::Past);
    witnesses.extend(marked.map(|knows| Witness { who: mark.place(), knows }));
    for position in FileSnapshots::new(bank, shard.number()).positions()? {
        let who = format!("the snapshot of position {position}");
        witnesses.push(Witness { who, knows: Knowledge::Event(position, None) });
    }

    let journal = SqliteJournal::new(&bank.join(journal_file(shard)), shard.number(), None);
    let (mut ledger, mut found) = (Ledger::new(Currency::BRL), Vec::new());
    let looked_for: Vec<u64> = witnesses.iter().filter_map(Witness::position).collect();
    let mut each = |entry: Entry| {
        ledger.apply(&entry);
        let Mark { position, chain } = ledger.mark();
        if looked_for.contains(&position) {
            found.push(Found { position, event: entry.event.hash(), chain });
        }
    };
    let read = journal
        .examine_log()
        .and_then(|()| journal.open())
        .and_then(|mut store| store.replay(0, &mut each));
    let mut wrong: Vec<String> = read.err().iter().map(ToString::to_string).collect();
    wrong.extend(check_state(&ledger).iter().map(ToString::to_string));
    let has_payment = |id| ledger.payment(id).is_some();
    let looked = Looked { end: ledger.position(), found: &found, has_payment: &has_payment };
    for witness in witnesses {
        let judged = judge(&looked, std::slice::from_ref(&witness));
        wrong.extend(judged.err().map(|loss| loss.to_string()));
    }
    let shard = ShardFindings {
        position: ledger.position(),
        n_cards: ledger.cards().count(),
        n_payments: ledger.payments().count(),
        mark: ledger.mark(),
    };
    Ok((shard, wrong))
}
