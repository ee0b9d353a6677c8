//! A ledger on a bench: one card, commands in short words, every entry kept.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bancada_kernel::{
    Brand, CardToken, Currency, DeclineReason, EventId, Expiry, IdempotencyKey, MerchantId, Money,
    PaymentId, Timestamp,
};
use uuid::Uuid;

use super::{
    Abandon, Account, Answered, Authorize, AuthorizeError, BillPayment, BodyHash, Capture,
    CaptureError, CaptureRefusal, CardAccount, CardPresented, ChangeLimit, Decision, Entry, Expire,
    IssueCard, KeyReused, Ledger, Operation, PayBill, PayBillError, Payment, Refund, RefundError,
    RefundRefusal, Refusal, Restoring, RunTime, SetCardStatus, Stamp, Void, VoidError, VoidRefusal,
    check,
};

/// 2026-11-24T00:00:00Z
pub(crate) const NOW: Timestamp = Timestamp(1_795_478_400_000);

pub(crate) struct Bench {
    pub(crate) ledger: Ledger,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: i64,
    /// How long Banks have run.
    pub(crate) ran: u64,
}

impl Bench {
    pub(crate) fn with_card(limit_minor: i64) -> Bench {
        let mut bench =
            Bench { ledger: Ledger::new(Currency::BRL), entries: Vec::new(), now: NOW.0, ran: 0 };
        let issued = Bench::new_card("tok", limit_minor).decide(&bench.ledger, bench.stamp());
        bench.apply(issued.unwrap());
        bench
    }

    pub(crate) fn token() -> CardToken {
        CardToken::parse("tok").unwrap()
    }

    pub(crate) fn key(key: &str) -> IdempotencyKey {
        IdempotencyKey::parse(key).unwrap()
    }

    pub(crate) fn card(&self) -> &CardAccount {
        self.ledger.card(&Bench::token()).unwrap()
    }

    pub(crate) fn stamp(&self) -> Stamp {
        let n = u128::from(self.ledger.position()) + 1;
        Stamp {
            event_id: EventId::new(Uuid::from_u128(n)),
            payment_id: PaymentId::new(Uuid::from_u128(n << 64)),
            now: Timestamp(self.now),
            ran: RunTime(self.ran),
            trace: None,
        }
    }

    /// Time passes while a Bank runs.
    pub(crate) fn run(&mut self, ms: u64) {
        self.ran += ms;
        self.now += i64::try_from(ms).unwrap();
    }

    pub(crate) fn new_card(token: &str, limit_minor: i64) -> IssueCard {
        IssueCard {
            token: CardToken::parse(token).unwrap(),
            masked_number: "************4242".into(),
            brand: Brand::Visa,
            holder: "Ana Teste".into(),
            expiry: Expiry::new(2035, 12).unwrap(),
            limit: Money::brl(limit_minor),
            closing_day: 3,
            due_day: 10,
            always_declines: None,
        }
    }

    pub(crate) fn sale(key: &str, amount_minor: i64) -> Authorize {
        Authorize {
            merchant: MerchantId::parse("loja").unwrap(),
            key: Bench::key(key),
            body: BodyHash([1; 16]),
            card: CardPresented {
                token: Bench::token(),
                masked_number: "************4242".into(),
                brand: Brand::Visa,
                expiry: Expiry::new(2035, 12).unwrap(),
            },
            amount: Money::brl(amount_minor),
            capture: true,
            store: "Loja Bancada".into(),
            description: "Caneca".into(),
            order_id: "order".into(),
            installments: 1,
        }
    }

    pub(crate) fn authorize(&mut self, command: &Authorize) -> Result<Payment, AuthorizeError> {
        let decision = command.decide(&self.ledger, self.stamp())?;
        Ok(self.settle(decision).payment)
    }

    pub(crate) fn abandon(
        &mut self,
        merchant: &MerchantId,
        key: &str,
    ) -> Result<Payment, KeyReused> {
        let command = Abandon { merchant: merchant.clone(), key: Bench::key(key) };
        let decision = command.decide(&self.ledger, self.stamp())?;
        Ok(self.settle(decision).payment)
    }

    /// A hold, placed now.
    pub(crate) fn hold(&mut self, key: &str, amount_minor: i64) -> PaymentId {
        let command = Authorize { capture: false, ..Bench::sale(key, amount_minor) };
        let payment = self.authorize(&command).unwrap();
        assert_eq!(payment.status, super::PaymentStatus::Authorized);
        payment.id
    }

    /// Asks about a payment, with a body that is made of everything asked for.
    pub(crate) fn operation(key: &str, payment: PaymentId, asked: &str) -> Operation {
        let mut hasher = DefaultHasher::new();
        (payment, asked).hash(&mut hasher);
        let mut body = [0; 16];
        body[..8].copy_from_slice(&hasher.finish().to_le_bytes());
        let merchant = MerchantId::parse("loja").unwrap();
        Operation { merchant, key: Bench::key(key), body: BodyHash(body), payment }
    }

    pub(crate) fn capture_of(key: &str, payment: PaymentId, amount_minor: i64) -> Capture {
        let operation = Bench::operation(key, payment, &format!("capture {amount_minor}"));
        Capture { operation, amount: Money::brl(amount_minor) }
    }

    pub(crate) fn void_of(key: &str, payment: PaymentId) -> Void {
        Void { operation: Bench::operation(key, payment, "void") }
    }

    pub(crate) fn refund_of(key: &str, payment: PaymentId, amount_minor: i64) -> Refund {
        let operation = Bench::operation(key, payment, &format!("refund {amount_minor}"));
        Refund { operation, amount: Money::brl(amount_minor) }
    }

    pub(crate) fn capture(
        &mut self,
        command: &Capture,
    ) -> Result<Result<Payment, CaptureRefusal>, CaptureError> {
        let decision = command.decide(&self.ledger, self.stamp())?;
        Ok(self.settle_operation(decision))
    }

    pub(crate) fn void(
        &mut self,
        command: &Void,
    ) -> Result<Result<Payment, VoidRefusal>, VoidError> {
        let decision = command.decide(&self.ledger, self.stamp())?;
        Ok(self.settle_operation(decision))
    }

    pub(crate) fn refund(
        &mut self,
        command: &Refund,
    ) -> Result<Result<Payment, RefundRefusal>, RefundError> {
        let decision = command.decide(&self.ledger, self.stamp())?;
        Ok(self.settle_operation(decision))
    }

    /// Releases everything that is due; how many holds that were.
    pub(crate) fn expire(&mut self) -> usize {
        let mut n_expired = 0;
        while let Some(entry) = Expire.decide(&self.ledger, self.stamp()) {
            self.apply(entry);
            n_expired += 1;
            assert!(n_expired <= self.entries.len(), "a hold expires once");
        }
        n_expired
    }

    pub(crate) fn change_limit(&mut self, limit_minor: i64) {
        let command = ChangeLimit { token: Bench::token(), limit: Money::brl(limit_minor) };
        let entry = command.decide(&self.ledger, self.stamp()).unwrap().unwrap();
        self.apply(entry);
    }

    pub(crate) fn bill(key: &str, amount_minor: i64) -> PayBill {
        PayBill { key: Bench::key(key), token: Bench::token(), amount: Money::brl(amount_minor) }
    }

    pub(crate) fn pay_bill(&mut self, command: &PayBill) -> Result<BillPayment, PayBillError> {
        if let Some(entry) = command.decide(&self.ledger, self.stamp())? {
            self.apply(entry);
        }
        Ok(self.ledger.bill_payment(&command.key).unwrap().clone())
    }

    pub(crate) fn payment(&self, id: PaymentId) -> &Payment {
        self.ledger.payment(id).unwrap()
    }

    /// What the Bank owes the one merchant there is.
    pub(crate) fn owed_to_merchant(&self) -> i128 {
        let account = Account::MerchantSettlement(MerchantId::parse("loja").unwrap());
        self.ledger.books().find(|(it, _)| **it == account).map_or(0, |(_, sum)| -sum)
    }

    pub(crate) fn set_status(&mut self, command: &SetCardStatus) {
        let entry = command.decide(&self.ledger, self.stamp()).unwrap().unwrap();
        self.apply(entry);
    }

    /// Makes the card a demo card that declines; rewrites history, as a test may.
    pub(crate) fn always_decline(&mut self, reason: DeclineReason) {
        self.entries[0].issued.as_mut().unwrap().always_declines = Some(reason);
        self.replay();
    }

    /// Every invariant holds.
    #[track_caller]
    pub(crate) fn check(&self) {
        assert_eq!(check(&self.ledger, &self.entries), []);
    }

    fn settle_operation<R: TryFrom<Refusal, Error = Refusal>>(
        &mut self,
        decision: Decision,
    ) -> Result<Payment, R> {
        let Answered { payment, refusal } = self.settle(decision);
        match refusal {
            None => Ok(payment),
            Some(refusal) => Err(R::try_from(refusal).unwrap()),
        }
    }

    pub(crate) fn settle(&mut self, decision: Decision) -> Answered {
        let answered = match decision {
            Decision::Replay(answer) => self.ledger.given(answer),
            Decision::Record(entry) => {
                self.apply(*entry);
                self.entries.last().and_then(|entry| self.ledger.answer_of(entry))
            }
        };
        answered.unwrap()
    }

    pub(crate) fn apply(&mut self, entry: Entry) {
        self.ledger.apply(&entry);
        self.entries.push(entry);
    }

    /// Goes on with a ledger that was put together from the parts of this one.
    pub(crate) fn restore(&mut self) {
        let mut restoring = Restoring::new(u64::MAX);
        self.ledger.parts(|part| restoring.add(part)).unwrap();
        self.ledger = restoring.finish().unwrap();
    }

    pub(crate) fn replay(&mut self) {
        self.ledger = Ledger::new(Currency::BRL);
        for entry in &self.entries {
            self.ledger.apply(entry);
        }
    }
}
