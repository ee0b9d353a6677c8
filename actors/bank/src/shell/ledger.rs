//! The single writer: decides, applies, hands the entry to the journal.
//!
//! Its state runs ahead of the disk by what is in the journal's queue; nobody is told of it
//! before it is durable, because every answer travels through that same queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_kernel::{CardToken, EventId, MerchantId, PaymentId, TraceContext};
use bancada_supervision::{ExitContext as _, SupervisedActor};
use tokio::sync::oneshot;

use crate::answer::{BankError, PaymentAnswer, PaymentError, PaymentQuery, QueryError};
use crate::answer::{CardError, StatusError, StatusRequest};
use crate::ledger::{
    Abandon, Authorize, CardAccount, Decision, IssueCard, Ledger, Payment, SetCardStatus, Stamp,
};
use crate::ports::Surroundings;
use crate::shell::journal::JournalQueue;
use crate::shell::journal_thread::Order;
use crate::shell::pending::Pending;

/// Where the answer to a message goes, once it is durable.
pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, BankError<E>>>;

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Message)]
        #[rtype(result = "()")]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }
    )*};
}

messages! {
    /// Decide about a payment.
    AuthorizePayment {
        command: Authorize,
        trace: Option<TraceContext>,
        reply: oneshot::Sender<Result<PaymentAnswer, PaymentError>>,
    }
    /// Close a key.
    AbandonKey {
        command: Abandon,
        trace: Option<TraceContext>,
        reply: oneshot::Sender<Result<PaymentAnswer, QueryError>>,
    }
    /// Issue a card.
    IssueNewCard {
        command: IssueCard,
        reply: oneshot::Sender<Result<CardAccount, CardError>>,
    }
    /// Block, unblock or cancel a card.
    ChangeCardStatus {
        request: StatusRequest,
        reply: oneshot::Sender<Result<CardAccount, StatusError>>,
    }
    /// Find a payment of a merchant.
    FindPayment {
        merchant: MerchantId,
        query: PaymentQuery,
        reply: oneshot::Sender<Result<Option<Payment>, QueryError>>,
    }
    /// Find a card.
    FindCard {
        token: CardToken,
        reply: oneshot::Sender<Result<Option<CardAccount>, QueryError>>,
    }
    /// A page of cards, by token.
    ListCards {
        after: Option<CardToken>,
        limit: usize,
        reply: oneshot::Sender<Result<Vec<CardAccount>, QueryError>>,
    }
    /// What was decided did not become durable: forget it.
    Reload {}
}

/// The ledger and its way to the journal.
pub(crate) struct LedgerActor {
    queue: JournalQueue,
    surroundings: Arc<dyn Surroundings>,
    mailbox_capacity: usize,
    /// Whether it decides now; read by the handle.
    is_loaded: Arc<AtomicBool>,
    /// Empty until loaded; nothing of it survives a crash.
    core: Option<Core>,
}

struct Core {
    ledger: Ledger,
    journal: Sender<Order>,
}

impl LedgerActor {
    pub(crate) fn new(
        queue: JournalQueue,
        surroundings: Arc<dyn Surroundings>,
        mailbox_capacity: usize,
        is_loaded: Arc<AtomicBool>,
    ) -> LedgerActor {
        LedgerActor { queue, surroundings, mailbox_capacity, is_loaded, core: None }
    }

    /// Loads the state through the journal's queue, behind everything already in it. Mail waits.
    fn load(&mut self, ctx: &mut Context<Self>) {
        self.forget();
        let Some(journal) = self.queue.get() else {
            ctx.fail("there is no journal to load from");
            return;
        };
        let (reply, loaded) = oneshot::channel();
        if journal.send(Order::Load(reply)).is_err() {
            ctx.fail("the journal's thread has ended");
            return;
        }
        let loading = wrap_future::<_, Self>(loaded).map(|loaded, actor, ctx| match loaded {
            Ok(Ok(ledger)) => {
                actor.core = Some(Core { ledger, journal });
                actor.is_loaded.store(true, Ordering::Release);
            }
            Ok(Err(error)) => ctx.fail(error.to_string()),
            Err(_) => ctx.fail("the journal's thread ended while loading"),
        });
        ctx.wait(loading);
    }

    fn forget(&mut self) {
        self.core = None;
        self.is_loaded.store(false, Ordering::Release);
    }

    fn stamp(&self, trace: Option<TraceContext>) -> Stamp {
        Stamp {
            event_id: EventId::new(self.surroundings.uuid()),
            payment_id: PaymentId::new(self.surroundings.uuid()),
            now: self.surroundings.now(),
            trace,
        }
    }
}

impl Core {
    /// Answers once everything seen so far is durable.
    fn observe<T, E>(&self, reply: Reply<T, E>, answer: Result<T, BankError<E>>)
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.send(Order::Observe(Pending::new(reply, answer)));
    }

    fn send(&self, order: Order) {
        // Should the thread have ended, the order and its reply are dropped, and the caller
        // learns that the outcome is unknown. The journal's supervisor starts both anew.
        let _ = self.journal.send(order);
    }

    fn settle<E: Send + 'static>(&mut self, decision: Decision, reply: Reply<PaymentAnswer, E>) {
        let answer = |ledger: &Ledger, id, replayed| {
            let payment = ledger.payment(id).cloned();
            payment
                .map(|payment| PaymentAnswer { payment, replayed })
                .ok_or(BankError::UnknownOutcome)
        };
        match decision {
            Decision::Replay(id) => {
                let answer = answer(&self.ledger, id, true);
                self.observe(reply, answer);
            }
            Decision::Record(entry) => {
                let id = entry.event.transaction_id;
                self.ledger.apply(&entry);
                let answer = answer(&self.ledger, id, false);
                self.send(Order::Append(entry, Pending::new(reply, answer)));
            }
        }
    }

    fn card_answer<E>(&self, token: &CardToken) -> Result<CardAccount, BankError<E>> {
        self.ledger.card(token).cloned().ok_or(BankError::UnknownOutcome)
    }
}

impl Actor for LedgerActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(self.mailbox_capacity);
        self.load(ctx);
    }
}

impl Supervised for LedgerActor {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.forget();
    }
}

impl SupervisedActor for LedgerActor {}

impl Handler<Reload> for LedgerActor {
    type Result = ();

    fn handle(&mut self, _: Reload, ctx: &mut Self::Context) {
        self.load(ctx);
    }
}

impl Handler<AuthorizePayment> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: AuthorizePayment, _: &mut Self::Context) {
        let stamp = self.stamp(message.trace);
        // Without a core the reply is dropped; nothing was decided.
        let Some(core) = &mut self.core else { return };
        match message.command.decide(&core.ledger, stamp) {
            Ok(decision) => core.settle(decision, message.reply),
            Err(error) => core.observe(message.reply, Err(BankError::Refused(error))),
        }
    }
}

impl Handler<AbandonKey> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: AbandonKey, _: &mut Self::Context) {
        let stamp = self.stamp(message.trace);
        let Some(core) = &mut self.core else { return };
        let decision = message.command.decide(&core.ledger, stamp);
        core.settle(decision, message.reply);
    }
}

impl Handler<IssueNewCard> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: IssueNewCard, _: &mut Self::Context) {
        let stamp = self.stamp(None);
        let Some(core) = &mut self.core else { return };
        match message.command.decide(&core.ledger, stamp) {
            Ok(entry) => {
                core.ledger.apply(&entry);
                let answer = core.card_answer(&message.command.token);
                let pending = Pending::new(message.reply, answer);
                core.send(Order::Append(Box::new(entry), pending));
            }
            Err(error) => core.observe(message.reply, Err(BankError::Refused(error))),
        }
    }
}

impl Handler<ChangeCardStatus> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: ChangeCardStatus, _: &mut Self::Context) {
        let stamp = self.stamp(None);
        let Some(core) = &mut self.core else { return };
        let StatusRequest { token, status } = message.request;
        let command = SetCardStatus { token: token.clone(), status };
        match command.decide(&core.ledger, stamp) {
            Ok(Some(entry)) => {
                core.ledger.apply(&entry);
                let pending = Pending::new(message.reply, core.card_answer(&token));
                core.send(Order::Append(Box::new(entry), pending));
            }
            Ok(None) => core.observe(message.reply, core.card_answer(&token)),
            Err(error) => core.observe(message.reply, Err(BankError::Refused(error))),
        }
    }
}

impl Handler<FindPayment> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: FindPayment, _: &mut Self::Context) {
        let Some(core) = &self.core else { return };
        let found = match &message.query {
            PaymentQuery::Id(id) => core.ledger.payment(*id),
            PaymentQuery::Key(key) => core.ledger.payment_of_key(&message.merchant, key),
        };
        let own = found.filter(|payment| payment.merchant == message.merchant).cloned();
        core.observe(message.reply, Ok(own));
    }
}

impl Handler<FindCard> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: FindCard, _: &mut Self::Context) {
        let Some(core) = &self.core else { return };
        core.observe(message.reply, Ok(core.ledger.card(&message.token).cloned()));
    }
}

impl Handler<ListCards> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: ListCards, _: &mut Self::Context) {
        let Some(core) = &self.core else { return };
        let mut cards: Vec<&CardAccount> = core
            .ledger
            .cards()
            .filter(|card| message.after.as_ref().is_none_or(|after| card.token > *after))
            .collect();
        cards.sort_unstable_by(|a, b| a.token.cmp(&b.token));
        let page = cards.into_iter().take(message.limit).cloned().collect();
        core.observe(message.reply, Ok(page));
    }
}
