//! A Bank that keeps its promise (one effect per key) and fails as it is told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bancada_kernel::{
    CardToken, DeclineReason, IdempotencyKey, MerchantId, Money, OrderId, PaymentId,
};
use uuid::Uuid;

use super::memory::Disk;
use crate::ports::{Bank, BankAnswer, BankCallError, BankRequest, Outcome};

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    /// It is executed and answered.
    Answered,
    /// It is executed, and the answer is lost.
    AnswerLost,
    /// It is executed, and no answer ever comes.
    Hangs,
    /// It never arrives.
    NotSent,
    /// It makes no sense to the Bank.
    Refused,
    /// The client panics.
    Panics,
}

#[derive(Clone)]
pub(super) struct ScriptedBank {
    state: Arc<Mutex<State>>,
    disk: Disk,
}

struct State {
    /// Fates of the next calls; when there are none, `otherwise` holds.
    script: VecDeque<Fate>,
    otherwise: Fate,
    answers: HashMap<IdempotencyKey, BankAnswer>,
    calls: Vec<String>,
    declines: bool,
}

impl ScriptedBank {
    /// A Bank that looks at the shop's disk whenever it is asked to charge.
    pub(super) fn new(disk: &Disk) -> ScriptedBank {
        let state = State {
            script: VecDeque::new(),
            otherwise: Fate::Answered,
            answers: HashMap::new(),
            calls: Vec::new(),
            declines: false,
        };
        ScriptedBank { state: Arc::new(Mutex::new(state)), disk: disk.clone() }
    }

    pub(super) fn script(&self, fates: &[Fate]) {
        self.state.lock().unwrap().script.extend(fates);
    }

    pub(super) fn otherwise(&self, fate: Fate) {
        self.state.lock().unwrap().otherwise = fate;
    }

    pub(super) fn decline_all(&self) {
        self.state.lock().unwrap().declines = true;
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.clone()
    }

    /// The payment of an order that was answered, whether or not the answer has arrived.
    pub(super) fn payment_of(&self, order: OrderId) -> PaymentId {
        let key = IdempotencyKey::parse(&order.to_string()).unwrap();
        self.state.lock().unwrap().answers[&key].payment
    }

    pub(super) fn n_charges(&self) -> usize {
        let state = self.state.lock().unwrap();
        state.answers.values().filter(|answer| answer.outcome == Outcome::Approved).count()
    }

    /// Notes the call and what becomes of it.
    fn arrive(&self, call: &str) -> Fate {
        let mut state = self.state.lock().unwrap();
        state.calls.push(call.to_owned());
        let otherwise = state.otherwise;
        state.script.pop_front().unwrap_or(otherwise)
    }

    async fn execute<T>(
        &self,
        call: &str,
        effect: impl FnOnce(&mut State) -> T,
    ) -> Result<T, BankCallError> {
        match self.arrive(call) {
            Fate::Answered => Ok(effect(&mut self.state.lock().unwrap())),
            Fate::AnswerLost => {
                effect(&mut self.state.lock().unwrap());
                Err(BankCallError::Unknown("the connection broke".to_owned()))
            }
            Fate::Hangs => {
                effect(&mut self.state.lock().unwrap());
                std::future::pending().await
            }
            Fate::NotSent => Err(BankCallError::NotSent("connection refused".to_owned())),
            Fate::Refused => Err(BankCallError::Refused {
                code: "nonsense".to_owned(),
                message: "the request makes no sense".to_owned(),
            }),
            Fate::Panics => panic!("told to panic"),
        }
    }
}

fn answer(n: usize, outcome: Outcome, amount: Money) -> BankAnswer {
    let payment = PaymentId::new(Uuid::from_u128(1_000 + n as u128));
    let card_token = Some(CardToken::parse("card_1").unwrap());
    BankAnswer { payment, card_token, outcome, amount }
}

#[async_trait]
impl Bank for ScriptedBank {
    async fn authorize(&self, request: BankRequest) -> Result<BankAnswer, BankCallError> {
        let durable = self.disk.order(request.order_id);
        assert!(durable.is_some(), "the order is durable before the Bank hears of it");
        assert!(request.capture && request.key.as_str() == request.order_id.to_string());
        self.execute("authorize", |state| {
            let n = state.answers.len();
            let outcome = if state.declines {
                Outcome::Declined(DeclineReason::InsufficientFunds)
            } else {
                Outcome::Approved
            };
            let fresh = || answer(n, outcome, request.amount);
            state.answers.entry(request.key).or_insert_with(fresh).clone()
        })
        .await
    }

    async fn find(
        &self,
        _: &MerchantId,
        key: &IdempotencyKey,
    ) -> Result<Option<BankAnswer>, BankCallError> {
        self.execute("find", |state| state.answers.get(key).cloned()).await
    }

    async fn abandon(
        &self,
        _: &MerchantId,
        key: &IdempotencyKey,
    ) -> Result<BankAnswer, BankCallError> {
        self.execute("abandon", |state| {
            let n = state.answers.len();
            let closed = || {
                let outcome = Outcome::Declined(DeclineReason::Abandoned);
                BankAnswer { card_token: None, ..answer(n, outcome, Money::brl(0)) }
            };
            state.answers.entry(key.clone()).or_insert_with(closed).clone()
        })
        .await
    }
}
