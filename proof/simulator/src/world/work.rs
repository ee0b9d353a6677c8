//! What merchants, buyers and those who look after cards do, drawn step by step.

use std::rc::Rc;

use bancada_bank::ledger::{
    Abandon, Authorize, Capture, CardPresented, ChangeLimit, IssueCard, Operation, PayBill, Refund,
    SetCardStatus, Void,
};
use bancada_checkout::order::{Fingerprint, Item, MaskedCard, price};
use bancada_kernel::limits::{MAX_AMOUNT_MINOR, MAX_LIMIT_MINOR};
use bancada_kernel::{
    Brand, CardStatus, CardToken, DeclineReason, Expiry, IdempotencyKey, MerchantId, Money,
    OrderId, PaymentId,
};

use super::{Event, World};
use crate::body::body_hash;
use crate::evidence::{Asked, Bought, CardTold, What};
use crate::message::{Ask, Party, Request};
use crate::shop::Place;
use crate::switches::Kind;

/// How often each kind of work is done, of a hundred times.
const WORK: [(Kind, usize); 14] = [
    (Kind::Sale, 22),
    (Kind::Hold, 20),
    (Kind::Capture, 10),
    (Kind::Void, 4),
    (Kind::Refund, 8),
    (Kind::Abandon, 2),
    (Kind::Repeat, 8),
    (Kind::OtherBody, 3),
    (Kind::Senseless, 2),
    (Kind::CardStatus, 2),
    (Kind::CardLimit, 2),
    (Kind::Bill, 2),
    (Kind::Order, 12),
    (Kind::OrderAgain, 2),
];
const NEW_CARD: usize = 1;
/// Limits of the first cards: two are soon used up, and the last is the highest there is.
const LIMITS: [i64; 7] = [800, 4_000, 100_000, 1_000_000, 50_000, 50_000, MAX_LIMIT_MINOR];
/// Amounts and limits at the ends of what is taken, and beyond.
const ENDS: [i64; 9] = [
    i64::MIN,
    -1,
    0,
    1,
    MAX_AMOUNT_MINOR,
    MAX_AMOUNT_MINOR + 1,
    MAX_LIMIT_MINOR,
    MAX_LIMIT_MINOR + 1,
    i64::MAX,
];
/// Payments and requests with which something is done again, at most so far back.
const REACH: usize = 24;

/// Cards, and the payments made with them.
#[derive(Default)]
pub(super) struct Cards {
    known: Vec<CardPresented>,
    n_issued: usize,
    n_bills: usize,
    pub(super) payments: Vec<(MerchantId, PaymentId, i64)>,
}

/// The chance of one step: always as much, whatever is done with it.
struct Chance([usize; 4]);

impl Cards {
    pub(super) fn heard(&mut self, told: &CardTold) {
        if self.known.iter().all(|card| card.token != told.token) {
            self.known.push(presented(told.token.clone(), far_expiry()));
        }
    }
}

impl World {
    pub(super) fn issue_first_cards(&mut self) {
        for (n, limit) in LIMITS.into_iter().enumerate() {
            // One expires as soon as the clock is set forward by a month, one always declines.
            let expiry = if n == 4 { near_expiry() } else { far_expiry() };
            let declines = (n == 5).then_some(DeclineReason::DoNotHonor);
            let command = self.cards.issue(limit, expiry, declines);
            self.cards.known.push(presented(command.token.clone(), expiry));
            let request = Request { from: Party::Cards, ask: Rc::new(Ask::IssueCard(command)) };
            let now = self.now();
            self.bank.ask(&request, now);
        }
        self.bank.take_batch();
        self.commit();
    }

    pub(super) fn work(&mut self) {
        if self.is_settling {
            return;
        }
        let in_ms = self.work.between(1, 4);
        self.agenda.put(in_ms, Event::Work);
        let mut drawn = self.work.below(100);
        let chance = Chance(std::array::from_fn(|_| self.work.below(1 << 32)));
        let mut kind = Kind::NewCard;
        for (each, share) in WORK {
            if drawn < share {
                kind = each;
                break;
            }
            drawn -= share;
        }
        debug_assert_eq!(WORK.iter().map(|(_, share)| share).sum::<usize>() + NEW_CARD, 100);
        if self.may.has(kind) && self.do_work(kind, &chance).is_some() {
            self.counts.count(kind);
        }
    }

    /// Does it, if there is something to do it with.
    fn do_work(&mut self, kind: Kind, chance: &Chance) -> Option<()> {
        let merchant = chance.below(0, 3);
        match kind {
            Kind::Sale | Kind::Hold => {
                let card = self.any_card(chance.below(1, 64));
                let minor = chance.minor(2);
                let capture = kind == Kind::Sale;
                self.ask_new(merchant, What::Authorize { card, minor, capture });
            }
            Kind::Capture | Kind::Void | Kind::Refund => {
                let (merchant, payment, authorized) = recent(&self.cards.payments, chance.0[1])?;
                let (merchant, payment) = (merchant.clone(), *payment);
                // The whole, a part, or a little more than there is.
                let part = 1 + chance.below(3, usize::try_from(*authorized).unwrap_or(1));
                let minor = match chance.below(2, 8) {
                    0..4 => *authorized,
                    4 => authorized.saturating_add(1),
                    5 if chance.is_at_an_end(1) => chance.end(3),
                    _ => i64::try_from(part).unwrap_or(1),
                };
                let what = match kind {
                    Kind::Capture => What::Capture { payment, minor },
                    Kind::Void => What::Void { payment },
                    _ => What::Refund { payment, minor },
                };
                let key = self.new_key();
                self.ask(merchant, key, what);
            }
            Kind::Abandon => {
                // One that may have been answered, or a key that nobody knows yet.
                let asked = recent(&self.evidence.asked, chance.0[1])?;
                let (merchant, key) = (asked.merchant.clone(), asked.key.clone());
                self.ask(merchant, key, What::Abandon);
            }
            Kind::Repeat => {
                let n_back = chance.below(1, REACH.min(self.requests.len().max(1)));
                let request = self.requests.len().checked_sub(n_back + 1)?;
                self.send_request(request);
            }
            Kind::OtherBody => {
                let asked = recent(&self.evidence.asked, chance.0[1])?;
                let (merchant, key) = (asked.merchant.clone(), asked.key.clone());
                let card = self.any_card(chance.below(2, 64));
                let minor = chance.minor(3);
                self.ask(merchant, key, What::Authorize { card, minor, capture: true });
            }
            Kind::Senseless => {
                let (_, payment, minor) = recent(&self.cards.payments, chance.0[1])?;
                let (payment, minor) = (*payment, *minor);
                let what = match chance.below(2, 3) {
                    0 => What::Refund { payment, minor: 0 },
                    1 => What::Capture { payment: PaymentId::new(uuid::Uuid::nil()), minor },
                    _ => What::Authorize { card: self.any_card(2), minor: 0, capture: true },
                };
                self.ask_new(merchant, what);
            }
            Kind::CardStatus => {
                let token = self.cards.known[chance.below(1, self.cards.known.len())].token.clone();
                let status = match chance.below(2, 40) {
                    0..14 => CardStatus::Blocked,
                    14 => CardStatus::Cancelled,
                    _ => CardStatus::Active,
                };
                self.ask_about_card(Ask::SetCardStatus(SetCardStatus { token, status }));
            }
            Kind::CardLimit => {
                let token = self.cards.known[chance.below(1, self.cards.known.len())].token.clone();
                let limit = match chance.is_at_an_end(3) {
                    true => chance.end(2),
                    false => i64::try_from(chance.below(2, 8_000)).unwrap_or(0),
                };
                let limit = Money::brl(limit);
                self.ask_about_card(Ask::ChangeLimit(ChangeLimit { token, limit }));
            }
            Kind::Bill => {
                let token = self.any_card(chance.below(1, 64));
                // Now and then a key that was used before, also with another amount.
                let key = format!(
                    "bill-{}",
                    self.cards.n_bills - self.cards.n_bills.min(chance.below(2, 3))
                );
                self.cards.n_bills += 1;
                let key = IdempotencyKey::parse(&key).ok()?;
                let amount = Money::brl(chance.minor(3).saturating_mul(5));
                self.ask_about_card(Ask::PayBill(PayBill { key, token, amount }));
            }
            Kind::Order => {
                let id = OrderId::new(uuid::Uuid::from_u64_pair(
                    chance.0[1] as u64,
                    self.places.len() as u64,
                ));
                self.order(id, chance)?;
            }
            Kind::OrderAgain => {
                let n_back = chance.below(1, 4);
                let buyer = self.places.len().checked_sub(n_back + 1)?;
                match chance.below(2, 3) {
                    0 => self.order(self.places[buyer].0.id, chance)?,
                    _ => self.send_place(buyer),
                }
            }
            _ => {
                let command =
                    self.cards.issue(chance.minor(1).saturating_mul(20), far_expiry(), None);
                self.ask_about_card(Ask::IssueCard(command));
            }
        }
        Some(())
    }

    fn new_key(&self) -> IdempotencyKey {
        let key = format!("k{}", self.requests.len());
        IdempotencyKey::parse(&key).expect("a letter and a number are visible ASCII")
    }

    /// Asks under a new key.
    pub(super) fn ask_new(&mut self, merchant: usize, what: What) {
        let merchant = ["padaria", "farmacia", "posto"][merchant];
        let merchant = MerchantId::parse(merchant).expect("a word of visible letters");
        let key = self.new_key();
        self.ask(merchant, key, what);
    }

    fn ask(&mut self, merchant: MerchantId, key: IdempotencyKey, what: What) {
        let body = body_hash(&what);
        let operation =
            |payment| Operation { merchant: merchant.clone(), key: key.clone(), body, payment };
        let ask = match &what {
            What::Authorize { card, minor, capture } => Ask::Authorize(Authorize {
                merchant: merchant.clone(),
                key: key.clone(),
                body,
                card: self.cards.presented(card),
                amount: Money::brl(*minor),
                capture: *capture,
                store: "Loja da esquina".to_owned(),
                description: String::new(),
                order_id: String::new(),
                installments: 1,
            }),
            What::Capture { payment, minor } => {
                Ask::Capture(Capture { operation: operation(*payment), amount: Money::brl(*minor) })
            }
            What::Void { payment } => Ask::Void(Void { operation: operation(*payment) }),
            What::Refund { payment, minor } => {
                Ask::Refund(Refund { operation: operation(*payment), amount: Money::brl(*minor) })
            }
            What::Abandon => Ask::Abandon(Abandon { merchant: merchant.clone(), key: key.clone() }),
        };
        let body = (what != What::Abandon).then_some(body);
        self.evidence.asked.push(Asked { merchant, key, body, what, heard: Vec::new() });
        self.requests.push((Rc::new(ask), 0));
        self.send_request(self.requests.len() - 1);
    }

    /// Asked once: whether it arrives is nobody's concern.
    fn ask_about_card(&mut self, ask: Ask) {
        self.note(format_args!("about a card: {ask:?}"));
        self.send(Event::AtBank(Request { from: Party::Cards, ask: Rc::new(ask) }));
    }

    fn order(&mut self, id: OrderId, chance: &Chance) -> Option<()> {
        let products = self.catalogue.products();
        let product = &products[chance.below(2, products.len())];
        let item = Item { slug: product.slug.to_owned(), quantity: 1 };
        let (items, installments) = ([item], 1 + u32::from(chance.below(3, 3) == 0));
        let basket = price(&self.catalogue, &items, installments, None).ok()?;
        let token = self.any_card(chance.below(3, 64));
        let card = self.cards.presented(&token);
        let masked_number = card.masked_number.clone();
        let masked = MaskedCard { brand: card.brand, masked_number };
        let fingerprint = Fingerprint::of(&items, installments, &masked);
        let buyer = self.places.len();
        self.evidence.bought.push(Bought { id, heard: Vec::new() });
        self.places.push((Place { buyer, id, basket: Rc::new(basket), fingerprint, card }, 0));
        self.send_place(buyer);
        Some(())
    }

    /// A card, or now and then one that the Bank does not know.
    fn any_card(&self, n: usize) -> CardToken {
        match n {
            0 => CardToken::parse("stranger").expect("visible letters"),
            n => self.cards.known[n % self.cards.known.len()].token.clone(),
        }
    }
}

impl Cards {
    fn presented(&self, token: &CardToken) -> CardPresented {
        let known = self.known.iter().find(|card| card.token == *token);
        known.cloned().unwrap_or_else(|| presented(token.clone(), far_expiry()))
    }

    fn issue(
        &mut self,
        limit_minor: i64,
        expiry: Expiry,
        always_declines: Option<DeclineReason>,
    ) -> IssueCard {
        self.n_issued += 1;
        let n = self.n_issued;
        IssueCard {
            token: CardToken::parse(&format!("card_{n}")).expect("visible letters and a number"),
            masked_number: masked(n),
            brand: Brand::Visa,
            holder: "Ana Teste".to_owned(),
            expiry,
            limit: Money::brl(limit_minor),
            closing_day: 5,
            due_day: 15,
            always_declines,
        }
    }
}

impl Chance {
    fn below(&self, which: usize, n: usize) -> usize {
        self.0[which] % n.max(1)
    }

    /// Whether something is as small or as large as it can be, or more.
    fn is_at_an_end(&self, which: usize) -> bool {
        (self.0[which] / 4_096).is_multiple_of(8)
    }

    fn end(&self, which: usize) -> i64 {
        ENDS[self.0[which] / 65_536 % ENDS.len()]
    }

    /// An amount: small ones often, large ones now and then, and seldom one at an end of what there
    /// is.
    fn minor(&self, which: usize) -> i64 {
        let drawn = self.0[which];
        if (drawn / 4_096).is_multiple_of(64) {
            return self.end(which);
        }
        let minor = if drawn.is_multiple_of(16) { drawn / 16 % 20_000 } else { drawn / 16 % 250 };
        i64::try_from(minor + 1).unwrap_or(1)
    }
}

fn recent<T>(all: &[T], drawn: usize) -> Option<&T> {
    let n = all.len().min(REACH);
    all.len().checked_sub(1 + drawn % n.max(1)).map(|at| &all[at])
}

fn masked(n: usize) -> String {
    format!("************{n:04}")
}

fn presented(token: CardToken, expiry: Expiry) -> CardPresented {
    let n = token.as_str().trim_start_matches("card_").parse().unwrap_or(0);
    CardPresented { masked_number: masked(n), token, brand: Brand::Visa, expiry }
}

fn far_expiry() -> Expiry {
    Expiry::new(2035, 12).expect("a month of this century")
}

fn near_expiry() -> Expiry {
    Expiry::new(2026, 11).expect("a month of this century")
}
