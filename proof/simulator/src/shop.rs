//! The shop's process: the real order machine, and its shell once more without threads.
//!
//! As in `actors/checkout/src/shell`: an order is durable before anything is sent; what was not
//! answered is repeated with the same key while the card is remembered, and asked about and
//! closed afterwards; the outcome is durable before the buyer hears it. A process that ends
//! forgets its cards, and the next one finds the orders in the store.

mod open_order;
mod order_disk;

use std::collections::BTreeMap;
use std::rc::Rc;

use bancada_bank::ledger::{Abandon, Authorize, CardPresented};
use bancada_checkout::order::{Command, Fingerprint, Order, PricedBasket};
use bancada_kernel::{IdempotencyKey, MerchantId, OrderId, Timestamp};

use crate::body::body_hash;
use crate::message::{Answer, Ask, Party, Request};
use crate::planted::Planted;
use open_order::{OpenOrder, command_of, key_of};
pub(crate) use order_disk::{OrderDisk, Synced};
use order_disk::{Purpose, Write};

/// How long a card is remembered.
const CARD_MEMORY_MS: i64 = 400;
const MIN_DELAY_MS: i64 = 10;
const MAX_DELAY_MS: i64 = 160;

/// The shop, whether or not its process runs.
pub(crate) struct Shop {
    pub(crate) disk: OrderDisk,
    process: Option<Process>,
    merchant: MerchantId,
    n_calls: u64,
    planted: Planted,
}

#[derive(Default)]
struct Process {
    open: BTreeMap<OrderId, OpenOrder>,
    /// Which order a call to the Bank is about.
    calls: BTreeMap<u64, OrderId>,
    writes: Vec<Write>,
}

/// A buyer's request.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) buyer: usize,
    pub(crate) id: OrderId,
    pub(crate) basket: Rc<PricedBasket>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) card: CardPresented,
}

/// What the shop does to others.
pub(crate) enum Act {
    Send {
        request: Request,
        call: u64,
    },
    /// The outcome, or `None` where the key belongs to another order.
    Tell {
        buyer: usize,
        order: Option<Box<Order>>,
    },
    /// Ask again later.
    Later {
        id: OrderId,
        in_ms: i64,
        step: Step,
    },
    /// There is something to write.
    Sync,
}

/// What is done again after a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Ask,
    Record,
}

impl Shop {
    pub(crate) fn new(planted: Planted) -> Shop {
        let merchant = MerchantId::parse("loja").expect("four visible letters");
        Shop { disk: OrderDisk::default(), process: None, merchant, n_calls: 0, planted }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Whether every order has an outcome that is durable.
    pub(crate) fn is_idle(&self) -> bool {
        self.process.as_ref().is_some_and(|it| it.open.is_empty() && it.writes.is_empty())
    }

    pub(crate) fn end(&mut self) {
        self.process = None;
    }

    /// Finds the orders without an outcome, and asks about them; `None` where the orders are not
    /// what was written.
    pub(crate) fn start(&mut self, now: Timestamp) -> Option<Vec<Act>> {
        if !self.disk.is_whole(self.planted) {
            return None;
        }
        let mut acts = Vec::new();
        let mut process = Process::default();
        let mut found: Vec<Order> = self.disk.unresolved().cloned().collect();
        for order in &mut found {
            if self.planted == Planted::CancelWhatIsFound {
                let refuse = Command::Refuse { code: String::new(), message: String::new() };
                for command in [Command::Pay, refuse] {
                    if let Ok(event) = order.decide(command) {
                        order.evolve(event, now);
                    }
                }
                process.writes.push(Write::update(order.clone(), Purpose::Show));
                acts.push(Act::Sync);
                continue;
            }
            if let Ok(event) = order.decide(Command::Pay) {
                order.evolve(event, now);
            }
            process.open.insert(order.id, OpenOrder::found(order.clone()));
        }
        self.process = Some(process);
        let ids: Vec<OrderId> =
            self.process.iter().flat_map(|it| it.open.keys()).copied().collect();
        ids.into_iter().for_each(|id| self.ask_bank(id, 0, &mut acts));
        Some(acts)
    }

    pub(crate) fn place(&mut self, place: &Place, now_ms: i64, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        let Some(process) = &mut self.process else { return acts };
        if let Some(open) = process.open.get_mut(&place.id) {
            open.attach(place, &mut acts);
            return acts;
        }
        let order = open_order::order_of(place, now);
        process.writes.push(Write::insert(order.clone()));
        let forget_card_at = now_ms + CARD_MEMORY_MS;
        process.open.insert(place.id, OpenOrder::placed(order, place, forget_card_at));
        acts.push(Act::Sync);
        if self.planted == Planted::SendBeforeDurable {
            self.ask_bank(place.id, now_ms, &mut acts);
        }
        acts
    }

    /// Makes durable what waits, and goes on with it. `None` when the store failed: the process
    /// must be started anew.
    pub(crate) fn sync(&mut self, now_ms: i64) -> Option<Vec<Act>> {
        let mut acts = Vec::new();
        let Some(process) = &mut self.process else { return Some(acts) };
        let writes = std::mem::take(&mut process.writes);
        for (id, purpose, synced) in self.disk.sync(writes)? {
            match (purpose, synced) {
                (Purpose::Show, _) => {}
                (Purpose::Insert, Synced::Done) => {
                    if self.planted != Planted::SendBeforeDurable {
                        self.ask_bank(id, now_ms, &mut acts);
                    }
                }
                (Purpose::Record, Synced::Done) => self.settle(id, &mut acts),
                (_, Synced::Exists(existing)) => self.on_existing(id, *existing, now_ms, &mut acts),
                // Nothing was kept or sent; the buyer is told so, and asks again.
                (Purpose::Insert, Synced::Full) => {
                    self.process.as_mut().map(|process| process.open.remove(&id));
                }
                (Purpose::Record, Synced::Full) => self.later(id, Step::Record, &mut acts),
            }
        }
        Some(acts)
    }

    fn on_existing(&mut self, id: OrderId, existing: Order, now_ms: i64, acts: &mut Vec<Act>) {
        let Some(process) = &mut self.process else { return };
        let Some(newcomer) = process.open.remove(&id) else { return };
        if existing.is_unresolved() {
            let mut found = OpenOrder::found(existing);
            found.take_over(newcomer, acts);
            process.open.insert(id, found);
            self.ask_bank(id, now_ms, acts);
        } else {
            newcomer.settle_with(&existing, acts);
        }
    }

    /// The next step after a wait.
    pub(crate) fn again(&mut self, id: OrderId, step: Step, now_ms: i64) -> Vec<Act> {
        let mut acts = Vec::new();
        match step {
            Step::Ask => self.ask_bank(id, now_ms, &mut acts),
            Step::Record => self.record(id, &mut acts),
        }
        acts
    }

    fn ask_bank(&mut self, id: OrderId, now_ms: i64, acts: &mut Vec<Act>) {
        let Some(process) = &mut self.process else { return };
        let Some(open) = process.open.get_mut(&id) else { return };
        let (merchant, key) = (self.merchant.clone(), key_of(&open.order));
        let ask = match open.card(now_ms) {
            None if open.is_asked => Ask::Abandon(Abandon { merchant, key }),
            None => Ask::Find { merchant, key },
            Some(card) => {
                let order = &open.order;
                let mut command = Authorize {
                    merchant,
                    body: body_hash(&(&key, &card.token, order.total.minor, order.installments)),
                    key,
                    card,
                    amount: order.total,
                    capture: true,
                    store: "Loja".to_owned(),
                    description: order.description(),
                    order_id: order.id.to_string(),
                    installments: order.installments,
                };
                if self.planted == Planted::RepeatWithAnotherKey && open.n_failures > 0 {
                    let other = format!("{}-{}", command.key, open.n_failures);
                    command.key = IdempotencyKey::parse(&other).expect("visible ASCII");
                }
                Ask::Authorize(command)
            }
        };
        self.n_calls += 1;
        let call = self.n_calls;
        open.call = call;
        process.calls.insert(call, id);
        let request = Request { from: Party::Shop(call), ask: Rc::new(ask) };
        acts.push(Act::Send { request, call });
    }

    /// An answer of the Bank; one to a call that was given up comes too late.
    pub(crate) fn on_answer(&mut self, call: u64, answer: &Answer, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        let Some(process) = &mut self.process else { return acts };
        let Some(id) = process.calls.remove(&call) else { return acts };
        let Some(open) = process.open.get_mut(&id).filter(|open| open.call == call) else {
            return acts;
        };
        open.call = 0;
        let command = match answer {
            Answer::Told(told) => command_of(told, open.token()),
            Answer::NotFound => {
                // The second half of closing a key.
                open.is_asked = true;
                acts.push(Act::Later { id, in_ms: 0, step: Step::Ask });
                return acts;
            }
            Answer::Full => {
                self.later(id, Step::Ask, &mut acts);
                return acts;
            }
            Answer::KeyReused | Answer::Senseless(_) | Answer::Card(_) if open.is_answer_lost => {
                open.forget_card();
                self.on_no_answer(id, now, &mut acts);
                return acts;
            }
            refused => {
                Command::Refuse { code: "refused".to_owned(), message: format!("{refused:?}") }
            }
        };
        open.forget_card();
        open.n_failures = 0;
        if let Ok(event) = open.order.decide(command) {
            open.order.evolve(event, now);
        }
        self.record(id, &mut acts);
        acts
    }

    /// The time of a call is over.
    pub(crate) fn on_deadline(&mut self, call: u64, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        let Some(process) = &mut self.process else { return acts };
        let Some(id) = process.calls.remove(&call) else { return acts };
        if process.open.get(&id).is_some_and(|open| open.call == call) {
            self.on_no_answer(id, now, &mut acts);
        }
        acts
    }

    fn on_no_answer(&mut self, id: OrderId, now: Timestamp, acts: &mut Vec<Act>) {
        let Some(process) = &mut self.process else { return };
        let Some(open) = process.open.get_mut(&id) else { return };
        open.is_answer_lost = true;
        open.is_asked = false;
        if let Ok(event) = open.order.decide(Command::LoseAnswer) {
            open.order.evolve(event, now);
            process.writes.push(Write::update(open.order.clone(), Purpose::Show));
            acts.push(Act::Sync);
        }
        self.later(id, Step::Ask, acts);
    }

    fn later(&mut self, id: OrderId, step: Step, acts: &mut Vec<Act>) {
        let Some(process) = &mut self.process else { return };
        let Some(open) = process.open.get_mut(&id) else { return };
        let in_ms = (MIN_DELAY_MS << open.n_failures.min(8)).min(MAX_DELAY_MS);
        open.n_failures += 1;
        acts.push(Act::Later { id, in_ms, step });
    }

    fn record(&mut self, id: OrderId, acts: &mut Vec<Act>) {
        let Some(process) = &mut self.process else { return };
        let Some(open) = process.open.get(&id) else { return };
        process.writes.push(Write::update(open.order.clone(), Purpose::Record));
        acts.push(Act::Sync);
    }

    fn settle(&mut self, id: OrderId, acts: &mut Vec<Act>) {
        let open = self.process.as_mut().and_then(|process| process.open.remove(&id));
        if let Some(open) = open {
            open.settle(acts);
        }
    }
}
