//! The ledgers, what is durable of them, and who answers which key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bancada_bank::ledger::{Decision, Entry, IssueCard, Ledger, RunTime, Stamp};
use bancada_bank::shards::{KeyHomes, Keyed, Part};
use bancada_kernel::{
    Brand, CardToken, Currency, Expiry, Money, PaymentId, Shard, ShardCount, Timestamp,
};

use super::request::{Ask, Request, Stage};
use crate::draw::Draw;
use crate::planted::Planted;

/// An answer that somebody has got.
pub(super) struct Told {
    /// The space of keys and the key.
    pub(super) key: String,
    pub(super) payment: PaymentId,
}

struct LedgerOfShard {
    part: Part,
    /// Absent while it is not loaded.
    ledger: Option<Ledger>,
    durable: Vec<Entry>,
    /// Decided, and not durable.
    queued: Vec<Entry>,
    replies: Vec<Told>,
}

pub(super) struct Bank {
    pub(super) now_ms: u64,
    count: ShardCount,
    homes: Arc<KeyHomes>,
    shards: Vec<LedgerOfShard>,
    planted: Planted,
}

impl Bank {
    pub(super) fn new(count: ShardCount, planted: Planted) -> Bank {
        let homes = Arc::new(KeyHomes::new());
        let shards = count.shards().map(|shard| LedgerOfShard {
            part: part(shard, count, &homes),
            ledger: None,
            durable: Vec::new(),
            queued: Vec::new(),
            replies: Vec::new(),
        });
        let shards = shards.collect();
        Bank { now_ms: 0, count, homes, shards, planted }
    }

    pub(super) fn n_shards(&self) -> usize {
        self.shards.len()
    }

    pub(super) fn into_journals(self) -> Vec<Vec<Entry>> {
        self.shards.into_iter().map(|shard| shard.durable).collect()
    }

    pub(super) fn issue(&mut self, token: CardToken, draw: &mut Draw) {
        let shard = usize::from(self.count.of_card(&token).number());
        let stamp = self.stamp(shard, draw);
        let command = IssueCard {
            token,
            masked_number: "************0001".into(),
            brand: Brand::Visa,
            holder: "Ana Teste".into(),
            expiry: Expiry::new(2035, 12).expect("a month"),
            limit: Money::brl(1_000_000),
            closing_day: 3,
            due_day: 10,
            always_declines: None,
        };
        let of = &mut self.shards[shard];
        if let Some(ledger) = &of.ledger
            && let Ok(entry) = command.decide(ledger, stamp)
        {
            of.record(entry);
        }
        self.commit(shard);
    }

    /// The process ends: what was not durable is gone, and so is where the keys were.
    pub(super) fn crash(&mut self) {
        self.homes = Arc::new(KeyHomes::new());
        for shard in &mut self.shards {
            shard.queued.clear();
            shard.replies.clear();
            shard.ledger = None;
            shard.part = part(shard.part.shard, self.count, &self.homes);
        }
    }

    /// One ledger crashes; what it had decided becomes durable before it is loaded again.
    pub(super) fn restart_one(&mut self, draw: &mut Draw) -> Vec<Told> {
        let shard = draw.below(self.shards.len());
        let told = self.commit(shard);
        self.shards[shard].ledger = None;
        told
    }

    pub(super) fn load_one(&mut self, draw: &mut Draw) {
        let shard = draw.below(self.shards.len());
        let now = Duration::from_millis(self.now_ms);
        let shard = &mut self.shards[shard];
        if shard.ledger.is_some() {
            return;
        }
        let mut ledger = Ledger::new(Currency::BRL);
        shard.durable.iter().for_each(|entry| ledger.apply(entry));
        match self.planted {
            Planted::ForgetHomesOfKeys => shard.part.has_loaded.store(true, Ordering::Release),
            _ => shard.part.loaded(&ledger, now),
        }
        shard.ledger = Some(ledger);
    }

    pub(super) fn load_all(&mut self, draw: &mut Draw) {
        while self.shards.iter().any(|shard| shard.ledger.is_none()) {
            self.load_one(draw);
        }
    }

    pub(super) fn commit_one(&mut self, draw: &mut Draw) -> Vec<Told> {
        let shard = draw.below(self.shards.len());
        self.commit(shard)
    }

    pub(super) fn commit(&mut self, shard: usize) -> Vec<Told> {
        let shard = &mut self.shards[shard];
        shard.durable.append(&mut shard.queued);
        std::mem::take(&mut shard.replies)
    }

    /// A request goes one step on; `None` once it is decided, or refused as to be repeated.
    pub(super) fn go_on(&mut self, request: Request, draw: &mut Draw) -> Option<Request> {
        let Request { ask, stage } = request;
        let stage = match stage {
            Stage::Arrives => self.arrives(&ask)?,
            Stage::Yields { home, own } => self.yields(&ask, home, own)?,
            Stage::Decides { at } => {
                self.decides(&ask, usize::from(at.number()), draw);
                return None;
            }
        };
        Some(Request { ask, stage })
    }

    /// As the Bank's handle does it.
    fn arrives(&self, ask: &Ask) -> Option<Stage> {
        let (owner, key) = ask.key();
        let own = match ask {
            Ask::Authorize(command) => self.count.of_card(&command.card.token),
            Ask::PayBill(command) => self.count.of_card(&command.token),
            Ask::Abandon(_) => self.homes.find(owner, key).unwrap_or(Shard::FIRST),
        };
        let is_known = |shard: &LedgerOfShard| shard.part.has_loaded.load(Ordering::Acquire);
        if self.planted != Planted::AnswerBeforeAllAreLoaded && !self.shards.iter().all(is_known) {
            return None;
        }
        if self.planted == Planted::BillsWithoutHomes && owner.is_none() {
            return Some(Stage::Decides { at: own });
        }
        let home = self.homes.claim(owner, key, own, Duration::from_millis(self.now_ms));
        Some(match home == own {
            true => Stage::Decides { at: own },
            false => Stage::Yields { home, own },
        })
    }

    fn yields(&self, ask: &Ask, home: Shard, own: Shard) -> Option<Stage> {
        let (owner, key) = ask.key();
        let shard = &self.shards[usize::from(home.number())];
        let ledger = shard.ledger.as_ref()?;
        if self.planted == Planted::YieldWhatIsAnswered {
            self.homes.move_to(owner, key, own);
            return Some(Stage::Decides { at: own });
        }
        let is_given = shard.part.yield_key(ledger, owner, key, own);
        Some(Stage::Decides { at: if is_given { own } else { home } })
    }

    fn decides(&mut self, ask: &Ask, at: usize, draw: &mut Draw) {
        let stamp = self.stamp(at, draw);
        let looks =
            !matches!(self.planted, Planted::BillsWithoutHomes | Planted::AnswerKeysOfOthers);
        let shard = &mut self.shards[at];
        let Some(ledger) = &shard.ledger else { return };
        if looks && !shard.part.answers(ask) {
            return;
        }
        let (payment, entry) = match ask {
            Ask::PayBill(command) => match command.decide(ledger, stamp) {
                Ok(Some(entry)) => (Some(entry.event.transaction_id), Some(entry)),
                Ok(None) => (ledger.bill_payment(&command.key).map(|known| known.id), None),
                Err(_) => return,
            },
            Ask::Authorize(command) => match command.decide(ledger, stamp) {
                Ok(decision) => decided(ledger, decision),
                Err(_) => return,
            },
            Ask::Abandon(command) => match command.decide(ledger, stamp) {
                Ok(decision) => decided(ledger, decision),
                Err(_) => return,
            },
        };
        let (owner, key) = ask.key();
        let space = if owner.is_some() { "payment" } else { "bill" };
        let told = payment.map(|payment| Told { key: format!("{space} {key}"), payment });
        entry.into_iter().for_each(|entry| shard.record(entry));
        shard.replies.extend(told);
    }

    fn stamp(&self, shard: usize, draw: &mut Draw) -> Stamp {
        Stamp {
            event_id: draw.event_id(),
            payment_id: self.shards[shard].part.payment_id(draw.payment_id()),
            now: Timestamp(i64::try_from(self.now_ms).unwrap_or(i64::MAX)),
            ran: RunTime(self.now_ms),
            trace: None,
        }
    }
}

impl LedgerOfShard {
    fn record(&mut self, entry: Entry) {
        if let Some(ledger) = &mut self.ledger {
            ledger.apply(&entry);
            self.queued.push(entry);
        }
    }
}

fn part(shard: Shard, count: ShardCount, homes: &Arc<KeyHomes>) -> Part {
    Part {
        shard,
        count,
        homes: Some(Arc::clone(homes)),
        has_loaded: Arc::new(AtomicBool::new(false)),
    }
}

fn decided(ledger: &Ledger, decision: Decision) -> (Option<PaymentId>, Option<Entry>) {
    match decision {
        Decision::Record(entry) => (Some(entry.event.transaction_id), Some(*entry)),
        Decision::Replay(answer) => (ledger.given(answer).map(|it| it.payment.id), None),
    }
}
