//! Begins a new generation of each journal that lost something, and makes the rest agree.
//!
//! A crash in between leaves data that the Bank refuses, and a note of what was begun: the same
//! command goes on from there, and gives nothing up twice.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bancada_bank::ledger::{AcceptLoss, Entry, Ledger, Stamp};
use bancada_bank::ports::{DeliveryCursor as _, HighWaterMark as _, JournalOpener as _};
use bancada_database::data_directory::DataDirectory;
use bancada_database::delivery::SqliteDelivery;
use bancada_database::journal::{FileMark, SqliteJournal};
use bancada_database::postgres::{DatabaseUrl, PostgresDelivery};
use bancada_database::snapshot::FileSnapshots;
use bancada_database::statement::SqliteStatements;
use bancada_database::{orders, statement};
use bancada_kernel::{Currency, EventId, PaymentId, Shard, ShardCount};
use bancada_telemetry::{clock, console};

use super::look::{Findings, Journal, ShardFindings};
use super::{journal_of, orders_file};
use crate::arguments::BeyondOptions;
use crate::service::bank::DELIVERY;

/// Is there from before the first change until all agrees.
const BEGUN: &str = "accept-loss.begun";

/// Whether the command was ended before all agreed.
pub(crate) fn is_interrupted(bank: &Path) -> bool {
    bank.join(BEGUN).exists()
}

pub(super) fn apply(
    data: &Path,
    findings: Findings,
    url: Option<&DatabaseUrl>,
    beyond: &BeyondOptions,
) -> anyhow::Result<()> {
    let bank = data.join("bank");
    let goes_on = is_interrupted(&bank);
    bancada_database::data_directory::write_durably(&bank.join(BEGUN), b"")?;
    let Findings { shards, orders, .. } = findings;
    let numbers: Vec<_> = shards.iter().map(|shard| shard.shard).collect();
    for shard in shards {
        let number = shard.shard.number();
        if shard.is_lost() {
            give_up(&bank, shard, goes_on).with_context(|| format!("shard {number}"))?;
        }
    }
    let aside = SqliteStatements::new(&data.join("extrato").join(statement::FILE)).begin_anew()?;
    say_aside(aside);
    if !orders.is_empty() {
        orders::change(&orders_file(data), orders, clock::now())?;
    }
    super::beyond::make_anew(beyond)?;
    deliver_again(&bank, &numbers, url)?;
    std::fs::remove_file(bank.join(BEGUN))?;
    std::fs::File::open(&bank)?.sync_all()?;
    Ok(())
}

fn give_up(bank: &Path, shard: ShardFindings, goes_on: bool) -> anyhow::Result<()> {
    let loss = shard.loss();
    let ShardFindings { shard, mut ledger, journal, ends_with_a_loss, .. } = shard;
    if !(goes_on && ends_with_a_loss) {
        let entry = loss.entry(&ledger, stamp(&ledger));
        match journal {
            Journal::File(salvage) => say_aside(salvage.replace(entry.clone())?),
            Journal::Database(journal) => {
                let mut store = journal.open()?;
                store.replay(0, &mut |_| {})?;
                store.append(std::slice::from_ref(&entry))?;
            }
        }
        ledger.apply(&entry);
    }
    write_mark(bank, shard, &ledger)?;
    Ok(FileSnapshots::new(bank, shard.number()).remove_all()?)
}

/// Marks a directory that was just put in place, and that nobody uses, as one that knows nothing
/// of what came after it.
pub(crate) fn begin_generation(data: &Path, is_topic_new: bool) -> anyhow::Result<()> {
    let directory = DataDirectory::open(data, "bank")?;
    let count = directory.keep_number("shards", 1, Some(1)).context("the number of shards")?;
    let shards: Vec<_> = ShardCount::new(count.into())?.shards().collect();
    for shard in shards.iter().copied() {
        let journal = SqliteJournal::new(&journal_of(data, shard), shard.number(), None);
        let mut ledger = Ledger::new(Currency::BRL);
        let mut store = journal.open()?;
        store.replay(0, &mut |entry: Entry| ledger.apply(&entry))?;
        // How much came after the backup is not known here.
        let loss = AcceptLoss { n_events: 0, moved_minor: 0 };
        let entry = loss.entry(&ledger, stamp(&ledger));
        store.append(std::slice::from_ref(&entry))?;
        ledger.apply(&entry);
        write_mark(directory.path(), shard, &ledger)?;
    }
    if is_topic_new { deliver_again(directory.path(), &shards, None) } else { Ok(()) }
}

fn write_mark(bank: &Path, shard: Shard, ledger: &Ledger) -> anyhow::Result<()> {
    let mut mark = FileMark::open(bank, shard.number())?;
    let written = mark.write(ledger.mark()).and_then(|()| mark.sync());
    written.map_err(|error| anyhow::anyhow!("the high-water mark: {error}"))
}

fn stamp(ledger: &Ledger) -> Stamp {
    Stamp {
        event_id: EventId::new(clock::uuid()),
        payment_id: PaymentId::new(clock::uuid()),
        now: clock::now(),
        ran: ledger.ran(),
        trace: None,
    }
}

/// A topic that was made anew has nothing yet.
fn deliver_again(bank: &Path, shards: &[Shard], url: Option<&DatabaseUrl>) -> anyhow::Result<()> {
    let file = bank.join(DELIVERY);
    for shard in shards {
        let number = shard.number();
        match url {
            Some(url) => PostgresDelivery::new(url, number).save(shard.position(0))?,
            None if file.exists() => {
                SqliteDelivery::open(&file, number)?.save(shard.position(0))?;
            }
            None => {}
        }
    }
    Ok(())
}

fn say_aside(aside: Option<PathBuf>) {
    if let Some(aside) = aside {
        console::say(format_args!("What was there is in {}.", aside.display()));
    }
}
