//! A payment in the auditor's books, and whether what an entry says of it can be.

use bancada_bank::ledger::{Entry, Refusal};
use bancada_kernel::{CardToken, DeclineReason, EventKind, MerchantId, Money, Timestamp};

/// How long a hold lasts: seven days, written down here once more.
const HOLD_MS: i64 = 604_800_000;
/// What a card may be in credit, and the most that anything may be about; written down here once
/// more, as the next one is.
pub(super) const MOST_IN_CREDIT: i128 = 1_000_000_000_000;
/// The highest limit of a card.
pub(super) const HIGHEST_LIMIT: i128 = 100_000_000_000_000;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Held,
    Charged,
    Declined(DeclineReason),
    Voided,
    Expired,
}

/// A payment.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) merchant: MerchantId,
    pub(super) order_id: String,
    pub(super) standing: Standing,
    pub(super) amount: Money,
    pub(super) captured_minor: i128,
    pub(super) refunded_minor: i128,
    pub(super) position: u64,
    pub(super) card: Option<CardToken>,
    decided_at: Timestamp,
}

/// What an entry does.
#[derive(Default)]
pub(super) struct Move {
    /// The payment after it, where it changes.
    pub(super) after: Option<Known>,
    /// Added to what the card holds.
    pub(super) held_minor: i128,
    /// Added to what is owed.
    pub(super) charged_minor: i128,
    /// Whether the card had to have as much left.
    pub(super) is_approval: bool,
}

impl Move {
    /// `balance_minor` is what the payment's card owed before.
    pub(super) fn of(
        entry: &Entry,
        before: Option<&Known>,
        balance_minor: i128,
        breaches: &mut Vec<String>,
    ) -> Move {
        let event = &entry.event;
        let (minor, position) = (i128::from(event.amount.minor), event.position);
        let credit_fits = balance_minor - minor >= -MOST_IN_CREDIT;
        let is_over = before.is_some_and(|it| event.occurred_at.0 - it.decided_at.0 >= HOLD_MS);
        let mut impossible = |why: &str| {
            let kind = event.kind.word();
            breaches.push(format!("I4: {kind} of {minor} at {position}: {why}"));
        };
        if let Some(before) = before
            && (event.merchant_id.as_ref() != Some(&before.merchant)
                || event.card.as_ref().is_some_and(|it| Some(&it.token) != before.card.as_ref()))
        {
            impossible("the payment is another's");
        }
        match (event.kind, before) {
            (
                EventKind::CardIssued | EventKind::CardStatusChanged | EventKind::CardLimitChanged,
                None,
            ) => Move::default(),
            (EventKind::BillPaid, None) => {
                if !credit_fits {
                    impossible("the card is in credit by more than it may be");
                }
                Move { charged_minor: -minor, ..Move::default() }
            }
            (EventKind::BillRefused, None) => {
                if event.card.as_ref().is_some_and(|card| card.after.is_some()) && credit_fits {
                    impossible("the card could have been paid for");
                }
                Move::default()
            }
            (EventKind::PaymentAuthorized, None) => Move {
                after: Known::new(entry, Standing::Held, 0),
                held_minor: minor,
                is_approval: true,
                ..Move::default()
            },
            (EventKind::PaymentCaptured, None) => Move {
                after: Known::new(entry, Standing::Charged, minor),
                charged_minor: minor,
                is_approval: true,
                ..Move::default()
            },
            (EventKind::PaymentDeclined, None) => {
                let reason = event.decline.unwrap_or(DeclineReason::ProcessingError);
                let after = Known::new(entry, Standing::Declined(reason), 0);
                Move { after, ..Move::default() }
            }
            (EventKind::PaymentCaptured, Some(before)) => {
                if before.standing != Standing::Held || is_over {
                    impossible("nothing is held for it");
                }
                if minor > i128::from(before.amount.minor) {
                    impossible("more than was authorized");
                }
                let mut after = before.at(position, Standing::Charged);
                after.captured_minor += minor;
                Move {
                    after: Some(after),
                    held_minor: -i128::from(before.amount.minor),
                    charged_minor: minor,
                    ..Move::default()
                }
            }
            (EventKind::PaymentVoided | EventKind::PaymentExpired, Some(before)) => {
                let is_void = event.kind == EventKind::PaymentVoided;
                if before.standing != Standing::Held || is_over == is_void {
                    impossible("the hold cannot end so");
                }
                let standing = if is_void { Standing::Voided } else { Standing::Expired };
                let after = Some(before.at(position, standing));
                Move { after, held_minor: -i128::from(before.amount.minor), ..Move::default() }
            }
            (EventKind::PaymentRefunded, Some(before)) => {
                let mut after = before.at(position, Standing::Charged);
                after.refunded_minor += minor;
                if before.standing != Standing::Charged
                    || after.refunded_minor > after.captured_minor
                {
                    impossible("more than was captured");
                }
                if !credit_fits {
                    impossible("the card is in credit by more than it may be");
                }
                Move { after: Some(after), charged_minor: -minor, ..Move::default() }
            }
            (EventKind::PaymentOperationRefused, Some(before)) => {
                if before.could_be_done(entry.refusal, minor, is_over, credit_fits) {
                    impossible("groundless refusal");
                }
                Move::default()
            }
            _ => {
                impossible("it cannot follow");
                Move::default()
            }
        }
    }
}

impl Known {
    fn new(entry: &Entry, standing: Standing, captured_minor: i128) -> Option<Known> {
        let event = &entry.event;
        Some(Known {
            merchant: event.merchant_id.clone()?,
            order_id: event.order_id.clone(),
            standing,
            amount: event.amount,
            captured_minor,
            refunded_minor: 0,
            position: event.position,
            card: event.card.as_ref().map(|card| card.token.clone()),
            decided_at: event.occurred_at,
        })
    }

    fn at(&self, position: u64, standing: Standing) -> Known {
        Known { position, standing, ..self.clone() }
    }

    /// Whether the Bank has refused what it should have done.
    fn could_be_done(
        &self,
        refusal: Option<Refusal>,
        minor: i128,
        is_over: bool,
        credit_fits: bool,
    ) -> bool {
        let is_held = self.standing == Standing::Held && !is_over;
        match refusal {
            Some(Refusal::Capture(_)) => is_held && minor <= i128::from(self.amount.minor),
            Some(Refusal::Void(_)) => is_held,
            Some(Refusal::Refund(_)) => {
                self.standing == Standing::Charged
                    && minor <= self.captured_minor - self.refunded_minor
                    && credit_fits
            }
            None => true,
        }
    }
}
