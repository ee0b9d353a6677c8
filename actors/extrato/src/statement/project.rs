//! What one event does to one card's statement.

use bancada_kernel::{EventCard, EventKind, PaymentEvent};

use super::{CardState, Cycle, LineKind, StatementLine};

/// What an event does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the Bank has no such card, or never learned which one it was.
    NoCard,
    /// Nothing: it has been applied before.
    Duplicate,
    /// Nothing yet: events of this card are missing before it.
    Gap,
    /// The card's next state.
    Apply {
        /// The card after the event.
        card: Box<CardState>,
        /// The line it adds.
        line: Option<StatementLine>,
        /// What it adds to a fatura, in minor units.
        fatura: Option<(Cycle, i64)>,
    },
}

/// Decides what `event` does to a card whose last applied sequence is `applied` (0 for none).
pub fn project(applied: u64, event: &PaymentEvent) -> Step {
    let Some(EventCard { token, sequence, masked_number, brand, after: Some(now) }) = &event.card
    else {
        return Step::NoCard;
    };
    match *sequence {
        0 => return Step::NoCard,
        known if known <= applied => return Step::Duplicate,
        next if next == applied + 1 => {}
        _ => return Step::Gap,
    }
    let line = line(event);
    let signed = line.as_ref().and_then(|line| match line.kind {
        LineKind::Purchase => Some(line.amount.minor),
        LineKind::Refund => line.amount.minor.checked_neg(),
        // What was bought is on the fatura, whoever paid how much of it.
        LineKind::Hold | LineKind::Decline | LineKind::Void | LineKind::BillPayment => None,
    });
    let cycle = Cycle::at(event.occurred_at, now.closing_day);
    let card = CardState {
        token: token.clone(),
        brand: *brand,
        masked_number: masked_number.clone(),
        now: now.clone(),
        sequence: *sequence,
        position: event.position,
    };
    Step::Apply { card: Box::new(card), line, fatura: signed.map(|minor| (cycle, minor)) }
}

fn line(event: &PaymentEvent) -> Option<StatementLine> {
    let kind = match event.kind {
        EventKind::CardIssued
        | EventKind::CardStatusChanged
        | EventKind::CardLimitChanged
        | EventKind::PaymentOperationRefused
        | EventKind::BillRefused
        | EventKind::LossAccepted => return None,
        EventKind::PaymentAuthorized => LineKind::Hold,
        EventKind::PaymentCaptured => LineKind::Purchase,
        EventKind::PaymentDeclined => LineKind::Decline,
        EventKind::PaymentVoided | EventKind::PaymentExpired => LineKind::Void,
        EventKind::PaymentRefunded => LineKind::Refund,
        EventKind::BillPaid => LineKind::BillPayment,
    };
    Some(StatementLine {
        position: event.position,
        transaction_id: event.transaction_id,
        kind,
        store: event.store.clone(),
        description: event.description.clone(),
        amount: event.amount,
        installments: event.installments,
        decline: event.decline,
        occurred_at: event.occurred_at,
        trace: event.trace,
    })
}
