//! A ledger on a bench: one card, commands in short words, every entry kept.

use bancada_kernel::{
    Brand, CardToken, Currency, DeclineReason, EventId, Expiry, IdempotencyKey, MerchantId, Money,
    PaymentId, Timestamp,
};
use uuid::Uuid;

use super::{
    Abandon, Authorize, AuthorizeError, BodyHash, CardAccount, CardPresented, Decision, Entry,
    IssueCard, Ledger, Payment, SetCardStatus, Stamp, check,
};

/// 2026-11-24T00:00:00Z
pub(crate) const NOW: Timestamp = Timestamp(1_795_478_400_000);

pub(crate) struct Bench {
    pub(crate) ledger: Ledger,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: i64,
}

impl Bench {
    pub(crate) fn with_card(limit_minor: i64) -> Bench {
        let mut bench =
            Bench { ledger: Ledger::new(Currency::BRL), entries: Vec::new(), now: NOW.0 };
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
            trace: None,
        }
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
        Ok(self.settle(decision))
    }

    pub(crate) fn abandon(&mut self, merchant: &MerchantId, key: &str) -> Payment {
        let command = Abandon { merchant: merchant.clone(), key: Bench::key(key) };
        let decision = command.decide(&self.ledger, self.stamp());
        self.settle(decision)
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

    /// Raises the limit from the first entry on.
    pub(crate) fn raise_limit(&mut self, limit_minor: i64) {
        for entry in &mut self.entries {
            let card = entry.event.card.as_mut().unwrap();
            card.after.as_mut().unwrap().limit.minor = limit_minor;
        }
        self.replay();
    }

    /// Every invariant holds.
    #[track_caller]
    pub(crate) fn check(&self) {
        assert_eq!(check(&self.ledger, &self.entries), []);
    }

    fn settle(&mut self, decision: Decision) -> Payment {
        let id = match decision {
            Decision::Replay(id) => id,
            Decision::Record(entry) => {
                let id = entry.event.transaction_id;
                self.apply(*entry);
                id
            }
        };
        self.ledger.payment(id).unwrap().clone()
    }

    fn apply(&mut self, entry: Entry) {
        self.ledger.apply(&entry);
        self.entries.push(entry);
    }

    fn replay(&mut self) {
        self.ledger = Ledger::new(Currency::BRL);
        for entry in &self.entries {
            self.ledger.apply(entry);
        }
    }
}
