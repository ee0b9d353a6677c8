//! `authorize` places a hold; `sale` authorizes and captures in one step.

use bancada_kernel::calendar::Day;
use bancada_kernel::limits::{self, MAX_AMOUNT_MINOR, MIN_INSTALLMENT_MINOR};
use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, EventKind, Expiry,
    IdempotencyKey, MerchantId, Money, PaymentEvent, PaymentSnapshot,
};

use super::account::CardAccount;
use super::entry::{Entry, RequestIdentity};
use super::key_scope::{BodyHash, Decision, KeyReused, Stamp};
use super::posting;
use super::run_time::RunTime;
use super::state::Ledger;

/// The card as a merchant presents it, already without its number and security code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardPresented {
    /// Token of the number.
    pub token: CardToken,
    /// `************1234`
    pub masked_number: String,
    /// Brand by the number.
    pub brand: Brand,
    /// The expiry typed.
    pub expiry: Expiry,
}

/// A merchant asks for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    /// Who asks.
    pub merchant: MerchantId,
    /// The merchant's name for this attempt.
    pub key: IdempotencyKey,
    /// Of everything below.
    pub body: BodyHash,
    /// With which card.
    pub card: CardPresented,
    /// How much.
    pub amount: Money,
    /// True for a sale.
    pub capture: bool,
    /// Shown on the statement.
    pub store: String,
    /// What is bought.
    pub description: String,
    /// The merchant's order.
    pub order_id: String,
    /// 1 to 12.
    pub installments: u8,
}

/// Why a request is not answered at all. Ordered by precedence; none is recorded, so the same
/// key may be used again for a good request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizeError {
    /// The key belongs to another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// Zero or less.
    #[error("the amount must be more than zero")]
    AmountNotPositive,
    /// More than a payment may be about.
    #[error("the amount must be at most {MAX_AMOUNT_MINOR} minor units")]
    AmountTooLarge,
    /// Not the ledger's currency.
    #[error("the currency is not the one this bank keeps its books in")]
    CurrencyNotSupported,
    /// Nobody could be named on the statement.
    #[error("the store's name must not be blank")]
    StoreBlank,
    /// Not 1 to 12.
    #[error("installments must be 1 to 12")]
    InstallmentsOutOfRange,
    /// A plan of parts that nobody would collect.
    #[error("each installment must be at least {MIN_INSTALLMENT_MINOR} minor units")]
    InstallmentTooSmall,
}

impl Authorize {
    /// Decides. A decline is an entry like an approval: it answers the key.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Decision, AuthorizeError> {
        if let Some(answer) = ledger.answered(&self.merchant, &self.key, self.body)? {
            return Ok(Decision::Replay(answer));
        }
        if self.amount.minor <= 0 {
            return Err(AuthorizeError::AmountNotPositive);
        }
        if self.amount.minor > MAX_AMOUNT_MINOR {
            return Err(AuthorizeError::AmountTooLarge);
        }
        if self.amount.currency != ledger.currency() {
            return Err(AuthorizeError::CurrencyNotSupported);
        }
        if self.store.trim().is_empty() {
            return Err(AuthorizeError::StoreBlank);
        }
        if !(1..=12).contains(&self.installments) {
            return Err(AuthorizeError::InstallmentsOutOfRange);
        }
        if !limits::is_plan(self.amount, self.installments.into()) {
            return Err(AuthorizeError::InstallmentTooSmall);
        }
        let Some(account) = ledger.card(&self.card.token) else {
            let stranger = EventCard {
                token: self.card.token.clone(),
                sequence: 0,
                masked_number: self.card.masked_number.clone(),
                brand: self.card.brand,
                after: None,
            };
            return Ok(self.declined(ledger, stamp, stranger, DeclineReason::UnknownCard));
        };
        match self.refusal(account, stamp) {
            Some(reason) => {
                let card = account.in_next_event(account.snapshot());
                Ok(self.declined(ledger, stamp, card, reason))
            }
            None => Ok(self.approved(ledger, stamp, account)),
        }
    }

    /// The first reason to refuse, in order of precedence.
    fn refusal(&self, account: &CardAccount, stamp: Stamp) -> Option<DeclineReason> {
        match account.status {
            CardStatus::Cancelled => return Some(DeclineReason::CardCancelled),
            CardStatus::Blocked => return Some(DeclineReason::CardBlocked),
            CardStatus::Active => {}
        }
        let (year, month) = Day::of(stamp.now).year_month();
        if account.expiry.is_past(year, month) || self.card.expiry != account.expiry {
            return Some(DeclineReason::ExpiredCard);
        }
        if account.always_declines.is_some() {
            return account.always_declines;
        }
        let is_too_much = i128::from(self.amount.minor) > account.available_minor()
            || account.held.minor.checked_add(self.amount.minor).is_none();
        is_too_much.then_some(DeclineReason::InsufficientFunds)
    }

    fn approved(&self, ledger: &Ledger, stamp: Stamp, account: &CardAccount) -> Decision {
        let before = account.snapshot();
        // Exact: the amount fits into what is available, so that the balance stays under the limit,
        // and what is held was looked at.
        let raised =
            |money: Money| Money { minor: money.minor.saturating_add(self.amount.minor), ..money };
        let (kind, after, postings) = if self.capture {
            let after = CardSnapshot { balance: raised(before.balance), ..before };
            let postings = posting::charge(&account.token, &self.merchant, self.amount.minor);
            (EventKind::PaymentCaptured, after, postings)
        } else {
            let after = CardSnapshot { held: raised(before.held), ..before };
            (EventKind::PaymentAuthorized, after, Vec::new())
        };
        let event = self.event(ledger, stamp, kind, account.in_next_event(after), None);
        self.record(event, postings, stamp.ran)
    }

    fn declined(
        &self,
        ledger: &Ledger,
        stamp: Stamp,
        card: EventCard,
        reason: DeclineReason,
    ) -> Decision {
        let event = self.event(ledger, stamp, EventKind::PaymentDeclined, card, Some(reason));
        self.record(event, Vec::new(), stamp.ran)
    }

    fn record(
        &self,
        event: PaymentEvent,
        postings: Vec<posting::Posting>,
        ran: RunTime,
    ) -> Decision {
        let request = RequestIdentity { key: self.key.clone(), body: Some(self.body) };
        let entry = Entry { postings, request: Some(request), ..Entry::of_event(event, ran) };
        Decision::Record(Box::new(entry))
    }

    fn event(
        &self,
        ledger: &Ledger,
        stamp: Stamp,
        kind: EventKind,
        card: EventCard,
        decline: Option<DeclineReason>,
    ) -> PaymentEvent {
        PaymentEvent {
            event_id: stamp.event_id,
            kind,
            position: ledger.position() + 1,
            transaction_id: stamp.payment_id,
            card: Some(card),
            amount: self.amount,
            payment: Some(
                PaymentSnapshot::new(self.amount.minor, stamp.now).after(kind, self.amount.minor),
            ),
            store: self.store.clone(),
            description: self.description.clone(),
            merchant_id: Some(self.merchant.clone()),
            order_id: self.order_id.clone(),
            decline,
            installments: self.installments,
            occurred_at: stamp.now,
            trace: stamp.trace,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::{Bench, NOW};
    use crate::ledger::{PaymentStatus, SetCardStatus};

    #[track_caller]
    fn check(bench: &mut Bench, command: &Authorize, expected: PaymentStatus) {
        let payment = bench.authorize(command).unwrap();
        assert_eq!(payment.status, expected);
        bench.check();
    }

    #[test]
    fn a_sale_charges_and_a_hold_holds() {
        let mut bench = Bench::with_card(1000);
        check(&mut bench, &Bench::sale("a", 300), PaymentStatus::Captured);
        let hold = Authorize { capture: false, ..Bench::sale("b", 200) };
        check(&mut bench, &hold, PaymentStatus::Authorized);
        let card = bench.card();
        assert_eq!((card.balance.minor, card.held.minor, card.available_minor()), (300, 200, 500));
        assert_eq!(card.sequence, 3);
    }

    #[test]
    fn refusals_come_in_order_of_precedence() {
        use DeclineReason::{
            CardBlocked, CardCancelled, ExpiredCard, InsufficientFunds, LostCard, UnknownCard,
        };
        use PaymentStatus::Declined;
        let mut bench = Bench::with_card(1000);
        let too_much = Bench::sale("funds", 1001);
        check(&mut bench, &too_much, Declined(InsufficientFunds));

        bench.always_decline(LostCard);
        let lost = Authorize { key: Bench::key("lost"), ..too_much.clone() };
        check(&mut bench, &lost, Declined(LostCard));

        let mut expired = Authorize { key: Bench::key("expired"), ..too_much.clone() };
        expired.card.expiry = Expiry::new(2034, 1).unwrap();
        check(&mut bench, &expired, Declined(ExpiredCard));

        for (status, key, reason) in [
            (CardStatus::Blocked, "blocked", CardBlocked),
            (CardStatus::Cancelled, "cancelled", CardCancelled),
        ] {
            bench.set_status(&SetCardStatus { token: Bench::token(), status });
            let command = Authorize { key: Bench::key(key), ..expired.clone() };
            check(&mut bench, &command, Declined(reason));
        }
        let mut unknown = Authorize { key: Bench::key("unknown"), ..expired };
        unknown.card.token = CardToken::parse("nobody").unwrap();
        check(&mut bench, &unknown, Declined(UnknownCard));
    }

    #[test]
    fn a_card_past_its_month_is_expired() {
        let mut bench = Bench::with_card(1000);
        let command = Bench::sale("late", 10);
        bench.now = NOW.0 + 3650 * 86_400_000;
        check(&mut bench, &command, PaymentStatus::Declined(DeclineReason::ExpiredCard));
    }

    #[test]
    fn a_card_is_good_until_its_last_day_ends_in_brasilia() {
        for (now, expected) in [
            (1_796_093_999_999, PaymentStatus::Captured),
            (1_796_094_000_000, PaymentStatus::Declined(DeclineReason::ExpiredCard)),
        ] {
            let mut bench = Bench::with_card(1000);
            let november = Expiry::new(2026, 11).unwrap();
            bench.entries[0].issued.as_mut().unwrap().expiry = november;
            bench.replay();
            let mut command = Bench::sale("k", 10);
            command.card.expiry = november;
            bench.now = now;
            check(&mut bench, &command, expected);
        }
    }

    #[test]
    fn a_bad_request_is_not_an_answer() {
        let mut bench = Bench::with_card(1000);
        for (amount, installments, error) in [
            (0, 1, AuthorizeError::AmountNotPositive),
            (-5, 1, AuthorizeError::AmountNotPositive),
            (5, 0, AuthorizeError::InstallmentsOutOfRange),
            (5, 13, AuthorizeError::InstallmentsOutOfRange),
        ] {
            let command = Authorize { installments, ..Bench::sale("bad", amount) };
            assert_eq!(bench.authorize(&command), Err(error));
        }
        for store in ["", " \t\u{a0}"] {
            let command = Authorize { store: store.into(), ..Bench::sale("bad", 5) };
            assert_eq!(bench.authorize(&command), Err(AuthorizeError::StoreBlank));
        }
        let dollars = Money { minor: 5, currency: bancada_kernel::Currency::USD };
        let command = Authorize { amount: dollars, ..Bench::sale("bad", 5) };
        assert_eq!(bench.authorize(&command), Err(AuthorizeError::CurrencyNotSupported));
        check(&mut bench, &Bench::sale("bad", 5), PaymentStatus::Captured);
    }

    #[test]
    fn a_repeated_key_returns_the_first_answer() {
        let mut bench = Bench::with_card(1000);
        let command = Bench::sale("k", 600);
        let first = bench.authorize(&command).unwrap();
        let position = bench.ledger.position();
        assert_eq!(bench.authorize(&command).unwrap(), first);
        assert_eq!(bench.ledger.position(), position);
        let declined = Bench::sale("d", 600);
        let refused = bench.authorize(&declined).unwrap();
        bench.change_limit(10_000);
        assert_eq!(bench.authorize(&declined).unwrap(), refused, "a refusal is an answer too");
        let other = Authorize { body: BodyHash([9; 16]), ..command };
        assert_eq!(bench.authorize(&other), Err(AuthorizeError::KeyReused(KeyReused)));
        bench.check();
    }

    #[test]
    fn the_whole_limit_can_be_spent_and_not_a_cent_more() {
        let mut bench = Bench::with_card(1000);
        check(&mut bench, &Bench::sale("all", 1000), PaymentStatus::Captured);
        let one = Bench::sale("one", 1);
        check(&mut bench, &one, PaymentStatus::Declined(DeclineReason::InsufficientFunds));
    }
}
