//! The actor that takes every order to its outcome.
//!
//! It owns the orders whose outcome is not durable yet. A handler or the end of a call decides
//! and starts the next step; calls to the Bank and to the store run beside it, and what they
//! bring comes back to the actor. A crash ends them all, and the orders are found in the store.

use std::collections::HashMap;
use std::sync::Arc;

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_kernel::{MerchantId, OrderId};
use bancada_supervision::{ExitContext as _, SupervisedActor};
use tokio::sync::oneshot::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::answer::{PlaceError, Placed};
use crate::limits::Limits;
use crate::order::{BasketError, Command, Fingerprint, Order};
use crate::ports::{Bank, BankAnswer, BankCallError, BankRequest, Outcome, PresentedCard};
use crate::ports::{StoreError, Surroundings, Write, Written};
use crate::shell::inquiry::Inquiry;
use crate::shell::open_order::{OpenOrder, Reply, command_of, key_of};
use crate::shell::store_thread::{Job, StoreQueue};

/// Place an order, or find the one that was placed with the same id.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Place {
    pub(crate) id: OrderId,
    pub(crate) fingerprint: Fingerprint,
    /// The order to keep, or why there cannot be one.
    pub(crate) order: Result<Box<Order>, BasketError>,
    pub(crate) card: Arc<PresentedCard>,
    pub(crate) reply: Reply,
}

/// What the actor works with.
#[derive(Clone)]
pub(crate) struct OrdersParts {
    pub(crate) store: StoreQueue,
    pub(crate) bank: Arc<dyn Bank>,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    pub(crate) merchant: MerchantId,
    /// The shop's name on statements.
    pub(crate) store_name: String,
    pub(crate) limits: Limits,
    /// Bounds the calls to the Bank that run at once.
    pub(crate) bank_calls: Arc<Semaphore>,
}

/// The actor.
pub(crate) struct Orders {
    parts: OrdersParts,
    /// Nothing of it survives a crash.
    open: HashMap<OrderId, OpenOrder>,
    is_stopping: bool,
}

impl Orders {
    pub(crate) fn new(parts: OrdersParts) -> Orders {
        Orders { parts, open: HashMap::new(), is_stopping: false }
    }

    /// Asks the store for something; `then` runs in the actor when the answer is there.
    fn ask_store<T: 'static>(
        &self,
        ctx: &mut Context<Self>,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
        then: impl FnOnce(&mut Self, Result<Result<T, StoreError>, RecvError>, &mut Context<Self>)
        + 'static,
    ) {
        let (reply, answer) = oneshot::channel();
        // Without a thread the reply is dropped, which `then` is told.
        let _ = self.parts.store.send(job(reply));
        ctx.spawn(wrap_future(answer).map(move |answer, actor: &mut Self, ctx| {
            then(actor, answer, ctx);
        }));
    }

    fn write(&self, id: OrderId, write: Write, ctx: &mut Context<Self>) {
        let is_new = matches!(write, Write::Insert(_));
        let job = |reply| Job::Write(Box::new(write), reply);
        self.ask_store(ctx, job, move |actor, written, ctx| match (written, is_new) {
            (Ok(Ok(Written::Done)), true) => actor.ask_bank(id, ctx),
            (Ok(Ok(Written::Done)), false) => actor.settle(id, &Ok(()), ctx),
            (Ok(Ok(Written::Exists(existing))), _) => actor.on_existing(id, &existing, ctx),
            (Ok(Err(StoreError::Full)), true) => {
                actor.settle(id, &Err(PlaceError::StorageFull), ctx);
            }
            // The Bank has answered already: the outcome is kept here until there is room.
            (Ok(Err(StoreError::Full)), false) => actor.later(id, Self::record, ctx),
            (Ok(Err(StoreError::Damaged(_))), _) => {
                actor.settle(id, &Err(PlaceError::Unreadable), ctx);
            }
            // The store is opened again, and this actor is started again after it.
            (Ok(Err(StoreError::Failed(_))) | Err(_), _) => {
                actor.settle(id, &Err(PlaceError::UnknownOutcome), ctx);
            }
        });
    }

    /// The insert found an order of the same id.
    fn on_existing(&mut self, id: OrderId, existing: &Order, ctx: &mut Context<Self>) {
        let Some(newcomer) = self.open.remove(&id) else { return };
        if existing.is_unresolved() {
            let mut found = OpenOrder::found(existing.clone());
            found.take_over(newcomer);
            self.open.insert(id, found);
            self.ask_bank(id, ctx);
        } else {
            newcomer.settle_with(existing);
        }
    }

    /// Asks the Bank as soon as there is room for another call.
    fn ask_bank(&mut self, id: OrderId, ctx: &mut Context<Self>) {
        let room = wrap_future(Arc::clone(&self.parts.bank_calls).acquire_owned());
        ctx.spawn(room.map(move |room, actor: &mut Self, ctx| actor.call_bank(id, room.ok(), ctx)));
    }

    /// The card is looked at only now, so that no waiting prolongs its time in memory.
    fn call_bank(
        &mut self,
        id: OrderId,
        room: Option<OwnedSemaphorePermit>,
        ctx: &mut Context<Self>,
    ) {
        let Some(inquiry) = self.inquiry(id) else { return };
        let (bank, deadline) = (Arc::clone(&self.parts.bank), self.parts.limits.call_deadline);
        let call = async move {
            let answer = inquiry.ask(&*bank, deadline).await;
            drop(room);
            answer
        };
        ctx.spawn(wrap_future(call).map(move |answer, actor: &mut Self, ctx| {
            actor.on_answer(id, answer, ctx);
        }));
    }

    fn inquiry(&mut self, id: OrderId) -> Option<Inquiry> {
        let now = self.parts.surroundings.now();
        let open = self.open.get_mut(&id)?;
        let (merchant, key) = (self.parts.merchant.clone(), key_of(&open.order));
        let Some(card) = open.card() else {
            return Some(match open.order.may_be_closed(now) {
                true => Inquiry::Close { merchant, key },
                false => Inquiry::Find { merchant, key },
            });
        };
        let order = &open.order;
        Some(Inquiry::Charge(Box::new(BankRequest {
            merchant,
            key,
            card,
            amount: order.total,
            installments: order.installments,
            store: self.parts.store_name.clone(),
            description: order.description(),
            order_id: order.id,
            trace: order.trace,
            capture: true,
        })))
    }

    fn on_answer(
        &mut self,
        id: OrderId,
        answer: Result<Option<BankAnswer>, BankCallError>,
        ctx: &mut Context<Self>,
    ) {
        let now = self.parts.surroundings.now();
        let Some(open) = self.open.get_mut(&id) else { return };
        let command = match answer {
            Ok(None) => return self.give_up(id, ctx),
            Ok(Some(answer)) => {
                if answer.outcome == Outcome::Approved && answer.amount != open.order.total {
                    tracing::error!(order.id = %id, "the bank charged another amount");
                }
                if let Outcome::Declined(reason) = answer.outcome
                    && reason.for_shopper() != reason
                {
                    let (code, reason) = (reason.code(), reason.word());
                    tracing::info!(order.id = %id, code, reason, "declined, and not told why");
                }
                command_of(answer)
            }
            // After a lost answer only the Bank's own record of the key counts.
            Err(BankCallError::Refused { code, message }) if !open.is_answer_lost => {
                Command::Refuse { code, message }
            }
            Err(error) => return self.on_no_answer(id, &error, ctx),
        };
        open.forget_card();
        open.attempts.succeeded();
        match open.order.decide(command) {
            Ok(event) => open.order.evolve(event, now),
            Err(refusal) => tracing::error!(order.id = %id, %refusal, "the bank's answer is odd"),
        }
        self.record(id, ctx);
    }

    /// Leaves an order unknown that nobody can ask about any more. The next start asks once again.
    fn give_up(&mut self, id: OrderId, ctx: &mut Context<Self>) {
        let now = self.parts.surroundings.now();
        let Some(open) = self.open.get_mut(&id) else { return };
        tracing::error!(order.id = %id, "the bank may have forgotten its answer; look in its feed");
        if let Ok(event) = open.order.decide(Command::LoseAnswer) {
            open.order.evolve(event, now);
        }
        self.record(id, ctx);
    }

    fn on_no_answer(&mut self, id: OrderId, error: &BankCallError, ctx: &mut Context<Self>) {
        let now = self.parts.surroundings.now();
        let Some(open) = self.open.get_mut(&id) else { return };
        let is_lost = match error {
            BankCallError::Unknown(_) => true,
            BankCallError::NotSent(_) => false,
            BankCallError::Refused { .. } => {
                open.forget_card();
                true
            }
        };
        open.is_answer_lost |= is_lost;
        let n_failures = open.attempts.n_failures();
        tracing::warn!(order.id = %id, %error, n_failures, "no answer yet");
        // As long as the buyer waits and nothing was lost, the order is simply being paid.
        if (is_lost || !open.is_waited_for())
            && let Ok(event) = open.order.decide(Command::LoseAnswer)
        {
            open.order.evolve(event, now);
            // Only to show it: should this write fail, the order is asked about all the same.
            let (reply, _) = oneshot::channel();
            let write = Box::new(Write::Update(open.order.clone()));
            let _ = self.parts.store.send(Job::Write(write, reply));
        }
        self.later(id, Self::ask_bank, ctx);
    }

    /// Makes the outcome durable, then answers.
    fn record(&mut self, id: OrderId, ctx: &mut Context<Self>) {
        let Some(open) = self.open.get(&id) else { return };
        self.write(id, Write::Update(open.order.clone()), ctx);
    }

    fn settle(&mut self, id: OrderId, outcome: &Result<(), PlaceError>, ctx: &mut Context<Self>) {
        if let Some(open) = self.open.remove(&id) {
            open.settle(outcome);
        }
        self.stop_if_nobody_waits(ctx);
    }

    /// Takes the next step after a wait that grows with every failure.
    fn later(
        &mut self,
        id: OrderId,
        step: fn(&mut Self, OrderId, &mut Context<Self>),
        ctx: &mut Context<Self>,
    ) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let unit = self.parts.surroundings.random_unit();
        let delay = open.attempts.failed(unit);
        let wait = wrap_future(tokio::time::sleep(delay));
        ctx.spawn(wait.map(move |(), actor: &mut Self, ctx| step(actor, id, ctx)));
    }

    /// What cannot be sold may still have been sold before, at another price.
    fn find_instead(
        &self,
        id: OrderId,
        fingerprint: Fingerprint,
        error: BasketError,
        reply: Reply,
        ctx: &mut Context<Self>,
    ) {
        self.ask_store(
            ctx,
            |reply| Job::Get(id, reply),
            move |_, found, _| {
                let answer = match found {
                    Ok(Ok(Some(order))) if order.fingerprint == fingerprint => {
                        Ok(Placed { order, replayed: true })
                    }
                    Ok(Ok(Some(_))) => Err(PlaceError::KeyReused),
                    Ok(Ok(None)) => Err(PlaceError::Basket(error)),
                    Ok(Err(_)) | Err(_) => Err(PlaceError::Unavailable),
                };
                let _ = reply.send(answer);
            },
        );
    }

    fn stop_if_nobody_waits(&self, ctx: &mut Context<Self>) {
        if self.is_stopping && !self.open.values().any(OpenOrder::is_waited_for) {
            ctx.stop();
        }
    }
}

impl Actor for Orders {
    type Context = Context<Self>;

    /// Finds the orders without an outcome; mail waits meanwhile.
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(self.parts.limits.max_in_flight);
        let (reply, found) = oneshot::channel();
        if !self.parts.store.send(Job::Unresolved(reply)) {
            ctx.fail("there is no store to load from");
            return;
        }
        ctx.wait(wrap_future::<_, Self>(found).map(|found, actor, ctx| match found {
            Ok(Ok(orders)) => actor.resume(orders, ctx),
            Ok(Err(error)) => ctx.fail(error.to_string()),
            Err(_) => ctx.fail("the store's thread ended while loading"),
        }));
    }
}

impl Orders {
    fn resume(&mut self, orders: Vec<Order>, ctx: &mut Context<Self>) {
        if !orders.is_empty() {
            tracing::info!(n_orders = orders.len(), "orders without an outcome are asked about");
        }
        let now = self.parts.surroundings.now();
        for mut order in orders {
            let id = order.id;
            if let Ok(event) = order.decide(Command::Pay) {
                order.evolve(event, now);
            }
            self.open.insert(id, OpenOrder::found(order));
            self.ask_bank(id, ctx);
        }
    }
}

impl Supervised for Orders {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.open.clear();
    }
}

impl SupervisedActor for Orders {
    /// Buyers who wait get their answer, within the deadline that the supervisor gives.
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        self.is_stopping = true;
        self.stop_if_nobody_waits(ctx);
    }
}

impl Handler<Place> for Orders {
    type Result = ();

    fn handle(&mut self, place: Place, ctx: &mut Self::Context) {
        let Place { id, fingerprint, order, card, reply } = place;
        if let Some(open) = self.open.get_mut(&id) {
            open.attach(&fingerprint, reply);
            return;
        }
        let refusal = match order {
            _ if self.is_stopping => PlaceError::Unavailable,
            Err(error) => return self.find_instead(id, fingerprint, error, reply, ctx),
            Ok(_) if self.open.len() >= self.parts.limits.max_open_orders => PlaceError::Overloaded,
            Ok(order) => {
                let forget_card_at = Instant::now() + self.parts.limits.card_memory;
                let insert = Write::Insert((*order).clone());
                self.open.insert(id, OpenOrder::placed(*order, card, forget_card_at, reply));
                return self.write(id, insert, ctx);
            }
        };
        let _ = reply.send(Err(refusal));
    }
}
