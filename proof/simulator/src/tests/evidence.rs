//! Goal: the auditor misses nothing. Method: the evidence of a run in which all is well is
//! changed in one way, and the auditor must say so in words that are meant for it.

use bancada_bank::ledger::PaymentStatus;
use bancada_extrato::statement::LineKind;
use bancada_kernel::EventKind;

use crate::auditor::audit;
use crate::evidence::{Evidence, Heard};
use crate::history::Detail;
use crate::planted::Planted;
use crate::switches::Switches;
use crate::world::World;

/// What a run leaves behind.
fn evidence() -> Evidence {
    let mut world = World::new(3, Switches::ALL, Detail::Nothing, Planted::Nothing);
    for _ in 0..2_000 {
        assert!(world.step());
    }
    world.settle();
    let (failure, evidence, _) = world.end();
    assert_eq!(failure, None);
    assert_eq!(audit(&evidence), Vec::<String>::new());
    evidence
}

/// Changes the evidence; one of the breaches must hold these words, and the first one be it if
/// nothing else is meant to follow from the change.
fn finds(change: impl FnOnce(&mut Evidence), words: &str) {
    let mut changed = evidence();
    change(&mut changed);
    let found = audit(&changed);
    assert!(found.iter().any(|breach| breach.contains(words)), "{words:?} is not in {found:#?}");
}

/// The place of the n-th entry of a kind.
fn nth(evidence: &Evidence, kind: EventKind, n: usize) -> usize {
    let of_kind = evidence.journal.iter().enumerate().filter(|(_, it)| it.event.kind == kind);
    of_kind.map(|(at, _)| at).nth(n).expect("a run has some of every kind")
}

/// The place of the last entry of a kind whose merchant has heard of it: not much follows from it.
fn last_told(evidence: &Evidence, kind: EventKind) -> usize {
    let is_told = |entry: &bancada_bank::ledger::Entry| {
        let request = entry.request.as_ref().zip(entry.event.merchant_id.as_ref());
        let Some((request, merchant)) = request else { return false };
        evidence.asked.iter().any(|asked| {
            (&asked.merchant, &asked.key) == (merchant, &request.key)
                && asked.heard.iter().any(|heard| matches!(heard, Heard::Told(_)))
        })
    };
    let of_kind = evidence.journal.iter().enumerate().filter(|(_, it)| it.event.kind == kind);
    let mut told = of_kind.filter(|(_, it)| is_told(it)).map(|(at, _)| at);
    told.next_back().expect("a run has some of every kind")
}

/// Takes an entry out as if it had never been, positions and sequences included.
fn forget(evidence: &mut Evidence, at: usize) {
    let lost = evidence.journal.remove(at);
    let token = lost.event.card.map(|card| card.token);
    for entry in &mut evidence.journal[at..] {
        entry.event.position -= 1;
        if let Some(card) = entry.event.card.as_mut().filter(|it| Some(&it.token) == token.as_ref())
        {
            card.sequence -= 1;
        }
    }
}

#[test]
fn a_lost_acknowledgement_is_found() {
    let lose = |kind| {
        move |evidence: &mut Evidence| {
            let at = last_told(evidence, kind);
            forget(evidence, at);
        }
    };
    finds(lose(EventKind::PaymentDeclined), "was answered, and is not in the journal");
    finds(lose(EventKind::PaymentVoided), "was answered, and is not in the journal");
    finds(lose(EventKind::PaymentOperationRefused), "was answered, and is not in the journal");
    let lose_card = |evidence: &mut Evidence| {
        let told = evidence.cards.last_mut().unwrap();
        told.sequence += 1_000;
    };
    finds(lose_card, "was told at");
    finds(|evidence| drop(evidence.orders.pop()), "and is not so");
}

#[test]
fn a_doubled_effect_is_found() {
    let double = |evidence: &mut Evidence| {
        let mut again = evidence.journal[nth(evidence, EventKind::PaymentRefunded, 0)].clone();
        again.event.position = evidence.journal.len() as u64 + 1;
        evidence.journal.push(again);
    };
    finds(double, "has an effect at");
    let charge_again = |evidence: &mut Evidence| {
        let of_shop = |it: &bancada_bank::ledger::Entry| {
            it.event.kind == EventKind::PaymentCaptured && !it.event.order_id.is_empty()
        };
        let mut again = evidence.journal.iter().find(|it| of_shop(it)).unwrap().clone();
        again.event.position = evidence.journal.len() as u64 + 1;
        again.event.transaction_id = bancada_kernel::PaymentId::new(uuid::Uuid::from_u128(7));
        let key = bancada_kernel::IdempotencyKey::parse("another").unwrap();
        again.request.as_mut().unwrap().key = key;
        evidence.journal.push(again);
    };
    finds(charge_again, "was charged 2 times");
}

#[test]
fn a_bill_that_is_paid_twice_with_one_key_is_found() {
    let double = |evidence: &mut Evidence| {
        let mut again = evidence.journal[nth(evidence, EventKind::BillPaid, 0)].clone();
        again.event.position = evidence.journal.len() as u64 + 1;
        again.event.transaction_id = bancada_kernel::PaymentId::new(uuid::Uuid::from_u128(7));
        evidence.journal.push(again);
    };
    finds(double, "has another effect at");
}

#[test]
fn a_reordering_is_found() {
    let swap = |evidence: &mut Evidence| {
        let at = nth(evidence, EventKind::PaymentCaptured, 4);
        let token = evidence.journal[at].event.card.as_ref().unwrap().token.clone();
        let of_card = |entry: &bancada_bank::ledger::Entry| {
            entry.event.card.as_ref().is_some_and(|card| card.token == token)
        };
        let next = at + 1 + evidence.journal[at + 1..].iter().position(of_card).unwrap();
        evidence.journal.swap(at, next);
        let position = evidence.journal[at].event.position;
        evidence.journal[at].event.position = evidence.journal[next].event.position;
        evidence.journal[next].event.position = position;
    };
    finds(swap, "sequence");
    finds(|evidence| evidence.journal.swap(8, 9), "stands where");
    let swap_lines = |evidence: &mut Evidence| {
        let lines = &mut evidence.statement.lines;
        let first = lines[0].card.clone();
        let next = 1 + lines[1..].iter().position(|line| line.card == first).unwrap();
        lines.swap(0, next);
    };
    finds(swap_lines, "came after a later one");
}

#[test]
fn an_overspend_is_found() {
    let lower = |evidence: &mut Evidence| {
        let limit = evidence.journal.iter_mut().find(|it| it.event.kind == EventKind::CardIssued);
        let card = limit.unwrap().event.card.as_mut().unwrap();
        card.after.as_mut().unwrap().limit.minor = 1;
    };
    finds(lower, "left by the approval at");
    let approve = |evidence: &mut Evidence| {
        let sale = nth(evidence, EventKind::PaymentCaptured, 0);
        let token = evidence.journal[sale].event.card.as_ref().unwrap().token.clone();
        for entry in &mut evidence.journal {
            if let Some(card) = entry.event.card.as_mut().filter(|card| card.token == token)
                && let Some(after) = &mut card.after
            {
                after.status = bancada_kernel::CardStatus::Blocked;
            }
        }
    };
    finds(approve, "cannot pay, and was charged");
    let capture_more = |evidence: &mut Evidence| {
        let held = nth(evidence, EventKind::PaymentAuthorized, 0);
        let id = evidence.journal[held].event.transaction_id;
        let is_capture = |it: &&mut bancada_bank::ledger::Entry| {
            it.event.kind == EventKind::PaymentCaptured && it.event.transaction_id != id
        };
        let sale = evidence.journal.iter_mut().filter(is_capture).last().unwrap();
        sale.event.transaction_id = id;
    };
    finds(capture_more, "I4: payment.captured");
    let refund_more = |evidence: &mut Evidence| {
        let at = nth(evidence, EventKind::PaymentRefunded, 0);
        evidence.journal[at].event.amount.minor += 1_000_000;
    };
    finds(refund_more, "more than was captured");
    let decline = |evidence: &mut Evidence| {
        let declined = evidence
            .journal
            .iter_mut()
            .find(|it| it.event.decline == Some(bancada_kernel::DeclineReason::InsufficientFunds));
        declined.unwrap().event.amount.minor = 0;
    };
    finds(decline, "groundless decline");
}

#[test]
fn an_unbalanced_posting_is_found() {
    let raise = |evidence: &mut Evidence| {
        let at = nth(evidence, EventKind::PaymentCaptured, 1);
        evidence.journal[at].postings[1].amount_minor += 1;
    };
    finds(raise, "sum to 1");
    let redirect = |evidence: &mut Evidence| {
        let at = nth(evidence, EventKind::PaymentCaptured, 1);
        let postings = &mut evidence.journal[at].postings;
        postings[0].account = bancada_bank::ledger::Account::Card(
            bancada_kernel::CardToken::parse("somebody").unwrap(),
        );
    };
    finds(redirect, "something is posted to");
    let halve = |evidence: &mut Evidence| {
        let at = nth(evidence, EventKind::PaymentRefunded, 1);
        evidence.journal[at].postings.iter_mut().for_each(|it| it.amount_minor *= 2);
    };
    finds(halve, "the card is debited");
}

#[test]
fn a_changed_answer_is_found() {
    let told = |evidence: &mut Evidence, change: fn(&mut crate::evidence::Told)| {
        let heard = evidence.asked.iter_mut().flat_map(|asked| &mut asked.heard);
        let told = heard.filter_map(|heard| match heard {
            Heard::Told(told) => Some(told),
            _ => None,
        });
        change(told.last().unwrap());
    };
    finds(|evidence| told(evidence, |it| it.captured_minor += 1), "and kept is");
    finds(|evidence| told(evidence, |it| it.status = PaymentStatus::Voided), "and kept is");
    let twice = |evidence: &mut Evidence| {
        let asked = &mut evidence.asked[0];
        let Heard::Told(told) = &asked.heard[0] else { panic!("it was answered") };
        let mut other = told.clone();
        other.position += 1;
        asked.heard.push(Heard::Told(other));
    };
    finds(twice, "and later");
    finds(|evidence| evidence.asked[5].heard.clear(), "never heard");
    let mistake = |evidence: &mut Evidence| evidence.asked[5].heard = vec![Heard::KeyReused];
    finds(mistake, "was taken for another");
    let refuse = |evidence: &mut Evidence| {
        evidence.asked[5].heard = vec![Heard::Senseless("no".to_owned())];
    };
    finds(refuse, "and did something");
    let uninvited = |evidence: &mut Evidence| drop(evidence.asked.remove(5));
    finds(uninvited, "nobody asked for");
    let told_card = |evidence: &mut Evidence| evidence.cards[0].limit.minor += 1;
    finds(told_card, "was told otherwise");
}

#[test]
fn a_statement_that_is_not_the_journals_is_found() {
    finds(|evidence| drop(evidence.statement.lines.remove(7)), "is on no statement");
    let double = |evidence: &mut Evidence| {
        let line = evidence.statement.lines[7].clone();
        evidence.statement.lines.push(line);
    };
    finds(double, "has 2 lines");
    let change = |evidence: &mut Evidence| evidence.statement.lines[7].kind = LineKind::Refund;
    finds(change, "is another");
    let invent = |evidence: &mut Evidence| evidence.statement.lines[7].position = 1_000_000;
    finds(invent, "is of no event");
    finds(|evidence| drop(evidence.statement.cards.pop()), "stands otherwise");
    finds(|evidence| evidence.statement.faturas[0].1 += 1, "sum to");
}

#[test]
fn an_order_that_is_not_as_the_bank_has_it_is_found() {
    use bancada_checkout::order::OrderState;
    let unpay = |evidence: &mut Evidence| {
        let paid = |order: &&mut bancada_checkout::order::Order| {
            matches!(order.state, OrderState::Paid(_))
        };
        evidence.orders.iter_mut().find(paid).unwrap().state = OrderState::Unknown;
    };
    finds(unpay, "has no outcome");
    let pay = |evidence: &mut Evidence| {
        let paid = evidence.orders.iter().find_map(|order| match &order.state {
            OrderState::Paid(charge) => Some(charge.clone()),
            _ => None,
        });
        let is_declined =
            |order: &&mut bancada_checkout::order::Order| order.state.word() == "declined";
        let declined = evidence.orders.iter_mut().find(is_declined).unwrap();
        declined.state = OrderState::Paid(paid.unwrap());
    };
    finds(pay, "is paid, and was not charged so");
    let forget = |evidence: &mut Evidence| {
        evidence.orders.retain(|order| order.state.word() != "paid");
    };
    finds(forget, "and the shop does not know it");
    finds(|evidence| evidence.bought[0].heard.clear(), "a buyer never heard");
}
