//! Goal: an audit misses nothing. Method: a history in which all is well, and then one thing in
//! it, or in what a party knows of it, that is not; the verdict must count it as what it is.

mod copies;
mod fields;

use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, EventId, EventKind,
    MerchantId, Money, PaymentEvent, PaymentId, PaymentSnapshot, Timestamp, TraceContext,
};
use bancada_proto::web;
use serde_json::json;
use uuid::Uuid;

use crate::bank::shown::decline_to_cardholder;
use crate::bank::{BankView, Latest};
use crate::verdict::{Comparison, Outcome, Verdict};
use crate::{checkout, extrato, payers};
use bancada_load::{Answer, Paid};

const LIMIT: i64 = 10_000;
const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn payment(n: u128) -> PaymentId {
    PaymentId::new(Uuid::from_u128(n))
}

fn token() -> CardToken {
    CardToken::parse("card").unwrap()
}

/// The Bank's history: one card, with the payments 1 to 4.
struct History(Vec<PaymentEvent>);

impl History {
    /// A sale, a hold that is captured in part and refunded in part, a decline, and an order of
    /// the shop.
    fn new() -> History {
        let mut history = History(Vec::new());
        history.push(EventKind::CardIssued, 0, 0, "", (0, 0));
        history.push(EventKind::PaymentCaptured, 1, 500, "k1", (500, 0));
        history.push(EventKind::PaymentAuthorized, 2, 300, "k2", (500, 300));
        history.push(EventKind::PaymentCaptured, 2, 200, "k2", (700, 0));
        history.push(EventKind::PaymentRefunded, 2, 150, "k2", (550, 0));
        history.push(EventKind::PaymentDeclined, 3, 90_000, "k3", (550, 0));
        history.push(EventKind::PaymentCaptured, 4, 400, "o4", (950, 0));
        history.0[6].merchant_id = MerchantId::parse("loja").ok();
        history.0[6].description = "Café".to_owned();
        history
    }

    fn push(&mut self, kind: EventKind, n: u128, minor: i64, order: &str, after: (i64, i64)) {
        let position = self.0.len() as u64 + 1;
        let before = self.0.iter().rev().find(|event| event.transaction_id == payment(n));
        let before = before.and_then(|event| event.payment);
        let before = before.unwrap_or_else(|| PaymentSnapshot::new(minor, NOW));
        let moves = kind.word().starts_with("payment.");
        self.0.push(PaymentEvent {
            event_id: EventId::new(Uuid::from_u128(u128::from(position))),
            kind,
            position,
            transaction_id: payment(n),
            card: Some(EventCard {
                token: token(),
                sequence: position,
                masked_number: "************1000".to_owned(),
                brand: Brand::Visa,
                after: Some(CardSnapshot {
                    holder: "Ana Teste".to_owned(),
                    limit: Money::brl(LIMIT),
                    balance: Money::brl(after.0),
                    held: Money::brl(after.1),
                    status: CardStatus::Active,
                    closing_day: 5,
                    due_day: 15,
                }),
            }),
            amount: Money::brl(minor),
            payment: moves.then(|| before.after(kind, minor)),
            store: "Loja".to_owned(),
            description: String::new(),
            merchant_id: MerchantId::parse("load").ok(),
            order_id: order.to_owned(),
            decline: (kind == EventKind::PaymentDeclined)
                .then_some(DeclineReason::InsufficientFunds),
            installments: 1,
            occurred_at: NOW,
            trace: TraceContext::new(5, 6),
        });
    }

    /// Takes an event out as if it had never been.
    fn forget(&mut self, at: usize) {
        self.0.remove(at);
        for (event, position) in self.0.iter_mut().zip(1..) {
            event.position = position;
            event.card.as_mut().unwrap().sequence = position;
        }
    }

    fn view(&self) -> BankView {
        BankView::of(&self.0)
    }
}

/// What payers were told of payments 1 and 3.
fn log() -> Vec<Paid> {
    let paid = |key: &str, n, amount_minor, answer| Paid {
        key: key.to_owned(),
        merchant: "load".to_owned(),
        card: "************1000".to_owned(),
        amount_minor,
        sent_at_ms: 0,
        took_us: 0,
        attempts: 1,
        answer,
        payment_id: Some(payment(n).to_string()),
        reason: (answer == Answer::Declined).then(|| "insufficient_funds".to_owned()),
    };
    vec![paid("k1", 1, 500, Answer::Approved), paid("k3", 3, 90_000, Answer::Declined)]
}

/// The shop's one order, which is payment 4.
fn orders() -> Vec<web::Order> {
    vec![order("o4", "paid", 4)]
}

fn order(id: &str, status: &str, paid: u128) -> web::Order {
    let brl = |minor| json!({ "amount_minor": minor, "currency": "BRL" });
    let item = json!({
        "slug": "coffee", "name": { "pt_br": "Café", "en": "Coffee" }, "quantity": 2,
        "unit_price": brl(200), "total": brl(400),
    });
    let order = json!({
        "id": id, "status": status, "items": [item], "total": brl(400), "installments": 1,
        "card": { "brand": "visa", "masked": "************1000" }, "card_token": "card",
        "payment_id": payment(paid).to_string(), "placed_at_ms": 0, "updated_at_ms": 0,
    });
    serde_json::from_value(order).unwrap()
}

/// The statement that follows from the history.
fn statement() -> extrato::Lines {
    let brl = |minor| json!({ "amount_minor": minor, "currency": "BRL" });
    let card = json!({
        "token": "card", "card": { "brand": "visa", "masked": "************1000" },
        "holder": "Ana Teste", "status": "active", "limit": brl(LIMIT),
        "available": brl(LIMIT - 950), "balance": brl(950), "held": brl(0),
        "current_fatura": brl(950), "fatura_due": brl(950), "closing_day": 5, "due_day": 15,
    });
    let line = |(position, n, kind, minor): (u64, u128, &str, i64)| {
        let mut line = json!({
            "position": position, "transaction_id": payment(n).to_string(), "kind": kind,
            "store": "Loja", "description": if n == 4 { "Café" } else { "" },
            "amount": brl(minor), "installments": 1, "occurred_at_ms": NOW.0,
            "trace_id": "00000000000000000000000000000005",
        });
        // The only hold was captured.
        line["has_ended"] = json!(kind == "hold");
        if kind == "decline" {
            line["decline"] = json!(decline_to_cardholder(DeclineReason::InsufficientFunds));
        }
        serde_json::from_value(line).unwrap()
    };
    let lines = [
        (7, 4, "purchase", 400),
        (6, 3, "decline", 90_000),
        (5, 2, "refund", 150),
        (4, 2, "purchase", 200),
        (3, 2, "hold", 300),
        (2, 1, "purchase", 500),
    ];
    vec![(serde_json::from_value(card).unwrap(), lines.into_iter().map(line).collect())]
}

/// What everybody knows, to be changed.
struct Known {
    history: History,
    log: Vec<Paid>,
    orders: Vec<web::Order>,
    statement: extrato::Lines,
    /// How far the Bank is when the others were read.
    latest: u64,
}

/// Changes one thing; lost, duplicate, mismatch and overspent must be found so often, and one
/// of the examples must hold these words.
#[track_caller]
fn finds(change: impl FnOnce(&mut Known), counts: [u64; 4], words: &str) {
    let (history, log, orders) = (History::new(), log(), orders());
    let mut known = Known { history, log, orders, statement: statement(), latest: 99 };
    change(&mut known);
    let bank = known.history.view();
    let latest = Latest::of([known.latest]);
    let comparisons: Vec<Comparison> = vec![
        payers::compare(&known.log, &bank),
        checkout::compare(&known.orders, &bank),
        extrato::compare(&known.statement, &bank, &latest, NOW),
    ];
    let verdict = Verdict::new(&bank, comparisons);
    let found = serde_json::to_value(&verdict).unwrap();
    let number = |name: &str| found[name].as_u64().unwrap();
    let numbers = ["lost", "duplicate", "mismatch", "overspent"].map(number);
    assert_eq!(numbers, counts, "{found:#}");
    assert_eq!(verdict.outcome() == Outcome::Well, counts == [0; 4]);
    adds_up(&found);
    assert!(found.to_string().contains(words), "{words:?} is not in {found:#}");
}

/// The verdict counts what its lines count.
#[track_caller]
fn adds_up(found: &serde_json::Value) {
    let sum = |name| {
        found["comparisons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it[name].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(found["lost"], sum("missing"), "{found:#}");
    assert_eq!(found["duplicate"], sum("duplicate"), "{found:#}");
    let of_bank = found["bank_mismatch"].as_u64().unwrap();
    assert_eq!(found["mismatch"], sum("mismatch") + of_bank, "{found:#}");
}

#[test]
fn a_history_in_which_all_is_well_is_well() {
    finds(|_| {}, [0; 4], "payers");
    let unknown = |known: &mut Known| known.log[0].payment_id = None;
    finds(unknown, [0; 4], "payers");
}

/// Of a journal from before there were largest amounts.
#[test]
fn amounts_of_all_that_an_i64_holds_are_added_up() {
    let (all, half) = (i64::MAX, 5_000_000_000_000_000_000);
    let mut history = History::new();
    history.push(EventKind::BillPaid, 5, all, "b1", (950 - all, 0));
    history.push(EventKind::PaymentCaptured, 6, half, "k6", (950 - all + half, 0));
    for (n, token) in (7..).zip(["card_2", "card_3"]) {
        history.push(EventKind::PaymentCaptured, n, half, &format!("k{n}"), (half, 0));
        let card = history.0.last_mut().unwrap().card.as_mut().unwrap();
        (card.token, card.sequence) = (CardToken::parse(token).unwrap(), 1);
    }
    let bank = history.view();
    assert_eq!(bank.broken, Vec::<String>::new());
    assert_eq!(bank.owed_minor, 950 - i128::from(all) + 3 * i128::from(half));
    assert_eq!(bank.overspent.len(), 2, "what is beyond a limit is said, and nothing panics");
    let verdict =
        Verdict::new(&bank, vec![extrato::compare(&Vec::new(), &bank, &Latest::of([99]), NOW)]);
    assert!(serde_json::to_string(&verdict).is_ok());
}

#[test]
fn a_lost_acknowledgement_is_found() {
    // Of a payer: its payment, its line and its part of the balance are gone.
    let lose = |known: &mut Known| known.history.forget(5);
    finds(lose, [1, 0, 2, 0], "is not at the bank");
    finds(|known| drop(known.orders.pop()), [1, 0, 0, 0], "is not in the shop");
    let other = |known: &mut Known| known.orders[0].payment_id = Some(payment(9).to_string());
    finds(other, [1, 0, 1, 0], "its payment is not at the bank");
    finds(|known| drop(known.statement[0].1.remove(1)), [1, 0, 0, 0], "is on no statement");
}

#[test]
fn what_the_bank_lost_and_others_still_have_is_found() {
    let lose_the_end = |known: &mut Known| {
        known.history.0.pop();
        known.latest = 6;
    };
    // The order, the line, and what the card owes.
    finds(lose_the_end, [1, 0, 2, 0], "line 7 of");
    finds(lose_the_end, [1, 0, 2, 0], "is beyond the bank's last event");
}

#[test]
fn a_doubled_effect_is_found() {
    let charge_again = |order: &'static str, minor, merchant: &'static str| {
        move |known: &mut Known| {
            known.history.push(EventKind::PaymentCaptured, 5, minor, order, (950 + minor, 0));
            let event = known.history.0.last_mut().unwrap();
            event.merchant_id = MerchantId::parse(merchant).ok();
        }
    };
    // It is on no statement, and the card owes more than its statement says.
    finds(charge_again("k1", 500, "load"), [1, 1, 2, 0], "k1 was charged 2 times");
    finds(charge_again("o4", 400, "loja"), [1, 1, 2, 0], "order o4 was charged twice");
    let answer_twice = |known: &mut Known| {
        let mut again = known.log[1].clone();
        again.key = "k9".to_owned();
        known.log.push(again);
    };
    finds(answer_twice, [0, 1, 1, 0], "answers two keys");
    let list_twice = |known: &mut Known| known.orders.push(order("o4", "declined", 4));
    finds(list_twice, [0, 1, 1, 0], "is listed twice");
    let line_twice = |known: &mut Known| {
        let line = known.statement[0].1[1].clone();
        known.statement[0].1.push(line);
    };
    finds(line_twice, [0, 1, 0, 0], "has 2 lines");
}

#[test]
fn a_mismatch_is_found() {
    let approve = |known: &mut Known| known.log[1].answer = Answer::Approved;
    finds(approve, [0, 0, 2, 0], "k3: payment");
    finds(|known| known.log[1].amount_minor += 1, [0, 0, 1, 0], "is another at the bank");
    finds(|known| known.log[1].merchant = "loja".to_owned(), [0, 0, 1, 0], "is another");
    finds(|known| known.orders[0] = order("o4", "declined", 4), [0, 0, 1, 0], "is unpaid");
    let cheaper = |known: &mut Known| known.orders[0].total.amount_minor = 1;
    finds(cheaper, [0, 0, 3, 0], "its payment is another at the bank: total");
    let kind = |known: &mut Known| known.statement[0].1[4].kind = web::LineKind::Decline;
    finds(kind, [0, 0, 1, 0], "is another");
    let balance = |known: &mut Known| known.statement[0].0.balance.amount_minor += 1;
    finds(balance, [0, 0, 1, 0], "is another at the bank: balance");
}

#[test]
fn what_was_paid_on_a_bill_is_owed_no_more() {
    fn pay(known: &mut Known) {
        known.history.push(EventKind::BillPaid, 5, 1_000, "bill", (-50, 0));
        known.statement[0].0.balance.amount_minor = -50;
        known.statement[0].0.available.amount_minor = LIMIT + 50;
        known.statement[0].0.fatura_due.amount_minor = 0;
    }
    let pay_and_show = |known: &mut Known| {
        pay(known);
        let bought = known.statement[0].1[0].clone();
        let mut paid = web::StatementLine { kind: web::LineKind::BillPayment, ..bought };
        (paid.position, paid.amount.amount_minor) = (8, 1_000);
        (paid.transaction_id, paid.description) = (payment(5).to_string(), String::new());
        known.statement[0].1.insert(0, paid);
        let bank = known.history.view();
        let latest = Latest::of([8]);
        let owed = extrato::compare(&known.statement, &bank, &latest, NOW).to_string();
        assert!(owed.ends_with("owed -R$ 0.50 at the bank, -R$ 0.50 here"), "{owed}");
        let charged = payers::compare(&known.log, &known.history.view()).to_string();
        assert!(charged.ends_with("charged R$ 5.00 at the bank, R$ 5.00 here"), "{charged}");
    };
    finds(pay_and_show, [0; 4], "extrato");
    finds(pay, [1, 0, 1, 0], "event 8");
}

#[test]
fn an_overspend_and_a_history_that_cannot_be_are_found() {
    let lower = |known: &mut Known| {
        let after = known.history.0[2].event_card();
        after.limit = Money::brl(799);
    };
    finds(lower, [0, 0, 0, 1], "-1 at position 3");
    // The line, the fatura, the sum; the balance, the payment itself, and what is said of it.
    finds(|known| known.history.0[4].amount = Money::brl(201), [0, 0, 6, 0], "cannot follow");
    finds(|known| known.history.0[3].amount = Money::brl(301), [0, 0, 7, 0], "cannot follow");
    let swap = |known: &mut Known| known.history.0.swap(2, 5);
    finds(swap, [0, 0, 10, 0], "after");
    let owes = |known: &mut Known| known.history.0[6].event_card().balance = Money::brl(1);
    finds(owes, [0, 0, 2, 0], "balance 1, owed 950");
}

trait EventCardMut {
    fn event_card(&mut self) -> &mut CardSnapshot;
}

impl EventCardMut for PaymentEvent {
    fn event_card(&mut self) -> &mut CardSnapshot {
        self.card.as_mut().unwrap().after.as_mut().unwrap()
    }
}
