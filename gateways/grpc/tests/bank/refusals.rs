//! Requests that make no sense: a status that names the field, and nothing recorded.

use bancada_proto::bank::v1::{self, AuthorizeRequest, CardDetails, PaymentStatus};
use tonic::Code;

use crate::running_bank::*;

fn with_card(change: impl FnOnce(&mut CardDetails)) -> AuthorizeRequest {
    let mut card = details(NUMBER);
    change(&mut card);
    AuthorizeRequest { card: Some(card), ..sale("k", 10) }
}

fn with_currency(currency: &str) -> AuthorizeRequest {
    let money = v1::Money { amount_minor: 10, currency: currency.to_owned() };
    AuthorizeRequest { amount: Some(money), ..sale("k", 10) }
}

fn bad_requests() -> Vec<(&'static str, AuthorizeRequest)> {
    let good = || sale("k", 10);
    vec![
        ("amount.amount_minor", sale("k", 0)),
        ("amount.amount_minor", sale("k", -1)),
        ("amount.amount_minor", sale("k", i64::MIN)),
        ("amount.currency", with_currency("USD")),
        ("amount.currency", with_currency("real")),
        ("amount.currency", with_currency("")),
        ("amount", AuthorizeRequest { amount: None, ..good() }),
        ("card", AuthorizeRequest { card: None, ..good() }),
        // Fails the Luhn check.
        ("card.number", with_card(|card| card.number = "4242424242424241".into())),
        ("card.number", with_card(|card| card.number = "4242".into())),
        ("card.number", with_card(|card| card.number = "quatro dois".into())),
        ("card.number", with_card(|card| card.number.clear())),
        ("card.expiry_month", with_card(|card| card.expiry_month = 0)),
        ("card.expiry_month", with_card(|card| card.expiry_month = 13)),
        ("card.expiry_month", with_card(|card| card.expiry_month = 300)),
        ("card.expiry_year", with_card(|card| card.expiry_year = 70_000)),
        ("card.cvv", with_card(|card| card.cvv = "12".into())),
        ("card.cvv", with_card(|card| card.cvv = "1234".into())),
        ("card.cvv", with_card(|card| card.cvv = "12x".into())),
        ("card.holder", with_card(|card| card.holder = "A".repeat(65))),
        ("card.holder", with_card(|card| card.holder = "Ana\nTeste".into())),
        ("merchant_id", AuthorizeRequest { merchant_id: String::new(), ..good() }),
        ("merchant_id", AuthorizeRequest { merchant_id: "a loja".into(), ..good() }),
        ("idempotency_key", sale("", 10)),
        ("idempotency_key", sale("com espaço", 10)),
        ("idempotency_key", sale(&"k".repeat(256), 10)),
        ("store", AuthorizeRequest { store: "s".repeat(129), ..good() }),
        ("description", AuthorizeRequest { description: "a\u{7}".into(), ..good() }),
        ("order_id", AuthorizeRequest { order_id: "o".repeat(129), ..good() }),
        ("installments", AuthorizeRequest { installments: 13, ..good() }),
        ("installments", AuthorizeRequest { installments: 256 + 1, ..good() }),
    ]
}

#[test]
fn a_bad_field_is_named_and_nothing_is_recorded() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        for (field, request) in bad_requests() {
            let status = running.authorize(request).await.unwrap_err();
            assert_eq!(field_of(&status), field, "{status:?}");
            assert!(status.message().starts_with(field), "{status:?}");
        }
        assert_eq!(running.journal.entries().len(), 1, "the card, and nothing else");
        let good = running.pay("k", 10).await;
        assert_eq!(good.status(), PaymentStatus::Captured, "the key was not used up");
        running.stop_and_check().await;
    });
}

#[test]
fn a_message_of_more_than_64_kib_is_not_read() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let huge = AuthorizeRequest { description: "x".repeat(64 * 1024), ..sale("k", 10) };
        let status = running.authorize(huge).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        assert!(status.message().contains("65536"), "{status:?}");
        // The next largest thing is read, and refused for what it is.
        let large = AuthorizeRequest { description: "x".repeat(16_000), ..sale("k", 10) };
        assert_eq!(field_of(&running.authorize(large).await.unwrap_err()), "description");
        assert_eq!(running.journal.entries().len(), 1);
        running.stop_and_check().await;
    });
}

#[test]
fn a_question_that_makes_no_sense_names_the_field() {
    use v1::get_payment_request::By;
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let ask = |merchant: &str, by| v1::GetPaymentRequest { merchant_id: merchant.into(), by };
        for (field, request) in [
            ("merchant_id", ask("", Some(By::IdempotencyKey("k".into())))),
            ("by", ask("loja", None)),
            ("payment_id", ask("loja", Some(By::PaymentId("42".into())))),
            ("idempotency_key", ask("loja", Some(By::IdempotencyKey(String::new())))),
        ] {
            let status = running.payments().get_payment(request).await.unwrap_err();
            assert_eq!(field_of(&status), field);
        }
        let abandon = |merchant: &str, key: &str| v1::AbandonRequest {
            merchant_id: merchant.into(),
            idempotency_key: key.into(),
        };
        for (field, request) in
            [("merchant_id", abandon("", "k")), ("idempotency_key", abandon("loja", ""))]
        {
            let status = running.payments().abandon(request).await.unwrap_err();
            assert_eq!(field_of(&status), field);
        }
        assert_eq!(running.journal.entries().len(), 1);
        running.stop_and_check().await;
    });
}

#[test]
fn an_unknown_method_is_unimplemented() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut client = tonic::client::Grpc::new(running.channel.clone());
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<v1::AbandonRequest, v1::AuthorizeResponse>::default();
        let path =
            tonic::codegen::http::uri::PathAndQuery::from_static("/bank.v1.BankService/Gift");
        let request = tonic::Request::new(v1::AbandonRequest::default());
        let status = client.unary(request, path, codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        running.stop_and_check().await;
    });
}
