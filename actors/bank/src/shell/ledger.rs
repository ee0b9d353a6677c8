//! The single writer: decides, applies, hands the entry to the journal.
//!
//! Its state runs ahead of the disk by what is in the journal's queue; nobody is told of it
//! before it is durable, because every answer travels through that same queue.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{self, Poll};
use std::time::Duration;

use actix::fut::{ActorFuture, ActorFutureExt as _, wrap_future};
use actix::{Actor, AsyncContext as _, Context, Handler, Supervised};
use bancada_kernel::{EventId, PaymentId, TraceContext};
use bancada_supervision::{ExitContext as _, SupervisedActor};
use tokio::sync::oneshot;

use crate::answer::{BankError, PaymentQuery};
use crate::ledger::{Expire, Run, RunTime, Stamp};
use crate::ports::Surroundings;
use crate::shards::Part;
use crate::shell::journal::JournalQueue;
use crate::shell::journal_thread::Order;
use crate::shell::ledger_core::{Core, operation_answer, payment_answer};
use crate::shell::ledger_mail::{
    AbandonKey, AuthorizePayment, AuthorizePayments, CapturePayment, ChangeCardLimit,
    ChangeCardStatus, FindCard, FindPayment, IssueNewCard, ListCards, PayCardBill, PaymentItem,
    RefundPayment, Reload, VoidPayment, YieldKey,
};
use crate::shell::pending::Pending;
use crate::shell::reply::AnswerTo as _;

/// How often it is asked which holds have expired: a glance at the oldest one.
const EXPIRE_EVERY: Duration = Duration::from_secs(1);
/// Holds released at once, at most: payments that wait are not kept waiting for long.
const MAX_EXPIRED: usize = 256;

/// The ledger and its way to the journal.
pub(crate) struct LedgerActor {
    /// Which of the Bank's ledgers it is.
    part: Part,
    queue: JournalQueue,
    surroundings: Arc<dyn Surroundings>,
    mailbox_capacity: usize,
    /// Whether it decides now; read by the handle.
    is_loaded: Arc<AtomicBool>,
    /// Whether the journal's disk is full: nothing is decided that cannot be kept.
    is_full: Arc<AtomicBool>,
    /// Empty until loaded; nothing of it survives a crash.
    core: Option<Core>,
}

impl LedgerActor {
    pub(crate) fn new(
        part: Part,
        queue: JournalQueue,
        surroundings: Arc<dyn Surroundings>,
        mailbox_capacity: usize,
        is_loaded: Arc<AtomicBool>,
        is_full: Arc<AtomicBool>,
    ) -> LedgerActor {
        LedgerActor { part, queue, surroundings, mailbox_capacity, is_loaded, is_full, core: None }
    }

    /// Loads the state through the journal's queue, behind everything already in it. Mail waits.
    fn load(&mut self, ctx: &mut Context<Self>) {
        // What was decided is the journal's to answer, if only with a refusal.
        self.flush();
        self.forget();
        let Some(journal) = self.queue.get() else {
            ctx.fail("there is no journal to load from");
            return;
        };
        let (reply, loaded) = oneshot::channel();
        if journal.send(vec![Order::Load(reply)]).is_err() {
            ctx.fail("the journal's thread has ended");
            return;
        }
        let loading = wrap_future::<_, Self>(loaded).map(|loaded, actor, ctx| match loaded {
            Ok(Ok(ledger)) => {
                let now = actor.surroundings.monotonic();
                actor.part.loaded(&ledger, now);
                let run = Run::begin(ledger.ran(), now);
                actor.core = Some(Core { ledger, journal, run, open: Vec::new() });
                actor.is_loaded.store(true, Ordering::Release);
            }
            Ok(Err(error)) => ctx.fail(error.to_string()),
            Err(_) => ctx.fail("the journal's thread ended while loading"),
        });
        ctx.wait(loading);
    }

    fn flush(&mut self) {
        if let Some(core) = &mut self.core {
            core.flush();
        }
    }

    fn forget(&mut self) {
        self.core = None;
        self.is_loaded.store(false, Ordering::Release);
    }

    /// Releases the holds whose time is over. After a restart it begins with those of the pause.
    fn expire_holds(&mut self) {
        if self.is_full.load(Ordering::Acquire) {
            return;
        }
        for _ in 0..MAX_EXPIRED {
            let stamp = self.stamp(None);
            let Some(core) = &mut self.core else { return };
            let Some(entry) = Expire.decide(&core.ledger, stamp) else { break };
            core.ledger.apply(&entry);
            core.send(Order::Append(Box::new(entry), Pending::for_nobody()));
        }
        self.flush();
    }

    fn stamp(&self, trace: Option<TraceContext>) -> Stamp {
        Stamp {
            event_id: EventId::new(self.surroundings.uuid()),
            payment_id: self.part.payment_id(PaymentId::new(self.surroundings.uuid())),
            now: self.surroundings.now(),
            // Without a core nothing is decided.
            ran: self
                .core
                .as_ref()
                .map_or_else(RunTime::default, |core| core.run.at(self.surroundings.monotonic())),
            trace,
        }
    }
}

impl Actor for LedgerActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(self.mailbox_capacity);
        self.load(ctx);
        ctx.run_interval(EXPIRE_EVERY, |actor, _| actor.expire_holds());
        ctx.spawn(FlushWhenIdle);
    }
}

/// Hands over what was decided whenever the mailbox is empty: actix polls an actor's futures then,
/// and this one never ends.
struct FlushWhenIdle;

impl ActorFuture<LedgerActor> for FlushWhenIdle {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        ledger: &mut LedgerActor,
        _: &mut Context<LedgerActor>,
        _: &mut task::Context<'_>,
    ) -> Poll<()> {
        ledger.flush();
        Poll::Pending
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

/// Requests of merchants: decide, record or repeat, answer.
macro_rules! merchants_requests {
    ($($message:ty => $read:expr),* $(,)?) => {$(
        impl Handler<$message> for LedgerActor {
            type Result = ();

            fn handle(&mut self, message: $message, _: &mut Self::Context) {
                if message.reply.is_abandoned() {
                    return;
                }
                // Its key was given to another ledger since it was sent here: asked again, it
                // goes there.
                if !self.part.answers(&message.command) {
                    let _ = message.reply.send(Err(BankError::Unavailable));
                    return;
                }
                let stamp = self.stamp(message.trace);
                // Without a core the reply is dropped; nothing was decided.
                let Some(core) = &mut self.core else { return };
                let decision = message.command.decide(&core.ledger, stamp);
                core.settle(decision, message.reply, $read);
            }
        }
    )*};
}

merchants_requests! {
    AuthorizePayment => payment_answer,
    AbandonKey => payment_answer,
    CapturePayment => operation_answer,
    VoidPayment => operation_answer,
    RefundPayment => operation_answer,
}

impl Handler<AuthorizePayments> for LedgerActor {
    type Result = ();

    fn handle(&mut self, AuthorizePayments { items }: AuthorizePayments, _: &mut Self::Context) {
        for PaymentItem { command, trace, reply } in items {
            if reply.is_abandoned() {
                reply.send(Err(BankError::DeadlinePassed));
                continue;
            }
            if !self.part.answers(&command) {
                reply.send(Err(BankError::Unavailable));
                continue;
            }
            let stamp = self.stamp(trace);
            let Some(core) = &mut self.core else { return };
            core.settle(command.decide(&core.ledger, stamp), reply, payment_answer);
        }
    }
}

impl Handler<YieldKey> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: YieldKey, _: &mut Self::Context) {
        let Some(core) = &mut self.core else { return };
        let YieldKey { owner, key, to, reply } = message;
        let is_given = self.part.yield_key(&core.ledger, owner.as_ref(), &key, to);
        core.observe(reply, Ok(is_given));
    }
}

impl Handler<IssueNewCard> for LedgerActor {
    type Result = ();

    fn handle(&mut self, IssueNewCard { command, reply }: IssueNewCard, _: &mut Self::Context) {
        let stamp = self.stamp(None);
        let Some(core) = &mut self.core else { return };
        let issued = command.decide(&core.ledger, stamp).map(Some);
        core.settle_card(issued, &command.token, reply);
    }
}

impl Handler<ChangeCardStatus> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: ChangeCardStatus, _: &mut Self::Context) {
        let stamp = self.stamp(None);
        let Some(core) = &mut self.core else { return };
        let changed = message.command.decide(&core.ledger, stamp);
        core.settle_card(changed, &message.command.token, message.reply);
    }
}

impl Handler<ChangeCardLimit> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: ChangeCardLimit, _: &mut Self::Context) {
        let stamp = self.stamp(None);
        let Some(core) = &mut self.core else { return };
        let changed = message.command.decide(&core.ledger, stamp);
        core.settle_card(changed, &message.command.token, message.reply);
    }
}

impl Handler<PayCardBill> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: PayCardBill, _: &mut Self::Context) {
        // As above: asked again, it goes to the ledger that has its key.
        if !self.part.answers(&message.command) {
            let _ = message.reply.send(Err(BankError::Unavailable));
            return;
        }
        let stamp = self.stamp(message.trace);
        let Some(core) = &mut self.core else { return };
        let decision = message.command.decide(&core.ledger, stamp);
        core.settle_bill(decision, &message.command.key, message.reply);
    }
}

impl Handler<FindPayment> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: FindPayment, _: &mut Self::Context) {
        let Some(core) = &mut self.core else { return };
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
        let Some(core) = &mut self.core else { return };
        core.observe(message.reply, Ok(core.ledger.card(&message.token).cloned()));
    }
}

impl Handler<ListCards> for LedgerActor {
    type Result = ();

    fn handle(&mut self, message: ListCards, _: &mut Self::Context) {
        let Some(core) = &mut self.core else { return };
        let cards = core.ledger.cards_after(message.after.as_ref()).take(message.limit);
        let page = cards.cloned().collect();
        core.observe(message.reply, Ok(page));
    }
}
