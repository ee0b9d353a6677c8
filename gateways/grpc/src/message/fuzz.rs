//! Whatever comes over gRPC: it is a message that means something, or is refused.

use std::time::Instant;

use bancada_fuzz::{Fuzz, gist};
use bancada_kernel::TraceContext;
use bancada_proto::bank::v1;
use bancada_proto::codebank;
use prost::Message;
use tonic::Status;

use super::{card, event, money, payment, stream};
use crate::client::bank::read_answer;
use crate::client::classify::classify;
use crate::server::codebank::payment_request;

const WORDS: [&str; 8] = [
    "4242424242424242",
    "378282246310005",
    "BRL",
    "JPY",
    "01a20f88-7e38-703d-8ba8-f63131bc82ac",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "payment.refunded",
    "card_blocked",
];

/// Feeds one kind of message; `read` says what it means.
fn fuzz<M: Message + Default>(
    name: &str,
    seeds: impl IntoIterator<Item = M>,
    read: impl Fn(M) -> String,
) {
    let seeds = seeds.into_iter().map(|message| message.encode_to_vec());
    let fuzz = Fuzz::new(env!("CARGO_MANIFEST_DIR"), name).seeds(seeds).words(&WORDS);
    fuzz.run(|bytes| match M::decode(bytes) {
        Ok(message) => {
            let written = message.encode_to_vec();
            let again = M::decode(&*written).expect("what was written is read");
            assert_eq!(again.encode_to_vec(), written);
            read(message)
        }
        Err(error) => gist(&error),
    });
}

/// A refusal without what it quotes.
fn said<T>(result: Result<T, Status>) -> String {
    match result {
        Ok(_) => "read".to_owned(),
        Err(status) => format!("{:?} {}", status.code(), gist(&status.message())),
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn brl(amount_minor: i64) -> Option<v1::Money> {
    Some(v1::Money { amount_minor, currency: text("BRL") })
}

fn authorization() -> v1::AuthorizeRequest {
    v1::AuthorizeRequest {
        merchant_id: text("loja"),
        idempotency_key: text("k-1"),
        card: Some(v1::CardDetails {
            number: text("4242 4242 4242 4242"),
            holder: text("Ana Teste"),
            expiry_month: 12,
            expiry_year: 2035,
            cvv: text("123"),
        }),
        amount: brl(12_990),
        capture: true,
        store: text("Loja"),
        description: text("Café"),
        order_id: text("o-1"),
        installments: 3,
    }
}

fn trace() -> TraceContext {
    TraceContext::new(1, 2).expect("a trace with ids")
}

const PAYMENT_ID: &str = "01a20f88-7e38-703d-8ba8-f63131bc82ac";

#[test]
fn no_bytes_make_an_authorization_panic() {
    fuzz("authorization", [authorization()], |message: v1::AuthorizeRequest| {
        let (merchant, key) = (message.merchant_id.clone(), message.idempotency_key.clone());
        let request = payment::request(message, None);
        if let Ok(request) = &request {
            assert_eq!((request.merchant.as_str(), request.key.as_str()), (&*merchant, &*key));
        }
        said(request)
    });
    let item = |id, request, timeout_ms| v1::AuthorizeItem {
        id,
        request,
        traceparent: text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        timeout_ms,
    };
    let items = vec![item(1, Some(authorization()), 500), item(u64::MAX, None, u32::MAX)];
    fuzz("batch", [v1::AuthorizeBatch { items }], |message: v1::AuthorizeBatch| {
        let now = Instant::now();
        message.items.into_iter().map(|item| said(stream::request(item, now))).collect()
    });
}

#[test]
fn no_bytes_make_an_operation_panic() {
    let capture = v1::CaptureRequest {
        merchant_id: text("loja"),
        idempotency_key: text("k-1"),
        payment_id: text(PAYMENT_ID),
        amount: brl(1),
    };
    fuzz("operation", [capture], |message: v1::CaptureRequest| {
        let v1::CaptureRequest { merchant_id, idempotency_key, payment_id, amount } = message;
        let request = payment::operation(&merchant_id, &idempotency_key, &payment_id, trace());
        said(request) + &said(money::from_message("amount", amount))
    });
    let by_id = v1::get_payment_request::By::PaymentId(text(PAYMENT_ID));
    let by_key = v1::get_payment_request::By::IdempotencyKey(text("k-1"));
    let queries =
        [by_id, by_key].map(|by| v1::GetPaymentRequest { merchant_id: text("loja"), by: Some(by) });
    fuzz("query", queries, |message: v1::GetPaymentRequest| {
        said(payment::merchant(&message.merchant_id)) + &said(payment::query(message.by))
    });
}

#[test]
fn no_bytes_make_a_message_about_a_card_panic() {
    let issue = v1::IssueCardRequest {
        number: text("378282246310005"),
        holder: text("Ana Teste"),
        expiry_month: 12,
        expiry_year: 2035,
        limit: brl(1_000_000),
        closing_day: 5,
        due_day: 15,
    };
    fuzz("issue", [issue], |message: v1::IssueCardRequest| said(card::request(message)));
    let status = v1::SetCardStatusRequest { card_token: text("card_1"), status: 2 };
    fuzz("status", [status], |message: v1::SetCardStatusRequest| {
        said(card::status_request(message))
    });
    let limit = v1::SetCardLimitRequest { card_token: text("card_1"), limit: brl(7) };
    let bill = v1::PayBillRequest {
        card_token: text("card_1"),
        idempotency_key: text("bill-1"),
        amount: brl(7),
    };
    fuzz("bill", [bill], |message: v1::PayBillRequest| said(card::bill_request(message, trace())));
    fuzz("limit", [limit], |message: v1::SetCardLimitRequest| said(card::limit_request(message)));
}

#[test]
fn no_bytes_make_a_payment_of_the_original_contract_panic() {
    let original = codebank::PaymentRequest {
        credit_card: Some(codebank::payment_request::CreditCard {
            name: text("Ana Teste"),
            number: text("4242424242424242"),
            expiration_month: 12,
            expiration_year: 2035,
            cvv: 7,
        }),
        amount: 12.99,
        store: text("Loja"),
        description: text("Café"),
    };
    assert_eq!(said(payment_request(original.clone(), trace())), "read");
    fuzz("codebank", [original], |message: codebank::PaymentRequest| {
        said(payment_request(message, trace()))
    });
}

#[test]
fn no_bytes_make_an_event_panic_and_what_is_read_can_be_written() {
    let seeds = [event::event_to_message(&event::tests::event()), v1::PaymentEvent::default()];
    fuzz("event", seeds, |message: v1::PaymentEvent| {
        let read = event::event_from_message(message);
        if let Ok(read) = &read {
            let written = event::event_to_message(read);
            assert_eq!(event::event_from_message(written).as_ref(), Ok(read));
        }
        read.map_or_else(|error| gist(&error), |it| format!("{:?}", it.kind))
    });
}

/// What the shop reads of the Bank's answers.
#[test]
fn no_bytes_make_an_answer_panic() {
    let failure = Status::invalid_argument("card.number: it is empty");
    let payment = v1::Payment {
        payment_id: text(PAYMENT_ID),
        status: 2,
        amount: brl(7),
        card_token: text("card_1"),
        ..v1::Payment::default()
    };
    let answer = v1::AuthorizeResponse { payment: Some(payment), replayed: true };
    let answer = Some(v1::authorize_outcome::Outcome::Answer(answer));
    let outcomes = vec![
        v1::AuthorizeOutcome { id: 1, outcome: answer },
        stream::failure(2, &super::field::invalid("card.number", "it is empty")),
        stream::failure(3, &failure),
    ];
    fuzz("outcomes", [v1::AuthorizeOutcomes { outcomes }], |message: v1::AuthorizeOutcomes| {
        let results = message.outcomes.into_iter().map(|it| stream::result(it.outcome));
        let read = results.map(|result| match result {
            Ok(answer) => format!("{:?}", read_answer(answer.payment).map(|it| it.outcome)),
            Err(status) => gist(&format!("{:?}", classify(&status))),
        });
        read.collect()
    });
}
