//! Goal: whatever merchants, cardholders and time do to payments, in whatever order and however
//! often, L1 to L6 hold. Method: random steps over few cards, merchants and keys, so that they
//! meet; the requests are remembered here as well, and every repetition is held against the
//! first answer for as long as answers are kept. Half of the time the ledger is put together anew
//! from its parts at some step, and the rest of the life must go on as if it were not.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bancada_kernel::limits::{MAX_AMOUNT_MINOR, MAX_LIMIT_MINOR};
use bancada_kernel::{
    CardStatus, CardToken, Currency, IdempotencyKey, MerchantId, Money, PaymentId,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::Bench;
use super::{
    ANSWERS_KEPT_MS, Abandon, Answered, Authorize, BodyHash, Capture, ChangeLimit, Decision,
    HOLD_MS, Ledger, Operation, PayBill, PaymentStatus, Refund, SetCardStatus, Void, check,
};

const HOLD: u64 = HOLD_MS.unsigned_abs();
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a merchant asks for; of the n-th approved payment, the newest first, until it is looked up.
#[derive(Clone, Copy, Debug, Hash)]
enum Asked<Payment> {
    Authorize { card: u8, minor: i64, capture: bool, installments: u8 },
    Capture { payment: Payment, minor: i64 },
    Void { payment: Payment },
    Refund { payment: Payment, minor: i64 },
    Abandon,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Usually it is the payment's own merchant that asks about it.
    Ask {
        merchant: u8,
        is_own: bool,
        key: u8,
        asked: Asked<usize>,
    },
    /// The n-th request of all again, to the letter.
    Repeat(usize),
    Limit {
        card: u8,
        minor: i64,
    },
    Status {
        card: u8,
        status: CardStatus,
    },
    Bill {
        card: u8,
        key: u8,
        minor: i64,
    },
    Wait {
        ms: u64,
    },
    Jump {
        ms: i64,
    },
    Expire,
}

/// As little and as much as can be, and beyond.
fn any_end() -> impl Strategy<Value = i64> {
    proptest::sample::select(vec![
        i64::MIN,
        -1,
        0,
        MAX_AMOUNT_MINOR,
        MAX_AMOUNT_MINOR + 1,
        MAX_LIMIT_MINOR,
        MAX_LIMIT_MINOR + 1,
        i64::MAX,
    ])
}

fn any_asked() -> impl Strategy<Value = Asked<usize>> {
    let payment = || 0_usize..8;
    let minor = || prop_oneof![12 => 1_i64..200, 2 => 200_i64..1_200, 1 => any_end()];
    let card = prop_oneof![6 => 0_u8..1, 4 => 1_u8..2, 1 => 2_u8..3];
    let installments = prop_oneof![9 => Just(1_u8), 2 => 0_u8..15];
    prop_oneof![
        10 => (card, minor(), any::<bool>(), installments).prop_map(
            |(card, minor, capture, installments)| Asked::Authorize {
                card, minor, capture, installments
            }
        ),
        6 => (payment(), minor()).prop_map(|(payment, minor)| Asked::Capture { payment, minor }),
        3 => payment().prop_map(|payment| Asked::Void { payment }),
        8 => (payment(), minor()).prop_map(|(payment, minor)| Asked::Refund { payment, minor }),
        1 => Just(Asked::Abandon),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![
        16 => Just(CardStatus::Active),
        3 => Just(CardStatus::Blocked),
        1 => Just(CardStatus::Cancelled),
    ];
    prop_oneof![
        24 => (0_u8..2, 0_u8..8, 0_u8..60, any_asked()).prop_map(
            |(merchant, other, key, asked)| Step::Ask { merchant, is_own: other > 0, key, asked }
        ),
        6 => (0_usize..40).prop_map(Step::Repeat),
        1 => (0_u8..2, prop_oneof![3 => 0_i64..3000, 2 => any_end()])
            .prop_map(|(card, minor)| Step::Limit { card, minor }),
        1 => (0_u8..2, status).prop_map(|(card, status)| Step::Status { card, status }),
        2 => (0_u8..3, 0_u8..6, prop_oneof![3 => 1_i64..300, 2 => any_end()])
            .prop_map(|(card, key, minor)| Step::Bill { card, key, minor }),
        // A moment, the end of a hold, and that of an answer.
        2 => proptest::sample::select(vec![1, HOLD / 2, HOLD, ANSWERS_KEPT_MS])
            .prop_map(|ms| Step::Wait { ms }),
        // A wall clock that is set, also to before 1970, whatever runs.
        1 => proptest::sample::select(vec![-1_000, 9 * DAY_MS, -9 * DAY_MS, -60 * 365 * DAY_MS])
            .prop_map(|ms| Step::Jump { ms }),
        2 => Just(Step::Expire),
    ]
}

fn token(card: u8) -> CardToken {
    CardToken::parse(["tok", "tok2", "stranger"][usize::from(card % 3)]).unwrap()
}

type Scope = (MerchantId, IdempotencyKey);

struct Life {
    bench: Bench,
    requests: Vec<(Scope, Asked<PaymentId>)>,
    /// What each key was asked for first, what the answer was, and by when it may be forgotten.
    answers: HashMap<Scope, (Option<BodyHash>, Answered, u64)>,
}

impl Life {
    fn new() -> Life {
        let mut bench = Bench::with_card(1_000);
        let second = Bench::new_card("tok2", 500).decide(&bench.ledger, bench.stamp());
        bench.apply(second.unwrap());
        Life { bench, requests: Vec::new(), answers: HashMap::new() }
    }

    fn go(&mut self, step: Step) {
        match step {
            Step::Ask { merchant, is_own, key, asked } => {
                let asked = self.look_up(asked);
                let of = match asked {
                    Asked::Capture { payment, .. }
                    | Asked::Void { payment }
                    | Asked::Refund { payment, .. } => self.bench.ledger.payment(payment),
                    Asked::Authorize { .. } | Asked::Abandon => None,
                };
                let merchant = match of.filter(|_| is_own) {
                    Some(payment) => payment.merchant.clone(),
                    None => MerchantId::parse(&format!("loja{merchant}")).unwrap(),
                };
                let key = IdempotencyKey::parse(&format!("k{key}")).unwrap();
                self.requests.push(((merchant.clone(), key.clone()), asked));
                self.ask((merchant, key), asked);
            }
            Step::Repeat(n) => {
                if let Some((scope, asked)) = self.requests.get(n).cloned() {
                    self.ask(scope, asked);
                }
            }
            Step::Limit { card, minor } => {
                let command = ChangeLimit { token: token(card), limit: Money::brl(minor) };
                let entry = command.decide(&self.bench.ledger, self.bench.stamp());
                entry.ok().flatten().into_iter().for_each(|entry| self.bench.apply(entry));
            }
            Step::Status { card, status } => {
                let command = SetCardStatus { token: token(card), status };
                let entry = command.decide(&self.bench.ledger, self.bench.stamp());
                entry.ok().flatten().into_iter().for_each(|entry| self.bench.apply(entry));
            }
            Step::Bill { card, key, minor } => self.pay_bill(card, key, minor),
            Step::Wait { ms } => self.bench.run(ms),
            Step::Jump { ms } => self.bench.now += ms,
            Step::Expire => {
                self.bench.expire();
                let now = self.bench.now;
                let is_over = |end: i64| end <= now;
                let forgotten = self.bench.ledger.payments().any(|payment| {
                    payment.status == PaymentStatus::Authorized && is_over(payment.hold_ends_at().0)
                });
                assert!(!forgotten, "every hold that is due was released");
            }
        }
    }

    fn pay_bill(&mut self, card: u8, key: u8, minor: i64) {
        let key = IdempotencyKey::parse(&format!("bill{key}")).unwrap();
        let command = PayBill { key, token: token(card), amount: Money::brl(minor) };
        let known = self.bench.ledger.bill_payment(&command.key).cloned();
        let n_entries = self.bench.entries.len();
        match self.bench.pay_bill(&command) {
            Ok(payment) => {
                assert_eq!((&payment.token, payment.amount), (&command.token, command.amount));
                assert_eq!(known.is_none(), self.bench.entries.len() == n_entries + 1);
                assert!(known.is_none_or(|known| known == payment), "a key has one answer");
            }
            Err(_) => assert_eq!(self.bench.entries.len(), n_entries),
        }
    }

    /// Finds the payments: the n-th that was approved, or one that nobody has.
    fn look_up(&self, asked: Asked<usize>) -> Asked<PaymentId> {
        let payments = self.bench.ledger.payments();
        let approved = payments.filter(|payment| payment.status.decline().is_none());
        let mut ids: Vec<_> = approved.map(|payment| payment.id).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let find = |n: usize| ids.get(n).copied().unwrap_or(PaymentId::new(Uuid::from_u128(7)));
        match asked {
            Asked::Authorize { card, minor, capture, installments } => {
                Asked::Authorize { card, minor, capture, installments }
            }
            Asked::Capture { payment, minor } => Asked::Capture { payment: find(payment), minor },
            Asked::Void { payment } => Asked::Void { payment: find(payment) },
            Asked::Refund { payment, minor } => Asked::Refund { payment: find(payment), minor },
            Asked::Abandon => Asked::Abandon,
        }
    }

    fn ask(&mut self, scope: Scope, asked: Asked<PaymentId>) {
        let (merchant, key) = scope.clone();
        let mut hasher = DefaultHasher::new();
        asked.hash(&mut hasher);
        let mut body = BodyHash([0; 16]);
        body.0[..8].copy_from_slice(&hasher.finish().to_le_bytes());
        let (ledger, stamp) = (&self.bench.ledger, self.bench.stamp());
        let operation =
            |payment| Operation { merchant: merchant.clone(), key: key.clone(), body, payment };
        let decision: Result<Decision, String> = match asked {
            Asked::Authorize { card, minor, capture, installments } => {
                let mut command =
                    Authorize { capture, installments, ..Bench::sale("unused", minor) };
                (command.merchant, command.key, command.body) =
                    (merchant.clone(), key.clone(), body);
                command.card.token = token(card);
                command.decide(ledger, stamp).map_err(|error| error.to_string())
            }
            Asked::Capture { payment, minor } => {
                Capture { operation: operation(payment), amount: Money::brl(minor) }
                    .decide(ledger, stamp)
                    .map_err(|error| error.to_string())
            }
            Asked::Void { payment } => Void { operation: operation(payment) }
                .decide(ledger, stamp)
                .map_err(|error| error.to_string()),
            Asked::Refund { payment, minor } => {
                Refund { operation: operation(payment), amount: Money::brl(minor) }
                    .decide(ledger, stamp)
                    .map_err(|error| error.to_string())
            }
            Asked::Abandon => {
                Abandon { merchant, key }.decide(ledger, stamp).map_err(|error| error.to_string())
            }
        };
        let body = (!matches!(asked, Asked::Abandon)).then_some(body);
        let position = self.bench.ledger.position();
        let before = self.bench.ledger.ran().0;
        match decision {
            Err(_) => {}
            Ok(decision) => {
                let is_new = matches!(decision, Decision::Record(_));
                let answer = self.bench.settle(decision);
                let ran = self.bench.ledger.ran().0;
                let given = (body, answer.clone(), ran + ANSWERS_KEPT_MS);
                let first = self.answers.entry(scope).or_insert_with(|| given.clone());
                if is_new && before >= first.2 {
                    *first = given;
                }
                assert_eq!(first.1, answer, "a key has one answer");
                assert_eq!(is_new, self.bench.ledger.position() == position + 1);
                return;
            }
        }
        if let Some((first, ..)) = self.answers.get(&scope).filter(|(.., end)| before < *end) {
            assert_ne!(*first, body, "a request that was answered is answered again");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_happens_to_payments_the_invariants_hold(
        steps in proptest::collection::vec(any_step(), 1..100),
        restored_at in 0_usize..200,
    ) {
        let mut life = Life::new();
        for (n, step) in steps.into_iter().enumerate() {
            if n == restored_at {
                let before = life.bench.ledger.clone();
                life.bench.restore();
                prop_assert_eq!(before.state_hash(), life.bench.ledger.state_hash());
                prop_assert_eq!(&before, &life.bench.ledger);
            }
            life.go(step);
            prop_assert_eq!(check(&life.bench.ledger, &life.bench.entries), []);
        }
        let mut replayed = Ledger::new(Currency::BRL);
        life.bench.entries.iter().for_each(|entry| replayed.apply(entry));
        prop_assert_eq!(replayed.state_hash(), life.bench.ledger.state_hash());
        prop_assert_eq!(replayed, life.bench.ledger);
    }
}
