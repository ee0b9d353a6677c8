//! What arrives, and what the processes do with it.

use bancada_bank::ledger::PaymentStatus;
use bancada_checkout::order::Order;

use super::{Event, OtherPast, World};
use crate::bank::{Committed, standing};
use crate::evidence::{Heard, Told, What};
use crate::message::{Answer, Party, Reply, Request};
use crate::shop::{Act, Place};
use crate::switches::{Kind, Switches};

/// How long a merchant, the shop or a buyer waits for an answer.
const PATIENCE_MS: i64 = 40;
const BUYER_PATIENCE_MS: i64 = 120;
/// How often the statement asks whether the Bank has another past, and how often it may be told
/// nothing.
const PROVE_EVERY_MS: i64 = 90;
const N_LOOKS: u32 = 2;
/// How often a request is sent before it is left for later.
const N_ATTEMPTS: u32 = 4;

impl World {
    pub(super) fn at_bank(&mut self, request: &Request) {
        self.n_in_flight -= 1;
        if !self.bank.is_up() {
            self.note(format_args!("{} finds no bank", request.from));
            return;
        }
        let now = self.now();
        let early = self.bank.ask(request, now);
        self.note(format_args!("{} is at the bank", request.from));
        if let Some(reply) = early {
            self.send(Event::AtClient(reply));
        }
        self.commit_soon();
    }

    pub(super) fn commit_soon(&mut self) {
        if !self.is_commit_due && self.bank.has_work() {
            self.is_commit_due = true;
            let in_ms = self.network.between(1, 3);
            self.agenda.put(in_ms, Event::TakeBatch { life: self.bank_life });
        }
    }

    pub(super) fn commit(&mut self) {
        self.is_commit_due = false;
        match self.bank.commit() {
            Some(Committed::Done(replies)) => {
                self.note(format_args!("the bank commits {} answers", replies.len()));
                if self.faults.one_in(150) && self.suffers(Kind::BankEnds) {
                    self.note(format_args!("the bank ends before it answers"));
                    self.end_bank();
                    return;
                }
                replies.into_iter().for_each(|reply| self.send(Event::AtClient(reply)));
                self.relay_soon();
            }
            Some(Committed::Full(replies)) => {
                self.note(format_args!("the bank's disk is full: {} refused", replies.len()));
                replies.into_iter().for_each(|reply| self.send(Event::AtClient(reply)));
            }
            Some(Committed::Lost(why)) => {
                self.note(format_args!("the bank ends: {why}"));
                self.end_bank();
            }
            None => {}
        }
        self.commit_soon();
    }

    pub(super) fn expire(&mut self) {
        self.agenda.put(40, Event::Expire);
        let now = self.now();
        let n_expired = self.bank.expire(now);
        if n_expired > 0 {
            self.note(format_args!("{n_expired} holds expire"));
            self.commit_soon();
        }
    }

    pub(super) fn at_client(&mut self, reply: Reply) {
        self.n_in_flight -= 1;
        match reply.to {
            Party::Merchant(request) => self.at_merchant(request, reply.answer),
            Party::Shop(call) => {
                let acts = self.shop.on_answer(call, &reply.answer, self.shop_now());
                self.act(acts);
            }
            Party::Cards => {
                if let Answer::Card(told) = reply.answer {
                    self.cards.heard(&told);
                    self.evidence.cards.push(told);
                }
            }
        }
    }

    fn at_merchant(&mut self, request: usize, answer: Answer) {
        let heard = match answer {
            Answer::Told(told) => {
                self.note(format_args!(
                    "request {request} is answered: {} at {}{}",
                    standing(told.status),
                    told.position,
                    told.refusal.map_or("", |_| ", refused"),
                ));
                self.learn(request, &told);
                Heard::Told(told)
            }
            Answer::KeyReused => Heard::KeyReused,
            Answer::Senseless(why) => Heard::Senseless(why),
            // It is asked again.
            Answer::Full | Answer::NotFound | Answer::Card(_) => return,
        };
        let all = &mut self.evidence.asked[request].heard;
        if all.last() != Some(&heard) {
            all.push(heard);
        }
    }

    /// Remembers payments with which something can be done later.
    fn learn(&mut self, request: usize, told: &Told) {
        let asked = &self.evidence.asked[request];
        let is_first = asked.heard.is_empty();
        let is_approved =
            matches!(told.status, PaymentStatus::Authorized | PaymentStatus::Captured);
        if is_first && is_approved && matches!(asked.what, What::Authorize { .. }) {
            self.cards.payments.push((asked.merchant.clone(), told.payment, told.amount.minor));
        }
    }

    /// Sends a merchant's request, for the first time or again.
    pub(super) fn send_request(&mut self, request: usize) {
        let (ask, n_sent) = &mut self.requests[request];
        *n_sent += 1;
        let (attempt, ask) = (*n_sent, std::rc::Rc::clone(ask));
        self.note(format_args!("request {request} is sent: {ask:?}"));
        self.send(Event::AtBank(Request { from: Party::Merchant(request), ask }));
        self.agenda.put(PATIENCE_MS, Event::Deadline { request, attempt });
    }

    pub(super) fn deadline(&mut self, request: usize, attempt: u32) {
        let is_last = attempt == self.requests[request].1;
        let is_open = self.evidence.asked[request].heard.is_empty();
        if is_last && is_open && (self.is_settling || attempt < N_ATTEMPTS) {
            self.send_request(request);
        }
    }

    pub(super) fn send_place(&mut self, buyer: usize) {
        let (place, n_sent) = &mut self.places[buyer];
        *n_sent += 1;
        let (attempt, place) = (*n_sent, place.clone());
        self.note(format_args!(
            "buyer {buyer} orders {} for {}",
            place.id, place.basket.total.minor
        ));
        self.send(Event::AtShop(place));
        self.agenda.put(BUYER_PATIENCE_MS, Event::BuyerDeadline { buyer, attempt });
    }

    pub(super) fn buyer_deadline(&mut self, buyer: usize, attempt: u32) {
        let is_last = attempt == self.places[buyer].1;
        let is_open = self.evidence.bought[buyer].heard.is_empty();
        if is_last && is_open && (self.is_settling || attempt < N_ATTEMPTS) {
            self.send_place(buyer);
        }
    }

    pub(super) fn at_shop(&mut self, place: &Place) {
        self.n_in_flight -= 1;
        let acts = self.shop.place(place, self.agenda.now_ms(), self.shop_now());
        self.act(acts);
    }

    pub(super) fn at_buyer(&mut self, buyer: usize, order: Option<Box<Order>>) {
        self.n_in_flight -= 1;
        let state = order.map(|order| order.state);
        let word = state.as_ref().map_or("another order's key", |state| state.word());
        self.note(format_args!("buyer {buyer} hears: {word}"));
        let heard = &mut self.evidence.bought[buyer].heard;
        if heard.last() != Some(&state) {
            heard.push(state);
        }
    }

    pub(super) fn shop_syncs(&mut self) {
        match self.shop.sync(self.agenda.now_ms()) {
            Some(acts) => self.act(acts),
            None => {
                self.note(format_args!("the shop's disk fails"));
                self.end_shop();
            }
        }
    }

    /// Does what the shop wants done.
    pub(super) fn act(&mut self, acts: Vec<Act>) {
        let life = self.shop_life;
        for act in acts {
            match act {
                Act::Send { request, call } => {
                    self.note(format_args!("the shop's call {call}: {:?}", request.ask));
                    self.send(Event::AtBank(request));
                    self.agenda.put(PATIENCE_MS, Event::ShopDeadline { life, call });
                }
                Act::Tell { buyer, order } => {
                    self.send(Event::AtBuyer { buyer, order });
                }
                Act::Later { id, in_ms, step } => {
                    self.agenda.put(in_ms, Event::ShopAgain { life, id, step });
                }
                Act::Sync => {
                    let in_ms = self.network.between(1, 4);
                    self.agenda.put(in_ms, Event::ShopSyncs { life });
                }
            }
        }
    }

    pub(super) fn relay_soon(&mut self) {
        let events = self.bank.events();
        if !self.is_relay_due && events.is_some_and(|events| !self.broker.has_all(events)) {
            self.is_relay_due = true;
            self.agenda.put(3, Event::Relay);
        }
    }

    pub(super) fn relay(&mut self) {
        self.is_relay_due = false;
        let Some(events) = self.bank.events() else { return };
        // A broker that loses just the events that tell of another past hides that past.
        let is_sure = self.is_settling || self.other_past != OtherPast::None;
        let may = if is_sure { Switches::ONLY_WORK } else { self.may };
        self.broker.relay(events, may, &mut self.counts);
        self.relay_soon();
        self.poll_soon();
    }

    pub(super) fn poll_soon(&mut self) {
        if !self.is_poll_due {
            self.is_poll_due = true;
            self.agenda.put(5, Event::Poll);
        }
    }

    pub(super) fn poll(&mut self) {
        self.is_poll_due = false;
        if !self.statement.is_up {
            return;
        }
        let records = self.broker.read(&mut self.statement.read);
        if records.is_empty() {
            self.repair_if_needed();
            return;
        }
        if let Err(other) = self.statement.hear(&records) {
            return self.notice(&other.to_string());
        }
        let now = self.now();
        let applied = self.statement.apply(&records, now);
        let n_lines = self.statement.n_lines();
        self.note(format_args!("the statement reads {} records: {n_lines} lines", records.len()));
        if applied.is_err() {
            self.note(format_args!("the statement's disk fails"));
            self.end_statement();
        } else {
            self.repair_if_needed();
            self.poll_soon();
        }
    }

    fn repair_if_needed(&mut self) {
        if self.statement.is_waiting() {
            let in_ms = self.network.between(1, 20);
            self.agenda.put(in_ms, Event::Repair);
        }
    }

    pub(super) fn repair(&mut self) {
        let now = self.now();
        let Some(events) = self.bank.events().filter(|_| self.statement.is_up) else { return };
        let repaired = self.statement.repair(events, now);
        self.note(format_args!("the statement fetches what it missed"));
        if repaired.is_err() {
            self.end_statement();
        }
    }

    pub(super) fn start_statement(&mut self) {
        if self.statement.start() {
            self.note(format_args!("the statement's rows are damaged, and made anew"));
        }
        self.prove();
        self.poll_soon();
    }

    pub(super) fn prove_again(&mut self) {
        self.agenda.put(PROVE_EVERY_MS, Event::Prove);
        self.prove();
    }

    /// The statement asks the Bank whether it still has what was read of it.
    fn prove(&mut self) {
        let Some(events) = self.bank.events().filter(|_| self.statement.is_up) else { return };
        if let Err(other) = self.statement.prove(events) {
            return self.notice(&other.to_string());
        }
        if let OtherPast::Unnoticed { n_looks } = &mut self.other_past {
            *n_looks += 1;
            if *n_looks == N_LOOKS {
                self.fail("I9: the statement does not see that the bank lost its end".to_owned());
            }
        }
    }

    /// The statement follows no more, and says why.
    fn notice(&mut self, why: &str) {
        self.note(format_args!("the statement does not follow: {why}"));
        if self.other_past == OtherPast::None {
            return self.fail(format!("I9: the statement does not follow the truth: {why}"));
        }
        self.other_past = OtherPast::Noticed;
    }
}
