//! What is known about one order.

use std::rc::Rc;

use bancada_proto::web::Order;
use bancada_ui_kit::api::ApiError;
use bancada_ui_kit::backoff;
use yew::Reducible;

use crate::order_status::{is_settled, may_change};

/// A lost request may still be on its way to the server, so "not found" is believed only after
/// this many answers in a row: with the backoff, about seven seconds.
const NOT_FOUND_ANSWERS: u32 = 5;

/// How often an order is asked about that was paid: it may be returned while its receipt is open.
const SETTLED_EVERY_MS: u32 = 15_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) order: Option<Order>,
    /// Why the last question went unanswered.
    pub(crate) error: Option<ApiError>,
    /// Questions asked; each one asked starts the next.
    pub(crate) questions: u32,
    /// The last answer was of this kind,
    last: Option<Kind>,
    /// so many times in a row.
    in_a_row: u32,
}

/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Found,
    NotFound,
    Failed,
}

#[derive(Clone, Debug)]
pub(crate) enum ReceiptAction {
    Answered(Result<Order, ApiError>),
}

impl Receipt {
    /// Begins with what the pay page already knows, if it does.
    pub(crate) fn beginning_with(order: Option<Order>) -> Receipt {
        Receipt { order, ..Receipt::default() }
    }

    /// Nobody placed this order.
    pub(crate) fn never_placed(&self) -> bool {
        self.order.is_none() && self.not_found_in_a_row() >= NOT_FOUND_ANSWERS
    }

    /// The server does not know the order, but might yet.
    pub(crate) fn looking(&self) -> bool {
        self.order.is_none() && self.not_found_in_a_row() > 0 && !self.never_placed()
    }

    fn not_found_in_a_row(&self) -> u32 {
        if self.last == Some(Kind::NotFound) { self.in_a_row } else { 0 }
    }

    /// Nobody will learn how it ended, by asking this shop: the Bank may have forgotten, or the
    /// order is damaged. The browser must not wait for it for ever.
    pub(crate) fn is_given_up(&self) -> bool {
        let is_unreadable =
            self.error.as_ref().and_then(ApiError::code) == Some("order_unreadable");
        is_unreadable || self.order.as_ref().is_some_and(|order| order.is_given_up)
    }

    pub(crate) fn settled_order(&self) -> Option<&Order> {
        self.order.as_ref().filter(|order| is_settled(order.status))
    }

    /// When to ask (again); `None` when there is nothing left to learn.
    pub(crate) fn next_question_ms(&self) -> Option<u32> {
        if let Some(order) = self.settled_order() {
            return may_change(order.status).then_some(SETTLED_EVERY_MS);
        }
        if self.never_placed() {
            return None;
        }
        if self.is_given_up() {
            return Some(SETTLED_EVERY_MS);
        }
        if self.questions == 0 && self.order.is_none() {
            return Some(0);
        }
        // Each kind of answer has its own waits: who found no connection for a minute must not wait
        // for each "not found" as long as for that.
        Some(backoff::delay_ms(self.in_a_row.saturating_sub(1)))
    }
}

impl Reducible for Receipt {
    type Action = ReceiptAction;

    fn reduce(mut self: Rc<Self>, action: ReceiptAction) -> Rc<Self> {
        let state = Rc::make_mut(&mut self);
        let ReceiptAction::Answered(answer) = action;
        state.questions += 1;
        let kind = match answer {
            Ok(order) => {
                state.order = Some(order);
                state.error = None;
                Kind::Found
            }
            Err(error) if error.is_not_found() => {
                state.error = None;
                Kind::NotFound
            }
            Err(error) => {
                state.error = Some(error);
                Kind::Failed
            }
        };
        state.in_a_row = if state.last == Some(kind) { state.in_a_row + 1 } else { 1 };
        state.last = Some(kind);
        self
    }
}

#[cfg(test)]
mod tests {
    use bancada_proto::problem::Problem;
    use bancada_proto::web::{MaskedCard, Money, OrderStatus};

    use super::*;

    fn order(status: OrderStatus) -> Result<Order, ApiError> {
        Ok(Order {
            id: "key".into(),
            status,
            items: Vec::new(),
            total: Money { amount_minor: 1, currency: "BRL".into() },
            card: MaskedCard { brand: "visa".into(), masked: "************4242".into() },
            installments: 1,
            payment_id: None,
            card_token: None,
            decline: None,
            refunded: None,
            is_given_up: false,
            placed_at_ms: 0,
            updated_at_ms: 0,
        })
    }

    fn not_found() -> Result<Order, ApiError> {
        Err(ApiError::Problem(Box::new(Problem {
            kind: String::new(),
            title: String::new(),
            status: 404,
            detail: String::new(),
            code: "order_not_found".into(),
            texts: None,
            field: None,
            trace_id: None,
        })))
    }

    fn after(answers: Vec<Result<Order, ApiError>>) -> Rc<Receipt> {
        let start = Rc::new(Receipt::default());
        answers.into_iter().map(ReceiptAction::Answered).fold(start, Receipt::reduce)
    }

    #[test]
    fn it_asks_with_backoff_until_the_order_is_settled() {
        assert_eq!(after(vec![]).next_question_ms(), Some(0));
        assert_eq!(after(vec![order(OrderStatus::Paying)]).next_question_ms(), Some(500));
        let unknown = vec![order(OrderStatus::Unknown); 3];
        assert_eq!(after(unknown).next_question_ms(), Some(2_000));
        assert_eq!(after(vec![order(OrderStatus::Paid)]).next_question_ms(), Some(15_000));
        for settled in [OrderStatus::Declined, OrderStatus::Cancelled, OrderStatus::Refunded] {
            assert_eq!(after(vec![order(settled)]).next_question_ms(), None, "{settled:?}");
        }
    }

    #[test]
    fn a_failure_keeps_what_was_known_and_asks_on() {
        let receipt = after(vec![order(OrderStatus::Unknown), Err(ApiError::Network)]);
        assert!(receipt.order.is_some());
        assert_eq!(receipt.error, Some(ApiError::Network));
        assert_eq!(receipt.next_question_ms(), Some(500));
    }

    #[test]
    fn an_order_that_nobody_asks_about_any_more_is_given_up() {
        let given_up = order(OrderStatus::Unknown).map(|it| Order { is_given_up: true, ..it });
        let receipt = after(vec![order(OrderStatus::Unknown), given_up]);
        assert!(receipt.is_given_up() && receipt.settled_order().is_none());
        assert_eq!(receipt.next_question_ms(), Some(15_000));
        let Err(ApiError::Problem(problem)) = not_found() else { panic!("a problem") };
        let damaged = Problem { status: 503, code: "order_unreadable".into(), ..*problem };
        let damaged = Err(ApiError::Problem(Box::new(damaged)));
        assert!(after(vec![damaged.clone()]).is_given_up());
        assert!(!after(vec![damaged, order(OrderStatus::Paid)]).is_given_up(), "it was mended");
        assert!(!after(vec![order(OrderStatus::Unknown)]).is_given_up());
    }

    #[test]
    fn never_placed_is_said_only_after_several_answers_in_a_row() {
        let once = after(vec![not_found()]);
        assert!(once.looking() && !once.never_placed());
        assert_eq!(once.next_question_ms(), Some(500));
        let mut broken = vec![not_found(); 4];
        broken.extend([Err(ApiError::Timeout), not_found()]);
        assert!(!after(broken).never_placed());
        let certain = after(vec![not_found(); 5]);
        assert!(certain.never_placed() && !certain.looking());
        assert_eq!(certain.next_question_ms(), None);
        // However long there was no connection before.
        let mut answers = vec![Err(ApiError::Network); 30];
        let mut waits_ms = 0;
        for _ in 0..5 {
            answers.push(not_found());
            waits_ms += after(answers.clone()).next_question_ms().unwrap_or(0);
        }
        assert!(after(answers).never_placed());
        assert_eq!(waits_ms, 7_500, "the seven seconds of its comment");
        let late = after(vec![not_found(), order(OrderStatus::Paid)]);
        assert!(!late.never_placed() && late.settled_order().is_some());
    }
}
