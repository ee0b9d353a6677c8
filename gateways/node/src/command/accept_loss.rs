//! `bancada accept-loss`: goes on without events that the journal has lost.
//!
//! Whoever runs the Bank decides that, and only where there is no backup: what was answered is
//! given up. The journal keeps what is whole at its beginning and gets an event that says what was
//! given up; shop, statement, topic and index are made to agree with it.

mod apply;
mod beyond;
mod look;

use std::path::Path;

use anyhow::Context as _;
use bancada_bank::Vault;
use bancada_database::data_directory::DataDirectory;
use bancada_database::postgres::PostgresJournal;
use bancada_database::{orders, vault_key};
use bancada_kernel::{Shard, ShardCount};
use bancada_telemetry::console;

use crate::arguments::{AcceptLossOptions, LostDatabaseOptions};
use crate::exit::Exit;
use crate::service::bank::{DELIVERY, KEY, journal_file};
use look::Findings;

pub(crate) use apply::{begin_generation, is_interrupted};
pub(crate) use beyond::make_anew as make_beyond_anew;

/// The services whose data has to agree.
const SERVICES: [&str; 3] = ["bank", "checkout", "extrato"];

pub(crate) fn run(options: &AcceptLossOptions) -> anyhow::Result<Exit> {
    let data = options.data.data.as_path();
    anyhow::ensure!(data.join("bank").exists(), "there is no bank in {}", data.display());
    // Nobody uses any of it meanwhile.
    let there = SERVICES.iter().filter(|service| data.join(service).exists());
    let opened = there.map(|service| DataDirectory::open(data, service));
    let directories = opened.collect::<Result<Vec<_>, _>>()?;
    let bank = directories.first().context("no directory is open")?;
    let (count, url) = (count(bank, &options.database)?, options.database.postgres.as_ref());
    let findings = look::look(data, count, url)?;
    if findings.is_whole() && !is_interrupted(bank.path()) {
        console::say(format_args!("nothing is lost: {} events are there", findings.n_left()));
        return Ok(Exit::Well);
    }
    print(&findings);
    if !options.yes {
        console::say(format_args!(
            "Nothing was changed. A backup gives it back (bancada restore); --yes gives it up."
        ));
        return Ok(Exit::Found);
    }
    anyhow::ensure!(
        options.beyond.kafka.is_some() || !findings.has_delivered,
        "events were delivered to a broker, and its topic knows what is given up: name it with \
         --kafka, and with --connect and --elasticsearch whoever reads it. If it is gone, remove \
         {} first",
        bank.path().join(DELIVERY).display()
    );
    apply::apply(data, findings, url, &options.beyond)?;
    console::say(format_args!("Given up. The rest agrees, and the audit says so ever after."));
    Ok(Exit::Well)
}

/// How many journals there are. A database says whether that is right, and whose key it is of.
fn count(bank: &DataDirectory, options: &LostDatabaseOptions) -> anyhow::Result<ShardCount> {
    let Some(url) = &options.postgres else {
        let count = bank.keep_number("shards", 1, Some(1)).context("the number of shards")?;
        let count = ShardCount::new(count.into())?;
        let mut journals = count.shards().map(journal_file);
        anyhow::ensure!(
            journals.any(|name| bank.has_had(&name).unwrap_or(true) || bank.file(&name).exists()),
            "{} has no journal; name the database that has it with --postgres",
            bank.path().display()
        );
        return Ok(count);
    };
    let key = options.vault_key_file.clone().unwrap_or_else(|| bank.file(KEY));
    anyhow::ensure!(key.exists(), "{} is missing: name the vault's key", key.display());
    let count = ShardCount::new(options.shards.into())?;
    let vault = Vault::new(vault_key::read_or_make(&key, rand::random)?);
    PostgresJournal::new(url, 0).claim(vault.fingerprint(), count)?;
    Ok(count)
}

fn print(findings: &Findings) {
    for shard in &findings.shards {
        let (number, left) = (shard.shard.number(), shard.ledger.position());
        console::say(format_args!("shard {number}: {left} events are whole"));
        for cause in &shard.causes {
            console::say(format_args!("  {cause}"));
        }
        if shard.is_lost() {
            let moved = reais(shard.loss().moved_minor);
            let n_events = shard.n_events;
            console::say(format_args!(
                "  given up: {n_events} events that are known of; {moved} are known to have moved \
                 in them"
            ));
        }
    }
    for (order, after) in &findings.orders {
        let (id, before, after) = (order.id, order.state.word(), after.word());
        console::say(format_args!("order {id}: {before}, will be {after}"));
    }
}

fn reais(minor: i64) -> String {
    format!("R$ {}.{:02}", minor / 100, minor % 100)
}

/// Where the shop keeps its orders.
fn orders_file(data: &Path) -> std::path::PathBuf {
    data.join("checkout").join(orders::FILE)
}

/// The shard's journal.
fn journal_of(data: &Path, shard: Shard) -> std::path::PathBuf {
    data.join("bank").join(journal_file(shard))
}
