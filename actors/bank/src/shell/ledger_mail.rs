//! What the ledger is asked.

use actix::Message;
use bancada_kernel::{CardToken, IdempotencyKey, MerchantId, Shard, TraceContext};
use tokio::sync::oneshot;

use crate::answer::{BankError, BillAnswer, OperationAnswer, PaymentAnswer, PaymentQuery};
use crate::ledger::{
    Abandon, Authorize, AuthorizeError, Capture, CaptureError, CaptureRefusal, CardAccount,
    ChangeLimit, ChangeLimitError, IssueCard, IssueCardError, KeyReused, PayBill, PayBillError,
    Payment, Refund, RefundError, RefundRefusal, SetCardStatus, SetCardStatusError, Void,
    VoidError, VoidRefusal,
};
use crate::shell::reply::NumberedReply;

/// Where the answer to a message goes, once it is durable.
pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, BankError<E>>>;

/// One of many payments.
pub(crate) struct PaymentItem {
    pub(crate) command: Authorize,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) reply: NumberedReply,
}

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
        reply: Reply<PaymentAnswer, AuthorizeError>,
    }
    /// Decide about payments, one after the other.
    AuthorizePayments { items: Vec<PaymentItem> }
    /// Charge what is held.
    CapturePayment {
        command: Capture,
        trace: Option<TraceContext>,
        reply: Reply<OperationAnswer<CaptureRefusal>, CaptureError>,
    }
    /// Release what is held.
    VoidPayment {
        command: Void,
        trace: Option<TraceContext>,
        reply: Reply<OperationAnswer<VoidRefusal>, VoidError>,
    }
    /// Return what was charged.
    RefundPayment {
        command: Refund,
        trace: Option<TraceContext>,
        reply: Reply<OperationAnswer<RefundRefusal>, RefundError>,
    }
    /// Close a key.
    AbandonKey {
        command: Abandon,
        trace: Option<TraceContext>,
        reply: Reply<PaymentAnswer, KeyReused>,
    }
    /// Give a key to another ledger, unless it is answered here; whether it was given.
    YieldKey {
        owner: Option<MerchantId>,
        key: IdempotencyKey,
        to: Shard,
        reply: Reply<bool, std::convert::Infallible>,
    }
    /// Issue a card.
    IssueNewCard { command: IssueCard, reply: Reply<CardAccount, IssueCardError> }
    /// Block, unblock or cancel a card.
    ChangeCardStatus { command: SetCardStatus, reply: Reply<CardAccount, SetCardStatusError> }
    /// Change a card's limit.
    ChangeCardLimit { command: ChangeLimit, reply: Reply<CardAccount, ChangeLimitError> }
    /// Book a cardholder's payment.
    PayCardBill {
        command: PayBill,
        trace: Option<TraceContext>,
        reply: Reply<BillAnswer, PayBillError>,
    }
    /// Find a payment of a merchant.
    FindPayment {
        merchant: MerchantId,
        query: PaymentQuery,
        reply: Reply<Option<Payment>, std::convert::Infallible>,
    }
    /// Find a card.
    FindCard {
        token: CardToken,
        reply: Reply<Option<CardAccount>, std::convert::Infallible>,
    }
    /// A page of cards, by token.
    ListCards {
        after: Option<CardToken>,
        limit: usize,
        reply: Reply<Vec<CardAccount>, std::convert::Infallible>,
    }
    /// What was decided did not become durable: forget it.
    Reload {}
}
