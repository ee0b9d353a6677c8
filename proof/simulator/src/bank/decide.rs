//! One request to the ledger, and the answer to it: the real decisions, and planted faults.

use bancada_bank::ledger::{
    Answered, Authorize, Decision, Entry, Expire, Ledger, PayBill, PaymentStatus, RunTime, Stamp,
};
use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{DeclineReason, EventKind, IdempotencyKey, Money, Timestamp};

use crate::draw::Draw;
use crate::evidence::{CardTold, Told};
use crate::message::{Answer, Ask};
use crate::planted::Planted;

/// What a request leads to.
pub(super) enum Decided {
    /// An entry, and the answer once it is applied.
    Record(Box<Entry>, fn(&Ledger, &Entry) -> Answer),
    /// An answer alone.
    Answer(Answer),
}

pub(super) fn stamp(ids: &mut Draw, now: Timestamp, ran: RunTime, planted: Planted) -> Stamp {
    let ran = match planted {
        Planted::AgeByTheWallClock => RunTime::of_wall_clock(now),
        _ => ran,
    };
    Stamp { event_id: ids.event_id(), payment_id: ids.payment_id(), now, ran, trace: None }
}

pub(super) fn only_reads(ask: &Ask) -> bool {
    matches!(ask, Ask::Find { .. })
}

pub(super) fn expire(ledger: &Ledger, stamp: Stamp) -> Option<Entry> {
    Expire.decide(ledger, stamp)
}

pub(super) fn decide(ledger: &Ledger, ask: &Ask, stamp: Stamp, planted: Planted) -> Decided {
    match ask {
        Ask::Authorize(command) => authorize(ledger, command, stamp, planted),
        Ask::Capture(command) => merchant(ledger, command.decide(ledger, stamp)),
        Ask::Void(command) => merchant(ledger, command.decide(ledger, stamp)),
        Ask::Refund(command) => merchant(ledger, command.decide(ledger, stamp)),
        Ask::Abandon(command) => merchant(ledger, command.decide(ledger, stamp)),
        Ask::Find { merchant, key } => {
            let found = ledger.payment_of_key(merchant, key).cloned();
            Decided::Answer(found.map_or(Answer::NotFound, |payment| {
                Answer::Told(Told::of(&Answered { payment, refusal: None }))
            }))
        }
        Ask::IssueCard(command) => {
            card(ledger, command.decide(ledger, stamp).map(Some), &command.token)
        }
        Ask::SetCardStatus(command) => card(ledger, command.decide(ledger, stamp), &command.token),
        Ask::ChangeLimit(command) => card(ledger, command.decide(ledger, stamp), &command.token),
        Ask::PayBill(command) => pay_bill(ledger, command, stamp, planted),
    }
}

fn authorize(ledger: &Ledger, command: &Authorize, stamp: Stamp, planted: Planted) -> Decided {
    if planted != Planted::ForgetKeys {
        let decision = command.decide(ledger, stamp);
        if planted == Planted::IgnoreLimits
            && let Ok(Decision::Record(entry)) = &decision
            && entry.event.decline == Some(DeclineReason::InsufficientFunds)
        {
            return overspent(command, entry);
        }
        return merchant(ledger, decision);
    }
    let mut unknown = command.clone();
    let fresh = stamp.event_id.to_string();
    unknown.key = IdempotencyKey::parse(&fresh).expect("a UUID is 36 visible ASCII characters");
    let decision = unknown.decide(ledger, stamp).map(|mut decision| {
        if let Decision::Record(entry) = &mut decision
            && let Some(request) = &mut entry.request
        {
            request.key = command.key.clone();
        }
        decision
    });
    merchant(ledger, decision)
}

fn pay_bill(ledger: &Ledger, command: &PayBill, stamp: Stamp, planted: Planted) -> Decided {
    let is_too_large = command.amount.minor > MAX_AMOUNT_MINOR;
    if planted != Planted::TakeAnyAmount || !is_too_large {
        return card(ledger, command.decide(ledger, stamp), &command.token);
    }
    // One cent is decided about, and all of it is booked.
    let cent = PayBill { amount: Money::brl(1), ..command.clone() };
    let decided = cent.decide(ledger, stamp).map(|entry| {
        entry.map(|mut entry| {
            entry.event.amount = command.amount;
            for posting in &mut entry.postings {
                posting.amount_minor *= command.amount.minor;
            }
            if let Some(after) = entry.event.card.as_mut().and_then(|card| card.after.as_mut()) {
                let balance = after.balance.minor.saturating_sub(command.amount.minor - 1);
                after.balance.minor = balance;
            }
            entry
        })
    });
    card(ledger, decided, &command.token)
}

/// A hold that the ledger had refused.
fn overspent(command: &Authorize, entry: &Entry) -> Decided {
    let mut entry = entry.clone();
    entry.event.kind = EventKind::PaymentAuthorized;
    entry.event.decline = None;
    if let Some(after) = entry.event.card.as_mut().and_then(|card| card.after.as_mut()) {
        after.held = Money { minor: after.held.minor + command.amount.minor, ..after.held };
    }
    Decided::Record(Box::new(entry), payment_told)
}

fn merchant<E: ToString>(ledger: &Ledger, decision: Result<Decision, E>) -> Decided {
    match decision {
        Ok(Decision::Record(entry)) => Decided::Record(entry, payment_told),
        Ok(Decision::Replay(answer)) => {
            let given = ledger.given(answer).map(|given| Answer::Told(Told::of(&given)));
            let lost = || Answer::Senseless("the answer is not kept".to_owned());
            Decided::Answer(given.unwrap_or_else(lost))
        }
        Err(error) => Decided::Answer(refused(error.to_string())),
    }
}

fn payment_told(ledger: &Ledger, entry: &Entry) -> Answer {
    match ledger.answer_of(entry) {
        Some(answered) => Answer::Told(Told::of(&answered)),
        None => Answer::Senseless("there is no answer".to_owned()),
    }
}

fn card<E: ToString>(
    ledger: &Ledger,
    decision: Result<Option<Entry>, E>,
    token: &bancada_kernel::CardToken,
) -> Decided {
    match decision {
        Ok(Some(entry)) => Decided::Record(Box::new(entry), |ledger, entry| {
            let token = entry.event.card.as_ref().map(|card| &card.token);
            card_told(token.and_then(|token| ledger.card(token)))
        }),
        Ok(None) => Decided::Answer(card_told(ledger.card(token))),
        Err(error) => Decided::Answer(refused(error.to_string())),
    }
}

fn card_told(card: Option<&bancada_bank::ledger::CardAccount>) -> Answer {
    match card {
        Some(card) => Answer::Card(CardTold::of(card)),
        None => Answer::Senseless("there is no card".to_owned()),
    }
}

/// The one refusal that says something about the key comes with its own words.
fn refused(text: String) -> Answer {
    if text == bancada_bank::ledger::KeyReused.to_string() {
        Answer::KeyReused
    } else {
        Answer::Senseless(text)
    }
}

pub(super) fn misapply(ledger: &mut Ledger, entry: &Entry, planted: Planted) {
    if planted == Planted::ApplyTwice && entry.event.kind == EventKind::PaymentRefunded {
        ledger.apply(entry);
    }
}

/// The same effect once more, as if it were another.
pub(super) fn recorded_again(entry: &Entry, planted: Planted) -> Option<Entry> {
    let is_meant =
        planted == Planted::RecordTwice && entry.event.kind == EventKind::PaymentCaptured;
    is_meant.then(|| {
        let mut again = entry.clone();
        again.event.position += 1;
        if let Some(card) = &mut again.event.card {
            card.sequence += 1;
            if let Some(after) = &mut card.after {
                after.balance.minor += entry.event.amount.minor;
            }
        }
        again
    })
}

/// Where a payment stands, in a word.
pub(crate) fn standing(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Authorized => "authorized",
        PaymentStatus::Captured => "captured",
        PaymentStatus::Declined(_) => "declined",
        PaymentStatus::Voided => "voided",
        PaymentStatus::Refunded => "refunded",
        PaymentStatus::Expired => "expired",
    }
}
