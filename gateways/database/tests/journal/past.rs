//! A past in which everything happens: cards, sales, holds and what becomes of them, refusals.

use bancada_bank::ledger::{
    Abandon, Authorize, BodyHash, Capture, CardPresented, Decision, Entry, IssueCard, Ledger,
    Operation, Refund, RunTime, Stamp, Void,
};
use bancada_kernel::{
    Brand, CardToken, Currency, EventId, Expiry, IdempotencyKey, MerchantId, Money, PaymentId,
    Timestamp,
};
use uuid::Uuid;

/// A ledger, and the entries it was made of.
pub(crate) struct Past {
    pub(crate) ledger: Ledger,
    pub(crate) entries: Vec<Entry>,
}

impl Past {
    /// At least so many entries, always the same.
    pub(crate) fn of(n_entries: usize) -> Past {
        let mut past = Past { ledger: Ledger::new(Currency::BRL), entries: Vec::new() };
        for n in 0..5 {
            let issued = card(n).decide(&past.ledger, past.stamp()).unwrap();
            past.record(issued);
        }
        let mut n = 0;
        while past.entries.len() < n_entries {
            past.go_on(n);
            n += 1;
        }
        past
    }

    fn stamp(&self) -> Stamp {
        let n = self.ledger.position() + 1;
        Stamp {
            event_id: EventId::new(Uuid::from_u128(u128::from(n))),
            payment_id: PaymentId::new(Uuid::from_u128(u128::from(n) << 64)),
            now: Timestamp(1_795_000_000_000 + i64::try_from(n).unwrap()),
            ran: RunTime::default(),
            trace: None,
        }
    }

    fn record(&mut self, entry: Entry) -> PaymentId {
        self.ledger.apply(&entry);
        let payment = entry.event.transaction_id;
        self.entries.push(entry);
        payment
    }

    fn settle<E: std::fmt::Debug>(&mut self, decision: Result<Decision, E>) -> PaymentId {
        match decision.unwrap() {
            Decision::Record(entry) => self.record(*entry),
            Decision::Replay(_) => panic!("a key was used twice"),
        }
    }

    fn go_on(&mut self, n: u64) {
        let merchant = MerchantId::parse(&format!("loja{}", n % 3)).unwrap();
        let key = |of: &str| IdempotencyKey::parse(&format!("{of}{n}")).unwrap();
        let command = Authorize {
            merchant: merchant.clone(),
            key: key("k"),
            body: BodyHash([u8::try_from(n % 251).unwrap(); 16]),
            card: CardPresented {
                // The last of six is nobody's.
                token: token(n % 6),
                masked_number: "************1000".to_owned(),
                brand: Brand::Visa,
                expiry: Expiry::new(2035, 12).unwrap(),
            },
            amount: Money::brl(1 + i64::try_from(n % 97).unwrap()),
            capture: n.is_multiple_of(2),
            store: format!("Loja {}", n % 3),
            description: format!("Café {}", n % 7),
            // Some shops call the key of a payment by its order.
            order_id: if n.is_multiple_of(3) { format!("k{n}") } else { format!("o{n}") },
            installments: 1,
        };
        let payment = self.settle(command.decide(&self.ledger, self.stamp()));
        let operation = Operation {
            merchant: merchant.clone(),
            key: key("op"),
            body: BodyHash([9; 16]),
            payment,
        };
        let amount = command.amount;
        match n % 7 {
            0 => drop(self.settle(Void { operation }.decide(&self.ledger, self.stamp()))),
            1 | 2 => {
                let capture = Capture { operation, amount };
                self.settle(capture.decide(&self.ledger, self.stamp()));
            }
            3 | 4 => {
                let refund = Refund { operation, amount };
                self.settle(refund.decide(&self.ledger, self.stamp()));
            }
            5 => {
                let abandon = Abandon { merchant, key: key("lost") };
                self.settle(abandon.decide(&self.ledger, self.stamp()));
            }
            _ => {}
        }
    }
}

fn token(n: u64) -> CardToken {
    CardToken::parse(&format!("card_{n}")).unwrap()
}

fn card(n: u64) -> IssueCard {
    IssueCard {
        token: token(n),
        masked_number: "************1000".to_owned(),
        brand: Brand::Visa,
        holder: "Ana Teste".to_owned(),
        expiry: Expiry::new(2035, 12).unwrap(),
        limit: Money::brl(bancada_kernel::limits::MAX_LIMIT_MINOR),
        closing_day: 5,
        due_day: 15,
        always_declines: None,
    }
}
