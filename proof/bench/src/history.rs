//! A journal of many payments, decided by the ledger itself, and a snapshot near its end.

use std::path::Path;

use bancada_bank::Vault;
use bancada_bank::ledger::{
    Authorize, BodyHash, Capture, CardPresented, Decision, Entry, IssueCard, Ledger, Operation,
    Refund, RunTime, Stamp,
};
use bancada_bank::ports::{JournalOpener as _, JournalStore, SnapshotStore as _};
use bancada_database::journal::SqliteJournal;
use bancada_database::snapshot::FileSnapshots;
use bancada_kernel::{
    CardNumber, Currency, EventId, Expiry, IdempotencyKey, MerchantId, Money, PaymentId, Timestamp,
};
use bancada_telemetry::clock;

use crate::cards::Cards;
use crate::side::bank::VAULT_KEY;

/// Between two payments: a million of them are younger than a hold's end and an answer's.
const PAUSE_MS: i64 = 500;
const LIMIT: Money = Money::brl(100_000_000);
const BATCH: usize = 1_024;

struct Past {
    ledger: Ledger,
    store: Box<dyn JournalStore>,
    batch: Vec<Entry>,
    now: Timestamp,
}

impl Past {
    fn stamp(&self) -> Stamp {
        let (event_id, payment_id) = (EventId::new(clock::uuid()), PaymentId::new(clock::uuid()));
        // As if a Bank had run all the time.
        let ran = RunTime::of_wall_clock(self.now);
        Stamp { event_id, payment_id, now: self.now, ran, trace: None }
    }

    fn record(&mut self, entry: Entry) -> anyhow::Result<PaymentId> {
        let payment = entry.event.transaction_id;
        self.ledger.apply(&entry);
        self.batch.push(entry);
        if self.batch.len() == BATCH {
            self.append()?;
        }
        Ok(payment)
    }

    fn settle<E>(&mut self, decision: Result<Decision, E>) -> anyhow::Result<PaymentId>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        match decision? {
            Decision::Record(entry) => self.record(*entry),
            Decision::Replay(_) => anyhow::bail!("a key was used twice"),
        }
    }

    fn append(&mut self) -> anyhow::Result<()> {
        self.store.append(&self.batch)?;
        self.batch.clear();
        Ok(())
    }
}

/// Makes it, with a snapshot `tail` entries before its end; how many entries it has.
pub(crate) fn make(folder: &Path, n_payments: u64, n_cards: u64, tail: u64) -> anyhow::Result<u64> {
    let store = SqliteJournal::new(&folder.join("journal.sqlite3"), 0, None).open()?;
    let pause = PAUSE_MS * i64::try_from(n_payments)?;
    let now = Timestamp(clock::now().0 - pause);
    let ledger = Ledger::new(Currency::BRL);
    let mut past = Past { ledger, store, batch: Vec::new(), now };
    let vault = Vault::new(VAULT_KEY);
    let numbers = Cards::new(usize::try_from(n_cards)?);
    let cards: Vec<_> =
        numbers.numbers().iter().map(|it| card(&vault, it)).collect::<Result<_, _>>()?;
    for card in &cards {
        let issued = issue(card).decide(&past.ledger, past.stamp())?;
        past.record(issued)?;
    }
    // Of twenty payments: see `pay`.
    let n_entries = n_cards + n_payments + n_payments / 20 * 4;
    let mut has_snapshot = false;
    for n in 0..n_payments {
        past.now.0 += PAUSE_MS;
        let card = &cards[usize::try_from(n.wrapping_mul(7_919) % n_cards)?];
        pay(&mut past, n, card)?;
        if !has_snapshot && past.ledger.position() + tail >= n_entries {
            past.append()?;
            FileSnapshots::new(folder, 0).write(&past.ledger)?;
            has_snapshot = true;
        }
    }
    past.append()?;
    Ok(past.ledger.position())
}

/// Of twenty payments, fifteen are sales, of which one is partly refunded; three are held and then
/// captured, one stays held, one is declined.
fn pay(past: &mut Past, n: u64, card: &CardPresented) -> anyhow::Result<()> {
    let kind = n % 20;
    let key = clock::uuid().to_string();
    let minor = if kind == 18 { LIMIT.minor + 1 } else { 100 + i64::try_from(n % 9_973)? };
    let merchant = MerchantId::parse(&format!("loja-{}", n % 17))?;
    let command = Authorize {
        merchant: merchant.clone(),
        key: IdempotencyKey::parse(&key)?,
        body: BodyHash(
            n.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .to_le_bytes()
                .repeat(2)
                .try_into()
                .map_err(|_| anyhow::anyhow!("twice eight bytes are sixteen"))?,
        ),
        card: card.clone(),
        amount: Money::brl(minor),
        capture: kind < 14 || kind == 19,
        store: format!("Loja {}", n % 17),
        description: format!("Produto {}", n % 211),
        order_id: key,
        installments: 1,
    };
    let payment = past.settle(command.decide(&past.ledger, past.stamp()))?;
    let operation = Operation {
        merchant,
        key: IdempotencyKey::parse(&clock::uuid().to_string())?,
        body: BodyHash([3; 16]),
        payment,
    };
    match kind {
        14..=16 => {
            let capture = Capture { operation, amount: command.amount };
            past.settle(capture.decide(&past.ledger, past.stamp()))?;
        }
        19 => {
            let refund = Refund { operation, amount: Money::brl(minor / 2) };
            past.settle(refund.decide(&past.ledger, past.stamp()))?;
        }
        _ => {}
    }
    Ok(())
}

fn card(vault: &Vault, number: &str) -> anyhow::Result<CardPresented> {
    let number = CardNumber::parse(number)?;
    Ok(CardPresented {
        token: vault.token(&number),
        masked_number: number.masked(),
        brand: number.brand(),
        expiry: Expiry::new(2035, 12)?,
    })
}

fn issue(card: &CardPresented) -> IssueCard {
    IssueCard {
        token: card.token.clone(),
        masked_number: card.masked_number.clone(),
        brand: card.brand,
        holder: "Ana Teste".to_owned(),
        expiry: card.expiry,
        limit: LIMIT,
        closing_day: 5,
        due_day: 15,
        always_declines: None,
    }
}
