//! What the rest of the process holds of the Bank.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bancada_kernel::{
    CardNumber, CardToken, IdempotencyKey, MerchantId, Money, Shard, ShardCount, TraceContext,
};
use tokio::sync::Semaphore;

use crate::answer::{
    AbandonError, Answers, BankError, BillAnswer, BillFailure, BillRequest, CaptureFailure,
    CardError, CardRequest, LimitError, LimitRequest, NumberedRequest, OperationAnswer,
    OperationRequest, PaymentAnswer, PaymentError, PaymentQuery, PaymentRequest, QueryError,
    RefundFailure, StatusError, StatusRequest, VoidFailure,
};
use crate::feed::Feed;
use crate::ledger::{
    Abandon, Authorize, Capture, CaptureRefusal, CardAccount, CardPresented, ChangeLimit,
    IssueCard, Operation, PayBill, Payment, Refund, RefundRefusal, SetCardStatus, Void,
    VoidRefusal,
};
use crate::ports::Surroundings;
use crate::routing::ShardLink;
use crate::shards::KeyHomes;
use crate::shell::ledger_mail::{
    AbandonKey, AuthorizePayment, CapturePayment, ChangeCardLimit, ChangeCardStatus, FindCard,
    FindPayment, IssueNewCard, ListCards, PayCardBill, PaymentItem, RefundPayment, VoidPayment,
};
use crate::shell::reply::{AnswerTo as _, NumberedReply};
use crate::vault::Vault;

/// The Bank, from any thread and runtime. Cheap to clone.
///
/// Every answer is durable: it survives a power cut at the moment it is given.
#[derive(Clone)]
pub struct BankHandle {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) count: ShardCount,
    /// One for each, in order.
    pub(crate) shards: Vec<ShardLink>,
    /// Absent where there is one shard.
    pub(crate) homes: Option<Arc<KeyHomes>>,
    pub(crate) vault: Vault,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// Admission: whoever finds no permit is told at once, and no queue grows.
    pub(crate) permits: Arc<Semaphore>,
}

impl BankHandle {
    pub(crate) fn new(inner: Inner) -> BankHandle {
        BankHandle { inner: Arc::new(inner) }
    }

    /// Authorizes, and captures when asked to. A decline is an answer. Repeating a request with
    /// its key gives the first answer; after [`BankError::UnknownOutcome`] it is what to do.
    pub async fn authorize(&self, request: PaymentRequest) -> Result<PaymentAnswer, PaymentError> {
        let trace = request.trace;
        let command = self.tokenize(request);
        let own = self.inner.count.of_card(&command.card.token);
        let home = self.home(own, &command).await?;
        self.ask(home, |reply| AuthorizePayment { command, trace, reply }).await
    }

    /// Authorizes many payments at once, as if each had been asked for alone: what is wrong with
    /// one says nothing of the others. Every request gets one answer, with its id, as soon as it
    /// is durable and in no order.
    pub fn authorize_many(&self, requests: Vec<NumberedRequest>, answers: &Answers) {
        let mut batches: Vec<Vec<PaymentItem>> = Vec::new();
        batches.resize_with(self.inner.shards.len(), Vec::new);
        for NumberedRequest { id, request, deadline } in requests {
            let reply = NumberedReply::new(id, deadline, answers.clone());
            let Ok(permit) = Arc::clone(&self.inner.permits).try_acquire_owned() else {
                reply.send(Err(BankError::Overloaded));
                continue;
            };
            let trace = request.trace;
            let command = self.tokenize(request);
            let own = self.inner.count.of_card(&command.card.token);
            let reply = reply.admitted(permit, self.shard(own).in_flight.enter());
            match self.is_home(own, &command) {
                Err(error) => reply.send(Err(error)),
                Ok(true) if self.is_full_at(own) => reply.send(Err(BankError::StorageFull)),
                Ok(true) => {
                    batches[usize::from(own.number())].push(PaymentItem { command, trace, reply });
                }
                // Another shard has to be asked first.
                Ok(false) => {
                    let bank = self.clone();
                    tokio::spawn(async move {
                        let answer = match bank.home(own, &command).await {
                            Ok(home) => {
                                let ask = |reply| AuthorizePayment { command, trace, reply };
                                bank.ask(home, ask).await
                            }
                            Err(error) => Err(error),
                        };
                        reply.send(answer);
                    });
                }
            }
        }
        for (shard, items) in self.inner.shards.iter().zip(batches) {
            shard.authorize(items);
        }
    }

    /// Charges an authorized payment, once, wholly or in part; the rest is released with it. Safe
    /// to repeat with the same key.
    pub async fn capture(
        &self,
        request: OperationRequest,
        amount: Money,
    ) -> Result<OperationAnswer<CaptureRefusal>, CaptureFailure> {
        let trace = request.trace;
        let own = self.of_payment(request.payment);
        let command =
            Capture { operation: self.operation("capture", request, Some(amount)), amount };
        let home = self.home(own, &command).await?;
        self.ask(home, |reply| CapturePayment { command, trace, reply }).await
    }

    /// Releases the hold of an authorized payment. Safe to repeat with the same key.
    pub async fn void(
        &self,
        request: OperationRequest,
    ) -> Result<OperationAnswer<VoidRefusal>, VoidFailure> {
        let trace = request.trace;
        let own = self.of_payment(request.payment);
        let command = Void { operation: self.operation("void", request, None) };
        let home = self.home(own, &command).await?;
        self.ask(home, |reply| VoidPayment { command, trace, reply }).await
    }

    /// Returns what was captured, wholly or in part, as often as something is left. Safe to
    /// repeat with the same key; another key is another refund.
    pub async fn refund(
        &self,
        request: OperationRequest,
        amount: Money,
    ) -> Result<OperationAnswer<RefundRefusal>, RefundFailure> {
        let trace = request.trace;
        let own = self.of_payment(request.payment);
        let command = Refund { operation: self.operation("refund", request, Some(amount)), amount };
        let home = self.home(own, &command).await?;
        self.ask(home, |reply| RefundPayment { command, trace, reply }).await
    }

    /// Closes a key of unknown fate: the answer it got, or a decline from now on.
    pub async fn abandon(
        &self,
        merchant: MerchantId,
        key: IdempotencyKey,
        trace: Option<TraceContext>,
    ) -> Result<PaymentAnswer, AbandonError> {
        let command = Abandon { merchant, key };
        let own = self.home_of_key(Some(&command.merchant), &command.key);
        let home = self.home(own, &command).await?;
        self.ask(home, |reply| AbandonKey { command, trace, reply }).await
    }

    /// A payment of this merchant.
    pub async fn find_payment(
        &self,
        merchant: MerchantId,
        query: PaymentQuery,
    ) -> Result<Option<Payment>, QueryError> {
        let shard = match &query {
            PaymentQuery::Id(id) => self.of_payment(*id),
            PaymentQuery::Key(key) => self.home_of_key(Some(&merchant), key),
        };
        self.ask(shard, |reply| FindPayment { merchant, query, reply }).await
    }

    /// What stands for a card's number.
    pub(crate) fn token(&self, number: &CardNumber) -> CardToken {
        self.inner.vault.token(number)
    }

    /// Issues a card.
    pub async fn issue_card(&self, request: CardRequest) -> Result<CardAccount, CardError> {
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
        let shard = self.open_shard_of(&command.token)?;
        self.ask(shard, |reply| IssueNewCard { command, reply }).await
    }

    /// Blocks, unblocks or cancels a card.
    pub async fn set_card_status(
        &self,
        request: StatusRequest,
    ) -> Result<CardAccount, StatusError> {
        let command = SetCardStatus { token: request.token, status: request.status };
        let shard = self.open_shard_of(&command.token)?;
        self.ask(shard, |reply| ChangeCardStatus { command, reply }).await
    }

    /// Gives a card another limit.
    pub async fn set_card_limit(&self, request: LimitRequest) -> Result<CardAccount, LimitError> {
        let command = ChangeLimit { token: request.token, limit: request.limit };
        let shard = self.open_shard_of(&command.token)?;
        self.ask(shard, |reply| ChangeCardLimit { command, reply }).await
    }

    /// Books what a cardholder pays toward a bill. A refusal is an answer. Safe to repeat with the
    /// same key, after any time.
    pub async fn pay_bill(&self, request: BillRequest) -> Result<BillAnswer, BillFailure> {
        let BillRequest { key, token, amount, trace } = request;
        let own = self.open_shard_of(&token)?;
        let command = PayBill { key, token, amount };
        let home = self.home(own, &command).await?;
        self.ask(home, |reply| PayCardBill { command, trace, reply }).await
    }

    /// A card.
    pub async fn find_card(&self, token: CardToken) -> Result<Option<CardAccount>, QueryError> {
        let shard = self.inner.count.of_card(&token);
        self.ask(shard, |reply| FindCard { token, reply }).await
    }

    /// At most `limit` cards after `after`, by token.
    pub async fn list_cards(
        &self,
        after: Option<CardToken>,
        limit: usize,
    ) -> Result<Vec<CardAccount>, QueryError> {
        let mut cards = Vec::new();
        for shard in self.inner.count.shards() {
            let after = after.clone();
            cards.extend(self.ask(shard, |reply| ListCards { after, limit, reply }).await?);
        }
        cards.sort_unstable_by(|a, b| a.token.cmp(&b.token));
        cards.truncate(limit);
        Ok(cards)
    }

    /// How many shards there are.
    pub fn shards(&self) -> ShardCount {
        self.inner.count
    }

    /// The committed events of the first shard, which most Banks have alone.
    pub fn feed(&self) -> &Feed {
        &self.shard(Shard::FIRST).feed
    }

    /// The committed events of a shard, if there is one of this number.
    pub fn feed_of(&self, shard: Shard) -> Option<&Feed> {
        self.inner.shards.get(usize::from(shard.number())).map(|shard| &shard.feed)
    }

    /// How many events are durable, in all shards.
    pub fn n_committed(&self) -> u64 {
        self.inner.shards.iter().map(|shard| shard.feed.n_committed()).sum()
    }

    /// How many of them the broker has acknowledged; absent without a broker.
    pub fn n_delivered(&self) -> Option<u64> {
        let delivered = self.inner.shards.iter().map(|shard| shard.delivered.as_ref());
        delivered.map(|it| it.map(|it| Shard::in_journal(it.load(Ordering::Relaxed)))).sum()
    }

    /// Requests in progress.
    pub fn in_flight(&self) -> usize {
        self.inner.shards.iter().map(|shard| shard.in_flight.count()).sum()
    }

    /// Whether payments are refused because a disk is full.
    pub fn is_full(&self) -> bool {
        self.inner.count.shards().any(|shard| self.is_full_at(shard))
    }

    /// Whether payments are accepted now, and if not, why.
    pub fn readiness(&self) -> Result<(), &'static str> {
        if self.inner.shards.iter().any(|shard| !shard.is_ready()) {
            return Err("the ledger is being loaded from the journal");
        }
        if self.is_full() { Err("the disk of the journal is full") } else { Ok(()) }
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
}
