//! What the rest of the process holds of the Bank.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use actix::dev::ToEnvelope;
use actix::prelude::SendError;
use actix::{Actor, Handler, Message};
use bancada_kernel::{CardToken, IdempotencyKey, MerchantId, Money, TraceContext};
use bancada_supervision::{InFlight, Link};
use tokio::sync::{Semaphore, oneshot};

use crate::answer::{
    AbandonError, Answers, BankError, CaptureFailure, CardError, CardRequest, LimitError,
    LimitRequest, NumberedRequest, OperationAnswer, OperationRequest, PaymentAnswer, PaymentError,
    PaymentQuery, PaymentRequest, QueryError, RefundFailure, StatusError, StatusRequest,
    VoidFailure,
};
use crate::feed::Feed;
use crate::ledger::{
    Abandon, Authorize, Capture, CaptureRefusal, CardAccount, CardPresented, ChangeLimit,
    IssueCard, Operation, Payment, Refund, RefundRefusal, SetCardStatus, Void, VoidRefusal,
};

use crate::shell::ledger::LedgerActor;
use crate::shell::ledger_mail::{
    AbandonKey, AuthorizePayment, AuthorizePayments, CapturePayment, ChangeCardLimit,
    ChangeCardStatus, FindCard, FindPayment, IssueNewCard, ListCards, PaymentItem, RefundPayment,
    Reply, VoidPayment,
};
use crate::shell::reply::{AnswerTo as _, NumberedReply};
use crate::vault::Vault;

/// The Bank, from any thread and runtime. Cheap to clone.
///
/// Every answer is durable: it survives a power cut at the moment it is given.
#[derive(Clone)]
pub struct BankHandle {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) ledger: Link<LedgerActor>,
    pub(crate) vault: Vault,
    /// Admission: whoever finds no permit is told at once, and no queue grows.
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) in_flight: InFlight,
    pub(crate) is_loaded: Arc<AtomicBool>,
    pub(crate) is_full: Arc<AtomicBool>,
    pub(crate) feed: Feed,
    pub(crate) delivered: Option<Arc<AtomicU64>>,
}

impl BankHandle {
    pub(crate) fn new(inner: Inner) -> BankHandle {
        BankHandle { inner: Arc::new(inner) }
    }

    /// Authorizes, and captures when asked to. A decline is an answer. Repeating a request with
    /// its key gives the first answer; after [`BankError::UnknownOutcome`] it is what to do.
    pub async fn authorize(&self, request: PaymentRequest) -> Result<PaymentAnswer, PaymentError> {
        self.refuse_while_full()?;
        let trace = request.trace;
        let command = self.tokenize(request);
        self.ask(|reply| AuthorizePayment { command, trace, reply }).await
    }

    /// Authorizes many payments at once, as if each had been asked for alone: what is wrong with
    /// one says nothing of the others. Every request gets one answer, with its id, as soon as it
    /// is durable and in no order.
    pub fn authorize_many(&self, requests: Vec<NumberedRequest>, answers: &Answers) {
        let mut items = Vec::with_capacity(requests.len());
        for NumberedRequest { id, request, deadline } in requests {
            let reply = NumberedReply::new(id, deadline, answers.clone());
            if self.is_full() {
                reply.send(Err(BankError::StorageFull));
                continue;
            }
            let Ok(permit) = Arc::clone(&self.inner.permits).try_acquire_owned() else {
                reply.send(Err(BankError::Overloaded));
                continue;
            };
            let reply = reply.admitted(permit, self.inner.in_flight.enter());
            let trace = request.trace;
            items.push(PaymentItem { command: self.tokenize(request), trace, reply });
        }
        if items.is_empty() {
            return;
        }
        let mut message = Some(AuthorizePayments { items });
        let sent = self.inner.ledger.with(|ledger| match message.take() {
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

    /// Charges an authorized payment, once, wholly or in part; the rest is released with it. Safe
    /// to repeat with the same key.
    pub async fn capture(
        &self,
        request: OperationRequest,
        amount: Money,
    ) -> Result<OperationAnswer<CaptureRefusal>, CaptureFailure> {
        self.refuse_while_full()?;
        let trace = request.trace;
        let command =
            Capture { operation: self.operation("capture", request, Some(amount)), amount };
        self.ask(|reply| CapturePayment { command, trace, reply }).await
    }

    /// Releases the hold of an authorized payment. Safe to repeat with the same key.
    pub async fn void(
        &self,
        request: OperationRequest,
    ) -> Result<OperationAnswer<VoidRefusal>, VoidFailure> {
        self.refuse_while_full()?;
        let trace = request.trace;
        let command = Void { operation: self.operation("void", request, None) };
        self.ask(|reply| VoidPayment { command, trace, reply }).await
    }

    /// Returns what was captured, wholly or in part, as often as something is left. Safe to
    /// repeat with the same key; another key is another refund.
    pub async fn refund(
        &self,
        request: OperationRequest,
        amount: Money,
    ) -> Result<OperationAnswer<RefundRefusal>, RefundFailure> {
        self.refuse_while_full()?;
        let trace = request.trace;
        let command = Refund { operation: self.operation("refund", request, Some(amount)), amount };
        self.ask(|reply| RefundPayment { command, trace, reply }).await
    }

    /// Closes a key of unknown fate: the answer it got, or a decline from now on.
    pub async fn abandon(
        &self,
        merchant: MerchantId,
        key: IdempotencyKey,
        trace: Option<TraceContext>,
    ) -> Result<PaymentAnswer, AbandonError> {
        self.refuse_while_full()?;
        self.ask(|reply| AbandonKey { command: Abandon { merchant, key }, trace, reply }).await
    }

    /// A payment of this merchant.
    pub async fn find_payment(
        &self,
        merchant: MerchantId,
        query: PaymentQuery,
    ) -> Result<Option<Payment>, QueryError> {
        self.ask(|reply| FindPayment { merchant, query, reply }).await
    }

    /// Issues a card.
    pub async fn issue_card(&self, request: CardRequest) -> Result<CardAccount, CardError> {
        self.refuse_while_full()?;
        let command = IssueCard {
            token: self.inner.vault.token(&request.number),
            masked_number: request.number.masked(),
            brand: request.number.brand(),
            holder: request.holder,
            expiry: request.expiry,
            limit: request.limit,
            closing_day: request.closing_day,
            due_day: request.due_day,
            always_declines: request.always_declines,
        };
        self.ask(|reply| IssueNewCard { command, reply }).await
    }

    /// Blocks, unblocks or cancels a card.
    pub async fn set_card_status(
        &self,
        request: StatusRequest,
    ) -> Result<CardAccount, StatusError> {
        self.refuse_while_full()?;
        let command = SetCardStatus { token: request.token, status: request.status };
        self.ask(|reply| ChangeCardStatus { command, reply }).await
    }

    /// Gives a card another limit.
    pub async fn set_card_limit(&self, request: LimitRequest) -> Result<CardAccount, LimitError> {
        self.refuse_while_full()?;
        let command = ChangeLimit { token: request.token, limit: request.limit };
        self.ask(|reply| ChangeCardLimit { command, reply }).await
    }

    /// A card.
    pub async fn find_card(&self, token: CardToken) -> Result<Option<CardAccount>, QueryError> {
        self.ask(|reply| FindCard { token, reply }).await
    }

    /// At most `limit` cards after `after`, by token.
    pub async fn list_cards(
        &self,
        after: Option<CardToken>,
        limit: usize,
    ) -> Result<Vec<CardAccount>, QueryError> {
        self.ask(|reply| ListCards { after, limit, reply }).await
    }

    /// The committed events.
    pub fn feed(&self) -> &Feed {
        &self.inner.feed
    }

    /// How far the broker has acknowledged events; absent without a broker.
    pub fn delivered_position(&self) -> Option<u64> {
        self.inner.delivered.as_ref().map(|position| position.load(Ordering::Relaxed))
    }

    /// Requests in progress.
    pub fn in_flight(&self) -> usize {
        self.inner.in_flight.count()
    }

    /// Whether payments are refused because the disk is full.
    pub fn is_full(&self) -> bool {
        self.inner.is_full.load(Ordering::Acquire)
    }

    /// Whether payments are accepted now, and if not, why.
    pub fn readiness(&self) -> Result<(), &'static str> {
        if self.inner.ledger.get().is_none() || !self.inner.is_loaded.load(Ordering::Acquire) {
            return Err("the ledger is being loaded from the journal");
        }
        if self.is_full() { Err("the disk of the journal is full") } else { Ok(()) }
    }

    fn refuse_while_full<Refusal>(&self) -> Result<(), BankError<Refusal>> {
        if self.is_full() { Err(BankError::StorageFull) } else { Ok(()) }
    }

    /// The command, in which the number has done its work.
    fn tokenize(&self, request: PaymentRequest) -> Authorize {
        let vault = &self.inner.vault;
        let token = vault.token(&request.number);
        let body = vault.body_hash(&[
            token.as_str().as_bytes(),
            &request.expiry.year().to_le_bytes(),
            &[request.expiry.month()],
            &request.amount.minor.to_le_bytes(),
            request.amount.currency.code().as_bytes(),
            &[u8::from(request.capture), request.installments],
            request.store.as_bytes(),
            request.description.as_bytes(),
            request.order_id.as_bytes(),
        ]);
        Authorize {
            merchant: request.merchant,
            key: request.key,
            body,
            card: CardPresented {
                token,
                masked_number: request.number.masked(),
                brand: request.number.brand(),
                expiry: request.expiry,
            },
            amount: request.amount,
            capture: request.capture,
            store: request.store,
            description: request.description,
            order_id: request.order_id,
            installments: request.installments,
        }
    }

    /// The body begins with the kind of operation, where that of an authorization has a token: a
    /// key of one is never a key of the other.
    fn operation(&self, kind: &str, request: OperationRequest, amount: Option<Money>) -> Operation {
        let OperationRequest { merchant, key, payment, trace: _ } = request;
        let (minor, currency) =
            amount.map_or((0, ""), |amount| (amount.minor, amount.currency.code()));
        let body = self.inner.vault.body_hash(&[
            kind.as_bytes(),
            payment.uuid().as_bytes(),
            &minor.to_le_bytes(),
            currency.as_bytes(),
        ]);
        Operation { merchant, key, body, payment }
    }

    async fn ask<M, T, Refusal>(
        &self,
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
        let _in_flight = self.inner.in_flight.enter();
        let (reply, answer) = oneshot::channel();
        match self.inner.ledger.with(|ledger| ledger.try_send(message(reply))) {
            Some(Ok(())) => {}
            Some(Err(SendError::Full(_))) => return Err(BankError::Overloaded),
            Some(Err(SendError::Closed(_))) | None => return Err(BankError::Unavailable),
        }
        // Dropped with a ledger or a journal that crashed: nobody knows how far it came.
        answer.await.unwrap_or(Err(BankError::UnknownOutcome))
    }
}
