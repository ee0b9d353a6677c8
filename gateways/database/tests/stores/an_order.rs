//! Orders for tests.

use bancada_checkout::catalogue::Catalogue;
use bancada_checkout::order::{
    Cancellation, Charge, Fingerprint, Item, MaskedCard, Order, OrderState, price,
};
use bancada_kernel::{
    Brand, CardToken, DeclineReason, Money, OrderId, PaymentId, Timestamp, TraceContext,
};
use uuid::Uuid;

pub(crate) fn id(n: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(n))
}

pub(crate) fn order(n: u128, state: OrderState) -> Order {
    let items = [Item { slug: "rede-de-algodao".to_owned(), quantity: 2 }];
    let basket = price(&Catalogue::seeded(), &items, 3, None).unwrap();
    let card = MaskedCard { brand: Brand::Elo, masked_number: "************7013".to_owned() };
    Order {
        id: id(n),
        lines: basket.lines,
        total: basket.total,
        fingerprint: Fingerprint::of(&items, 3, &card),
        card,
        installments: 3,
        state,
        placed_at: Timestamp(1_795_000_000_000),
        updated_at: Timestamp(1_795_000_000_500),
        trace: TraceContext::new(u128::MAX - 7, u64::MAX),
    }
}

pub(crate) fn charge() -> Charge {
    Charge {
        payment: PaymentId::new(Uuid::from_u128(9)),
        card_token: Some(CardToken::parse("tok_9").unwrap()),
        amount: Money::brl(37_800),
        refunded_minor: 0,
    }
}

pub(crate) fn states() -> Vec<OrderState> {
    let refused = Cancellation::RefusedByBank { code: "c".into(), message: "ação 'x'".into() };
    vec![
        OrderState::Placed,
        OrderState::Paying,
        OrderState::Paid(charge()),
        OrderState::Declined {
            payment: charge().payment,
            reason: DeclineReason::InsufficientFunds,
        },
        OrderState::Unknown,
        OrderState::Cancelled(refused),
        OrderState::Refunded(Charge { refunded_minor: 37_800, ..charge() }),
    ]
}
