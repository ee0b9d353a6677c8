//! `payment.PaymentService/Payment`: the original system's contract.

use bancada_proto::bank::v1::SetCardStatusRequest;
use bancada_proto::codebank::PaymentRequest;
use bancada_proto::codebank::payment_request::CreditCard;
use bancada_proto::codebank::payment_service_client::PaymentServiceClient;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::running_bank::*;
use bancada_testbed::Disk;

fn credit_card(number: &str) -> CreditCard {
    CreditCard {
        name: "Ana Teste".to_owned(),
        number: number.to_owned(),
        expiration_month: 12,
        expiration_year: 2035,
        cvv: 123,
    }
}

fn request(number: &str, amount: f64) -> PaymentRequest {
    PaymentRequest {
        credit_card: Some(credit_card(number)),
        amount,
        store: "Loja".to_owned(),
        description: "Café".to_owned(),
    }
}

async fn pay(running: &RunningBank, request: PaymentRequest) -> Result<(), Status> {
    let mut client = PaymentServiceClient::new(running.channel.clone());
    checked(client.payment(request).await.map(tonic::Response::into_inner))
}

/// What `FAILED_PRECONDITION` says of a decline: its ABECS code and its word.
#[track_caller]
fn decline_of(status: &Status) -> (String, String) {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    assert_eq!(reason_of(status), "DECLINED");
    let facts = status.get_details_error_info().unwrap().metadata;
    let words = match &*facts["reason"] {
        "incorrect_number" => "credit card does not exists",
        _ => "transaction rejected by the bank",
    };
    assert_eq!(status.message(), words, "as the original's clients compare them");
    (facts["code"].clone(), facts["reason"].clone())
}

#[test]
fn an_approved_payment_is_ok_and_charges_exactly() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let token = running.token().await;
        let mut owed = 0;
        // Doubles that are not exact: each must arrive as the cents it was meant to be.
        for (amount, minor) in [
            (0.29, 29),
            (1.1, 110),
            (10.0, 1_000),
            (1_500.99, 150_099),
            // 3 x 39.90, as the original's shop adds it up.
            (119.699_999_999_999_99, 11_970),
        ] {
            pay(&running, request(NUMBER, amount)).await.unwrap();
            owed += minor;
            assert_eq!(running.card(&token).await.balance, brl(owed), "{amount}");
        }
        let event = running.journal.entries().pop().unwrap().event;
        assert_eq!(event.merchant_id.unwrap().as_str(), "codebank");
        assert_eq!((event.store.as_str(), event.description.as_str()), ("Loja", "Café"));
        running.stop_and_check().await;
    });
}

#[test]
fn every_call_is_a_payment_of_its_own() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        pay(&running, request(NUMBER, 1.0)).await.unwrap();
        pay(&running, request(NUMBER, 1.0)).await.unwrap();
        assert_eq!(running.card(&running.token().await).await.balance, brl(200));
        running.stop_and_check().await;
    });
}

#[test]
fn a_decline_is_a_failed_precondition_with_its_reason() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let expired = {
            let mut message = credit_card(NUMBER);
            message.expiration_year = 2020;
            message
        };
        let expired = PaymentRequest { credit_card: Some(expired), ..request(NUMBER, 1.0) };
        for (request, code, reason) in [
            (request(NUMBER, 10.01), "51", "insufficient_funds"),
            (request(UNKNOWN_NUMBER, 1.0), "14", "incorrect_number"),
            (expired, "54", "expired_card"),
        ] {
            let status = pay(&running, request).await.unwrap_err();
            assert_eq!(decline_of(&status), (code.to_owned(), reason.to_owned()));
        }
        let token = running.token().await;
        let blocked = SetCardStatusRequest { card_token: token.clone(), status: 2 };
        running.cards().set_card_status(blocked).await.unwrap();
        let status = pay(&running, request(NUMBER, 1.0)).await.unwrap_err();
        assert_eq!(decline_of(&status), ("78".to_owned(), "card_blocked".to_owned()));
        assert_eq!(running.card(&token).await.balance, brl(0), "nothing moved");
        running.stop_and_check().await;
    });
}

#[test]
fn an_amount_that_is_no_positive_number_of_cents_is_invalid_and_moves_nothing() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        for amount in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.01,
            -10.0,
            0.0,
            -0.0,
            10.005,
            0.001,
            f64::MIN_POSITIVE,
            1e15,
            1e300,
            f64::MAX,
        ] {
            let status = pay(&running, request(NUMBER, amount)).await.unwrap_err();
            assert_eq!(field_of(&status), "amount", "{amount}");
        }
        assert_eq!(running.journal.entries().len(), 1, "the card, and nothing else");
        let card = running.card(&running.token().await).await;
        assert_eq!((card.balance, card.held), (brl(0), brl(0)));
        running.stop_and_check().await;
    });
}

#[test]
fn a_bad_card_names_the_field_as_the_contract_spells_it() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let with =
            |card: CreditCard| PaymentRequest { credit_card: Some(card), ..request(NUMBER, 1.0) };
        let card = || credit_card(NUMBER);
        let number = "4242424242424241".to_owned();
        for (field, request) in [
            ("creditCard", PaymentRequest { credit_card: None, ..request(NUMBER, 1.0) }),
            (
                "creditCard.number",
                with({
                    let mut message = card();
                    message.number = number;
                    message
                }),
            ),
            (
                "creditCard.expirationMonth",
                with({
                    let mut message = card();
                    message.expiration_month = 13;
                    message
                }),
            ),
            (
                "creditCard.expirationMonth",
                with({
                    let mut message = card();
                    message.expiration_month = -1;
                    message
                }),
            ),
            (
                "creditCard.expirationMonth",
                with({
                    let mut message = card();
                    message.expiration_year = -1;
                    message
                }),
            ),
            (
                "creditCard.cvv",
                with({
                    let mut message = card();
                    message.cvv = 12_345;
                    message
                }),
            ),
            (
                "creditCard.cvv",
                with({
                    let mut message = card();
                    message.cvv = -12;
                    message
                }),
            ),
            ("store", PaymentRequest { store: " ".to_owned(), ..request(NUMBER, 1.0) }),
            ("description", PaymentRequest { description: "\n".into(), ..request(NUMBER, 1.0) }),
        ] {
            let status = pay(&running, request).await.unwrap_err();
            assert_eq!(field_of(&status), field);
        }
        // The contract's integer has lost the zeros of 007.
        let card = {
            let mut message = card();
            message.cvv = 7;
            message
        };
        pay(&running, with(card)).await.unwrap();
        assert_eq!(running.journal.entries().len(), 2);
        running.stop_and_check().await;
    });
}

#[test]
fn a_description_of_everything_that_was_bought_is_cut_after_it_is_masked() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let names = "Café em grãos, ".repeat(8);
        let description = format!("{names}4111 1111 1111 1111 e mais");
        let store = "ã".repeat(200);
        pay(&running, PaymentRequest { description, store, ..request(NUMBER, 1.0) }).await.unwrap();
        let event = running.journal.entries().pop().unwrap().event;
        assert_eq!(event.description, format!("{names}**** ***"));
        assert_eq!(event.store, "ã".repeat(128));
        running.stop_and_check().await;
    });
}

#[test]
fn a_bank_that_is_away_is_unavailable() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.bank.shutdown().await;
        let status = pay(&running, request(NUMBER, 1.0)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        running.stop_and_check().await;
    });
}

#[test]
fn a_bank_without_room_is_unavailable_until_there_is_some() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Full);
        for _ in 0..2 {
            let status = pay(&running, request(NUMBER, 1.0)).await.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{status:?}");
            assert!(status.message().contains("disk is full"), "{status:?}");
        }
        running.journal.set_disk(Disk::Well);
        eventually("pay(&running, request(NUMBER, 1.0)).await.is_ok()", async || {
            pay(&running, request(NUMBER, 1.0)).await.is_ok()
        })
        .await;
        assert_eq!(running.card(&running.token().await).await.balance, brl(100));
        running.stop_and_check().await;
    });
}

#[test]
fn a_payment_whose_answer_was_lost_is_asked_for_again_and_charged_once() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        // The journal's thread dies with the payment in its hands, and is started anew.
        running.journal.set_disk(Disk::Panicking);
        pay(&running, request(NUMBER, 1.0)).await.unwrap();
        assert_eq!(running.journal.entries().len(), 2, "the card and one payment");
        assert_eq!(running.card(&running.token().await).await.balance, brl(100));
        running.stop_and_check().await;
    });
}

#[test]
fn a_payment_that_stays_unknown_is_not_called_refused() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Broken);
        let status = pay(&running, request(NUMBER, 1.0)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        assert!(status.message().contains("unknown"), "{status:?}");
        running.stop_and_check().await;
    });
}
