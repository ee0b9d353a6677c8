//! Which shard a request goes to, and how it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use actix::dev::ToEnvelope;
use actix::prelude::SendError;
use actix::{Actor, Handler, Message};
use bancada_kernel::{CardToken, IdempotencyKey, PaymentId, Shard};
use bancada_supervision::{InFlight, Link};
use tokio::sync::oneshot;

use crate::answer::BankError;
use crate::feed::Feed;
use crate::handle::BankHandle;
use crate::shards::{KeyOwner, Keyed};
use crate::shell::ledger::LedgerActor;
use crate::shell::ledger_mail::{AuthorizePayments, PaymentItem, Reply, YieldKey};
use crate::shell::reply::AnswerTo as _;

/// What the handle has of one shard.
pub(crate) struct ShardLink {
    pub(crate) ledger: Link<LedgerActor>,
    pub(crate) in_flight: InFlight,
    pub(crate) is_loaded: Arc<AtomicBool>,
    /// Whether it was loaded since the start.
    pub(crate) has_loaded: Arc<AtomicBool>,
    pub(crate) is_full: Arc<AtomicBool>,
    pub(crate) feed: Feed,
    pub(crate) delivered: Option<Arc<AtomicU64>>,
}

impl BankHandle {
    pub(crate) fn shard(&self, shard: Shard) -> &ShardLink {
        &self.inner.shards[usize::from(shard.number())]
    }

    pub(crate) fn is_full_at(&self, shard: Shard) -> bool {
        self.shard(shard).is_full.load(Ordering::Acquire)
    }

    pub(crate) fn refuse_while_full<Refusal>(
        &self,
        shard: Shard,
    ) -> Result<(), BankError<Refusal>> {
        if self.is_full_at(shard) { Err(BankError::StorageFull) } else { Ok(()) }
    }

    /// Where a card is, if there is room for what is to be recorded about it.
    pub(crate) fn open_shard_of<Refusal>(
        &self,
        token: &CardToken,
    ) -> Result<Shard, BankError<Refusal>> {
        let shard = self.inner.count.of_card(token);
        self.refuse_while_full(shard)?;
        Ok(shard)
    }

    /// Where a payment is; where nobody knows it, if it has an id of nowhere.
    pub(crate) fn of_payment(&self, id: PaymentId) -> Shard {
        self.inner.count.of_payment(id).unwrap_or(Shard::FIRST)
    }

    /// Where a key is, or where it would be if it is not anywhere.
    pub(crate) fn home_of_key(&self, owner: KeyOwner<'_>, key: &IdempotencyKey) -> Shard {
        let homes = self.inner.homes.as_ref();
        let home = homes.and_then(|homes| homes.find(owner, key));
        home.unwrap_or(Shard::FIRST)
    }

    /// Whether a command's key is at home in its own shard; it is, if it was nowhere before.
    pub(crate) fn is_home<Refusal>(
        &self,
        own: Shard,
        command: &impl Keyed,
    ) -> Result<bool, BankError<Refusal>> {
        let Some(homes) = &self.inner.homes else { return Ok(true) };
        // A ledger that was never loaded may have an answer that nobody knows of.
        if self.inner.shards.iter().any(|shard| !shard.has_loaded.load(Ordering::Acquire)) {
            return Err(BankError::Unavailable);
        }
        let (owner, key) = command.key();
        Ok(homes.claim(owner, key, own, self.inner.surroundings.monotonic()) == own)
    }

    /// The shard that answers a command: its own, or the one that has an answer to its key.
    pub(crate) async fn home<Refusal>(
        &self,
        own: Shard,
        command: &impl Keyed,
    ) -> Result<Shard, BankError<Refusal>> {
        if self.is_home(own, command)? {
            self.refuse_while_full(own)?;
            return Ok(own);
        }
        let (owner, key) = command.key();
        let home = self.home_of_key(owner, key);
        let (owner, key) = (owner.cloned(), key.clone());
        let ask = |reply| YieldKey { owner, key, to: own, reply };
        match self.ask(home, ask).await {
            Ok(true) => {
                self.refuse_while_full(own)?;
                Ok(own)
            }
            Ok(false) => Ok(home),
            Err(BankError::Overloaded) => Err(BankError::Overloaded),
            // Nothing was recorded.
            Err(_) => Err(BankError::Unavailable),
        }
    }

    pub(crate) async fn ask<M, T, Refusal>(
        &self,
        shard: Shard,
        message: impl FnOnce(Reply<T, Refusal>) -> M,
    ) -> Result<T, BankError<Refusal>>
    where
        M: Message<Result = ()> + Send + 'static,
        LedgerActor: Handler<M>,
        <LedgerActor as Actor>::Context: ToEnvelope<LedgerActor, M>,
    {
        let Ok(_permit) = self.inner.permits.try_acquire() else {
            return Err(BankError::Overloaded);
        };
        let shard = self.shard(shard);
        let _in_flight = shard.in_flight.enter();
        let (reply, answer) = oneshot::channel();
        match shard.ledger.with(|ledger| ledger.try_send(message(reply))) {
            Some(Ok(())) => {}
            Some(Err(SendError::Full(_))) => return Err(BankError::Overloaded),
            Some(Err(SendError::Closed(_))) | None => return Err(BankError::Unavailable),
        }
        // Dropped with a ledger or a journal that crashed: nobody knows how far it came.
        answer.await.unwrap_or(Err(BankError::UnknownOutcome))
    }
}

impl ShardLink {
    pub(crate) fn is_ready(&self) -> bool {
        self.ledger.get().is_some() && self.is_loaded.load(Ordering::Acquire)
    }

    /// Hands payments to the ledger as one.
    pub(crate) fn authorize(&self, items: Vec<PaymentItem>) {
        if items.is_empty() {
            return;
        }
        let mut message = Some(AuthorizePayments { items });
        let sent = self.ledger.with(|ledger| match message.take() {
            Some(message) => ledger.try_send(message),
            None => Ok(()),
        });
        let (unsent, error) = match sent {
            Some(Ok(())) => return,
            Some(Err(SendError::Full(message))) => (Some(message), BankError::Overloaded),
            Some(Err(SendError::Closed(message))) => (Some(message), BankError::Unavailable),
            None => (message, BankError::Unavailable),
        };
        for item in unsent.into_iter().flat_map(|message| message.items) {
            item.reply.send(Err(error.clone()));
        }
    }
}
