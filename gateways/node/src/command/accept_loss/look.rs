//! What is left, what is known to be missing, and how much money moved in it.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use bancada_bank::ledger::{AcceptLoss, Entry, Ledger, PaymentStatus};
use bancada_bank::ports::{
    DeliveryCursor, EventHistory as _, HighWaterMark as _, SnapshotStore as _, Witnesses as _,
};
use bancada_bank::proof::{Found, Knowledge, Looked, Mark, Witness, judge};
use bancada_checkout::order::{Order, OrderState};
use bancada_database::delivery::SqliteDelivery;
use bancada_database::journal::{FileMark, Salvage, SqliteJournal};
use bancada_database::postgres::{DatabaseUrl, PostgresDelivery, PostgresJournal};
use bancada_database::snapshot::FileSnapshots;
use bancada_database::{orders, statement};
use bancada_kernel::{Currency, EventKind, PaymentId, Shard, ShardCount};

use super::{journal_of, orders_file};
use crate::service::bank::DELIVERY;
use crate::service::neighbours::Neighbours;

/// Everything that was found.
pub(super) struct Findings {
    pub(super) shards: Vec<ShardFindings>,
    /// Orders that change, with their states afterwards.
    pub(super) orders: Vec<(Order, OrderState)>,
    /// Whether events went to a broker.
    pub(super) has_delivered: bool,
}

/// Where a journal is.
pub(super) enum Journal {
    File(Salvage),
    Database(Box<PostgresJournal>),
}

/// What was found of one journal.
pub(super) struct ShardFindings {
    pub(super) shard: Shard,
    /// Of what is whole.
    pub(super) ledger: Ledger,
    pub(super) journal: Journal,
    /// What is wrong, each in a sentence.
    pub(super) causes: Vec<String>,
    /// Events that somebody knows of, and that are not there.
    pub(super) n_events: u64,
    /// By payment, what moved in them.
    moved: HashMap<PaymentId, i64>,
    /// Whether the last event that is whole gives something up.
    pub(super) ends_with_a_loss: bool,
}

impl ShardFindings {
    pub(super) fn is_lost(&self) -> bool {
        !self.causes.is_empty()
    }

    /// What is given up.
    pub(super) fn loss(&self) -> AcceptLoss {
        let moved_minor = self.moved.values().fold(0, |sum: i64, minor| sum.saturating_add(*minor));
        AcceptLoss { n_events: self.n_events, moved_minor }
    }
}

impl Findings {
    pub(super) fn is_whole(&self) -> bool {
        self.shards.iter().all(|shard| !shard.is_lost())
    }

    pub(super) fn n_left(&self) -> u64 {
        self.shards.iter().map(|shard| shard.ledger.position()).sum()
    }
}

/// Looks at everything, and changes nothing.
pub(super) fn look(
    data: &Path,
    count: ShardCount,
    url: Option<&DatabaseUrl>,
) -> anyhow::Result<Findings> {
    let file = data.join("extrato").join(statement::FILE);
    let mut lines = HashMap::new();
    for line in statement::moved_in(&file).unwrap_or_else(|error| {
        tracing::warn!(%error, "the statement does not say what moved");
        Vec::new()
    }) {
        lines.insert(line.position, line);
    }
    let cursors = cursors(&data.join("bank"), count, url)?;
    let has_delivered = cursors
        .iter()
        .zip(count.shards())
        // What a damaged note says is not known, and may be much.
        .any(|(cursor, shard)| !cursor.load().is_ok_and(|it| it <= shard.position(0)));
    let mut shards = Vec::new();
    for shard in count.shards() {
        let cursor = cursors.get(usize::from(shard.number())).cloned();
        let neighbours = Neighbours { data: data.to_owned(), shard, count, cursor };
        let found = look_at_shard(data, &neighbours, url, &mut lines);
        shards.push(found.with_context(|| format!("shard {}", shard.number()))?);
    }
    let orders = changed_orders(data, count, &mut shards)?;
    Ok(Findings { shards, orders, has_delivered })
}

/// How far events went to a broker, by shard; none where there was never one.
fn cursors(
    bank: &Path,
    count: ShardCount,
    url: Option<&DatabaseUrl>,
) -> anyhow::Result<Vec<Arc<dyn DeliveryCursor>>> {
    let file = bank.join(DELIVERY);
    let mut cursors = Vec::<Arc<dyn DeliveryCursor>>::new();
    for shard in count.shards() {
        match url {
            Some(url) => cursors.push(Arc::new(PostgresDelivery::new(url, shard.number()))),
            None if file.exists() => {
                cursors.push(Arc::new(SqliteDelivery::open(&file, shard.number())?));
            }
            None => {}
        }
    }
    Ok(cursors)
}

/// A journal in a file, with what can be said of it before it is read.
fn salvage(journal: &Path, shard: Shard, causes: &mut Vec<String>) -> anyhow::Result<Salvage> {
    if !journal.exists() {
        causes.push(format!("{} is missing", journal.display()));
    }
    let log = SqliteJournal::new(journal, shard.number(), None).examine_log();
    causes.extend(log.err().map(|error| error.to_string()));
    Ok(Salvage::begin(journal, shard.number())?)
}

/// Reads a journal beside a Bank that may run: to open it would take it over.
fn read_database(journal: &PostgresJournal, each: &mut dyn FnMut(Entry)) -> anyhow::Result<()> {
    const PAGE: usize = 10_000;
    let (history, mut after) = (journal.history(), 0);
    loop {
        let page = history.entries(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.event.position;
        page.into_iter().for_each(&mut *each);
    }
}

fn look_at_shard(
    data: &Path,
    neighbours: &Neighbours,
    url: Option<&DatabaseUrl>,
    lines: &mut HashMap<u64, bancada_extrato::statement::StatementLine>,
) -> anyhow::Result<ShardFindings> {
    let (shard, bank) = (neighbours.shard, data.join("bank"));
    let mut witnesses = neighbours.hear();
    let mut mark = FileMark::open(&bank, shard.number())?;
    let marked = mark.read().map(Knowledge::Past);
    witnesses.extend(marked.map(|knows| Witness { who: mark.place(), knows }));
    for position in FileSnapshots::new(&bank, shard.number()).positions()? {
        let who = format!("the snapshot of position {position}");
        witnesses.push(Witness { who, knows: Knowledge::Event(position, None) });
    }
    let mut causes = Vec::new();
    let journal = match url {
        Some(url) => Journal::Database(Box::new(PostgresJournal::new(url, shard.number()))),
        None => Journal::File(salvage(&journal_of(data, shard), shard, &mut causes)?),
    };
    let (mut ledger, mut found) = (Ledger::new(Currency::BRL), Vec::new());
    let looked_for: HashSet<u64> = witnesses.iter().filter_map(Witness::position).collect();
    let mut ends_with_a_loss = false;
    let mut each = |entry: Entry| {
        ledger.apply(&entry);
        let (event, Mark { position, chain }) = (&entry.event, ledger.mark());
        if looked_for.contains(&position) {
            found.push(Found { position, event: event.hash(), chain });
        }
        ends_with_a_loss = event.kind == EventKind::LossAccepted;
        let everywhere = shard.position(position);
        if lines.get(&everywhere).is_some_and(|it| it.transaction_id == event.transaction_id) {
            lines.remove(&everywhere);
        }
    };
    match &journal {
        Journal::File(salvage) => causes.extend(salvage.read(&mut each)?),
        Journal::Database(journal) => read_database(journal, &mut each)?,
    }
    let has_payment = |id| ledger.payment(id).is_some();
    let looked = Looked { end: ledger.position(), found: &found, has_payment: &has_payment };
    causes.extend(judge(&looked, &witnesses).err().map(|loss| loss.to_string()));

    let end = ledger.position();
    let known = witnesses.iter().filter_map(Witness::position).max().unwrap_or(0);
    let (mut moved, mut n_others) = (HashMap::new(), 0);
    for (position, line) in lines.iter() {
        if Shard::of_position(*position) == shard {
            n_others += u64::from(Shard::in_journal(*position) <= end);
            let sum: &mut i64 = moved.entry(line.transaction_id).or_default();
            *sum = sum.saturating_add(line.amount.minor);
        }
    }
    let n_events = known.saturating_sub(end) + n_others;
    Ok(ShardFindings { shard, ledger, journal, causes, n_events, moved, ends_with_a_loss })
}

/// What the shop was told, and the Bank does not have any more; the money counts where the
/// statement did not know of it.
fn changed_orders(
    data: &Path,
    count: ShardCount,
    shards: &mut [ShardFindings],
) -> anyhow::Result<Vec<(Order, OrderState)>> {
    let payment = |id: PaymentId| {
        let shard = count.of_payment(id)?;
        let payment = shards.get(usize::from(shard.number()))?.ledger.payment(id)?;
        Some(payment.status == PaymentStatus::Refunded)
    };
    let changed = orders::after_loss(&orders_file(data), &payment);
    let changed = changed.context("the orders are damaged themselves; nothing was changed")?;
    for (order, _) in &changed {
        let (OrderState::Paid(charge) | OrderState::Refunded(charge)) = &order.state else {
            continue;
        };
        let shard = count.of_payment(charge.payment).unwrap_or(Shard::FIRST);
        if let Some(shard) = shards.get_mut(usize::from(shard.number())) {
            shard.moved.entry(charge.payment).or_insert(charge.amount.minor);
            shard.n_events = shard.n_events.max(shard.moved.len() as u64);
        }
    }
    Ok(changed)
}
