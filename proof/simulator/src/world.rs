//! One run: all parties, what is on its way between them, and the next thing that happens.

mod deliver;
mod fault;
mod settle;
mod work;

use std::rc::Rc;

use bancada_checkout::catalogue::Catalogue;
use bancada_kernel::{OrderId, Timestamp};

use crate::agenda::Agenda;
use crate::bank::Bank;
use crate::broker::Broker;
use crate::draw::{Draw, Stream};
use crate::evidence::Evidence;
use crate::history::{Detail, History};
use crate::message::{Ask, Reply, Request};
use crate::planted::Planted;
use crate::shop::{Place, Shop, Step};
use crate::statement::Statement;
use crate::switches::{Counts, Kind, Switches};
use work::Cards;

/// The Bank's clock as a run begins: late in November 2026, so that a jump leads into a month in
/// which a card has expired.
const START: Timestamp = Timestamp(1_795_800_000_000);

/// Everything, at one moment.
pub(crate) struct World {
    agenda: Agenda<Event>,
    history: History,
    may: Switches,
    pub(crate) counts: Counts,
    bank: Bank,
    /// Whose data is on another machine, so that the Bank's start does not hear of it: a bit for
    /// the statement, the shop and the outbox each.
    elsewhere: u64,
    /// Tells what one process of the Bank had in mind from what the next has.
    bank_life: u32,
    is_commit_due: bool,
    shop: Shop,
    shop_life: u32,
    broker: Broker,
    is_relay_due: bool,
    is_poll_due: bool,
    statement: Statement,
    other_past: OtherPast,
    /// How far the Bank's clock is from the time that passes.
    clock_offset_ms: i64,
    /// How far the shop's is.
    shop_offset_ms: i64,
    cards: Cards,
    catalogue: Catalogue,
    /// The requests of merchants, each with how often it was sent.
    requests: Vec<(Rc<Ask>, u32)>,
    places: Vec<(Place, u32)>,
    evidence: Evidence,
    n_in_flight: usize,
    is_settling: bool,
    work: Draw,
    network: Draw,
    faults: Draw,
    failure: Option<String>,
}

/// Whether the Bank lost an end that a statement elsewhere has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OtherPast {
    /// Not that anybody could know.
    None,
    /// The statement has to see it.
    Unnoticed {
        /// How often it could have seen it.
        n_looks: u32,
    },
    /// It has, and follows no more. Somebody has to decide what becomes of the Bank: with that the
    /// run ends.
    Noticed,
}

/// What can happen next.
#[derive(Clone, Debug)]
enum Event {
    Work,
    Fault,
    Expire,
    AtBank(Request),
    AtClient(Reply),
    Deadline { request: usize, attempt: u32 },
    TakeBatch { life: u32 },
    Commit { life: u32 },
    BankStarts,
    DiskHasRoom,
    AtShop(Place),
    AtBuyer { buyer: usize, order: Option<Box<bancada_checkout::order::Order>> },
    BuyerDeadline { buyer: usize, attempt: u32 },
    ShopSyncs { life: u32 },
    ShopAgain { life: u32, id: OrderId, step: Step },
    ShopDeadline { life: u32, call: u64 },
    ShopStarts,
    ShopDiskHasRoom,
    Relay,
    Poll,
    Repair,
    Prove,
    StatementStarts,
}

impl World {
    pub(crate) fn new(seed: u64, may: Switches, detail: Detail, planted: Planted) -> World {
        let mut world = World {
            agenda: Agenda::new(),
            history: History::new(detail),
            may,
            counts: Counts::default(),
            bank: Bank::new(seed, planted),
            elsewhere: seed % 8,
            bank_life: 0,
            is_commit_due: false,
            shop: Shop::new(planted),
            shop_life: 0,
            broker: Broker::new(Draw::new(seed, Stream::Delivery)),
            is_relay_due: false,
            is_poll_due: false,
            statement: Statement::new(planted),
            other_past: OtherPast::None,
            clock_offset_ms: 0,
            shop_offset_ms: 0,
            cards: Cards::default(),
            catalogue: Catalogue::seeded(),
            requests: Vec::new(),
            places: Vec::new(),
            evidence: Evidence::default(),
            n_in_flight: 0,
            is_settling: false,
            work: Draw::new(seed, Stream::Work),
            network: Draw::new(seed, Stream::Network),
            faults: Draw::new(seed, Stream::Faults),
            failure: None,
        };
        world.start_bank();
        world.start_shop();
        world.issue_first_cards();
        let regular =
            [(20, Event::Work), (60, Event::Fault), (40, Event::Expire), (90, Event::Prove)];
        for (in_ms, event) in regular {
            world.agenda.put(in_ms, event);
        }
        world
    }

    /// The next thing happens. False when something was found to be wrong.
    pub(crate) fn step(&mut self) -> bool {
        let Some(event) = self.agenda.next() else {
            self.fail("nothing is to happen any more".to_owned());
            return false;
        };
        self.bank.passed_ms = self.agenda.now_ms().unsigned_abs();
        match event {
            Event::Work => self.work(),
            Event::Fault => self.fault(),
            Event::Expire => self.expire(),
            Event::AtBank(request) => self.at_bank(&request),
            Event::AtClient(reply) => self.at_client(reply),
            Event::Deadline { request, attempt } => self.deadline(request, attempt),
            Event::TakeBatch { life } if life == self.bank_life => {
                self.bank.take_batch();
                let in_ms = self.network.between(1, 4);
                self.agenda.put(in_ms, Event::Commit { life });
            }
            Event::Commit { life } if life == self.bank_life => self.commit(),
            Event::BankStarts => self.start_bank(),
            Event::DiskHasRoom => {
                self.bank.disk.set_capacity(None);
                self.bank.probe();
                self.note(format_args!("the bank's disk has room again"));
            }
            Event::AtShop(place) => self.at_shop(&place),
            Event::AtBuyer { buyer, order } => self.at_buyer(buyer, order),
            Event::BuyerDeadline { buyer, attempt } => self.buyer_deadline(buyer, attempt),
            Event::ShopSyncs { life } if life == self.shop_life => self.shop_syncs(),
            Event::ShopAgain { life, id, step } if life == self.shop_life => {
                let acts = self.shop.again(id, step, self.agenda.now_ms());
                self.act(acts);
            }
            Event::ShopDeadline { life, call } if life == self.shop_life => {
                let acts = self.shop.on_deadline(call, self.shop_now());
                self.act(acts);
            }
            Event::ShopStarts => self.start_shop(),
            Event::ShopDiskHasRoom => self.shop.disk.is_full = false,
            Event::Relay => self.relay(),
            Event::Poll => self.poll(),
            Event::Repair => self.repair(),
            Event::Prove => self.prove_again(),
            Event::StatementStarts => self.start_statement(),
            // Of a process that has ended.
            Event::TakeBatch { .. }
            | Event::Commit { .. }
            | Event::ShopSyncs { .. }
            | Event::ShopAgain { .. }
            | Event::ShopDeadline { .. } => {}
        }
        self.failure.is_none() && self.other_past != OtherPast::Noticed
    }

    /// Whether the run ended because the Bank has another past than was read of it: then what was
    /// told is not what is kept, and everybody knows.
    pub(crate) fn is_of_other_past(&self) -> bool {
        self.other_past == OtherPast::Noticed
    }

    /// Ends the run: what was found wrong, what is left to be audited, and the history.
    pub(crate) fn end(self) -> (Option<String>, Evidence, History) {
        (self.failure, self.evidence, self.history)
    }

    /// The Bank's clock.
    fn now(&self) -> Timestamp {
        Timestamp(START.0 + self.agenda.now_ms() + self.clock_offset_ms)
    }

    fn shop_now(&self) -> Timestamp {
        Timestamp(START.0 + self.agenda.now_ms() + self.shop_offset_ms)
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        self.history.note(self.agenda.now_ms(), what);
    }

    fn fail(&mut self, what: String) {
        self.note(format_args!("WRONG: {what}"));
        self.failure.get_or_insert(what);
    }

    /// Whether a fault may happen now; counts it if so.
    fn suffers(&mut self, kind: Kind) -> bool {
        let suffers = !self.is_settling && self.may.has(kind);
        if suffers {
            self.counts.count(kind);
        }
        suffers
    }

    /// Puts a message on its way, with whatever may happen to it there.
    fn send(&mut self, event: Event) {
        let fate = self.network.below(1_000);
        let mut in_ms = self.network.between(1, 6);
        let (late_ms, again_ms) = (self.network.between(80, 400), self.network.between(1, 90));
        match fate {
            0..25 if self.suffers(Kind::LostMessage) => return,
            25..45 if self.suffers(Kind::DoubledMessage) => {
                self.n_in_flight += 1;
                self.agenda.put(again_ms, event.clone());
            }
            45..60 if self.suffers(Kind::LateMessage) => in_ms = late_ms,
            _ => {}
        }
        self.n_in_flight += 1;
        self.agenda.put(in_ms, event);
    }
}
