//! A request on its way between ledgers.

use bancada_bank::ledger::{Abandon, Authorize, BodyHash, CardPresented, PayBill};
use bancada_bank::shards::{KeyOwner, Keyed};
use bancada_kernel::{Brand, CardToken, Expiry, IdempotencyKey, MerchantId, Money, Shard};

use crate::draw::Draw;

/// Keys of each space.
const N_KEYS: usize = 8;
const AMOUNTS: [i64; 2] = [100, 250];

/// What is asked.
#[derive(Clone)]
pub(super) enum Ask {
    Authorize(Box<Authorize>),
    Abandon(Abandon),
    PayBill(PayBill),
}

/// Where it is.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    /// Nobody has looked at it.
    Arrives,
    /// The ledger of its card asks this one for its key.
    Yields { home: Shard, own: Shard },
    /// This ledger decides.
    Decides { at: Shard },
}

pub(super) struct Request {
    pub(super) ask: Ask,
    pub(super) stage: Stage,
}

impl Request {
    /// One with a key that others have as well.
    pub(super) fn draw(draw: &mut Draw, cards: &[CardToken]) -> Request {
        let merchant = MerchantId::parse("loja").expect("a short word");
        let key = format!("k{}", draw.below(N_KEYS));
        let key = IdempotencyKey::parse(&key).expect("a short word");
        let (card, amount) = (draw.pick(cards).clone(), Money::brl(*draw.pick(&AMOUNTS)));
        let ask = match draw.below(5) {
            0 => Ask::Abandon(Abandon { merchant, key }),
            1 | 2 => Ask::PayBill(PayBill { key, token: card, amount }),
            _ => Ask::Authorize(Box::new(Authorize {
                merchant,
                key,
                body: BodyHash(body(&card, amount)),
                card: presented(card),
                amount,
                capture: true,
                store: "Loja".to_owned(),
                description: "Café".to_owned(),
                order_id: "1".to_owned(),
                installments: 1,
            })),
        };
        Request { ask, stage: Stage::Arrives }
    }
}

fn presented(token: CardToken) -> CardPresented {
    let expiry = Expiry::new(2035, 12).expect("a month");
    CardPresented { token, masked_number: "************0001".into(), brand: Brand::Visa, expiry }
}

/// Another body for another card or amount.
fn body(card: &CardToken, amount: Money) -> [u8; 16] {
    let mut body = [0; 16];
    body[..8].copy_from_slice(&amount.minor.to_le_bytes());
    for (to, from) in body[8..].iter_mut().zip(card.to_string().bytes()) {
        *to = from;
    }
    body
}

impl Keyed for Ask {
    fn key(&self) -> (KeyOwner<'_>, &IdempotencyKey) {
        match self {
            Ask::Authorize(command) => command.key(),
            Ask::Abandon(command) => command.key(),
            Ask::PayBill(command) => command.key(),
        }
    }
}
