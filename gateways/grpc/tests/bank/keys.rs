//! Idempotency keys: one effect and one answer, found again and closed.

use bancada_proto::bank::v1::get_payment_request::By;
use bancada_proto::bank::v1::{
    AbandonRequest, AuthorizeRequest, AuthorizeResponse, GetPaymentRequest, Payment, PaymentStatus,
};
use tonic::{Code, Status};

use crate::running_bank::*;

async fn find(running: &RunningBank, merchant: &str, by: By) -> Result<Payment, Status> {
    let request = GetPaymentRequest { merchant_id: merchant.to_owned(), by: Some(by) };
    let found = running.payments().get_payment(request).await;
    checked(found.map(tonic::Response::into_inner)).map(|found| found.payment.unwrap())
}

async fn abandon(running: &RunningBank, key: &str) -> AuthorizeResponse {
    let request =
        AbandonRequest { merchant_id: "loja".to_owned(), idempotency_key: key.to_owned() };
    let answer = running.payments().abandon(request).await;
    checked(answer.map(tonic::Response::into_inner)).unwrap()
}

#[test]
fn the_same_request_again_gets_the_first_answer() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        for (key, amount_minor) in [("approved", 600), ("declined", 5_000)] {
            let first = running.authorize(sale(key, amount_minor)).await.unwrap();
            assert!(!first.replayed);
            let again = running.authorize(sale(key, amount_minor)).await.unwrap();
            assert!(again.replayed);
            assert_eq!(again.payment, first.payment);
        }
        // A retry may come without the security code.
        let card = {
            let mut message = details(NUMBER);
            message.cvv = String::new();
            message
        };
        let retry = AuthorizeRequest { card: Some(card), ..sale("approved", 600) };
        assert!(running.authorize(retry).await.unwrap().replayed);
        assert_eq!(running.journal.entries().len(), 3, "the card and two payments");
        assert_eq!(running.card(&running.token().await).await.balance, brl(600));
        running.stop_and_check().await;
    });
}

#[test]
fn a_key_with_another_body_already_exists_and_changes_nothing() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.issue(OTHER_NUMBER, 1_000).await;
        let first = running.pay("k", 600).await;
        let later = {
            let mut message = details(NUMBER);
            message.expiry_year = 2034;
            message
        };
        for other in [
            sale("k", 601),
            AuthorizeRequest { capture: false, ..sale("k", 600) },
            AuthorizeRequest { installments: 2, ..sale("k", 600) },
            AuthorizeRequest { order_id: "o-2".to_owned(), ..sale("k", 600) },
            AuthorizeRequest { description: "Chá".to_owned(), ..sale("k", 600) },
            AuthorizeRequest { card: Some(details(OTHER_NUMBER)), ..sale("k", 600) },
            AuthorizeRequest { card: Some(later), ..sale("k", 600) },
        ] {
            let status = running.authorize(other).await.unwrap_err();
            assert_eq!(status.code(), Code::AlreadyExists, "{status:?}");
            assert_eq!(reason_of(&status), "IDEMPOTENCY_KEY_REUSED");
        }
        assert_eq!(find(&running, "loja", By::IdempotencyKey("k".into())).await.unwrap(), first);
        assert_eq!(running.journal.entries().len(), 3);
        running.stop_and_check().await;
    });
}

#[test]
fn a_key_belongs_to_its_merchant() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let ours = running.pay("k", 100).await;
        let request = AuthorizeRequest { merchant_id: "padaria".to_owned(), ..sale("k", 200) };
        let theirs = running.authorize(request).await.unwrap();
        assert!(!theirs.replayed);
        let theirs = theirs.payment.unwrap();
        assert_ne!(theirs.payment_id, ours.payment_id);
        let by_id = |payment: &Payment| By::PaymentId(payment.payment_id.clone());
        assert_eq!(find(&running, "padaria", by_id(&theirs)).await.unwrap(), theirs);
        let status = find(&running, "padaria", by_id(&ours)).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "others' payments are not shown");
        running.stop_and_check().await;
    });
}

#[test]
fn a_payment_is_found_by_id_and_by_key_and_an_unknown_one_is_not_found() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let paid = running.pay("k", 600).await;
        let declined = running.pay("d", 600).await;
        for (payment, key) in [(paid, "k"), (declined, "d")] {
            for by in [By::PaymentId(payment.payment_id.clone()), By::IdempotencyKey(key.into())] {
                assert_eq!(find(&running, "loja", by).await.unwrap(), payment);
            }
        }
        let nobody = "01936b4e-8f3a-7c21-9d5e-2b7f6a1c0d3e".to_owned();
        for by in [By::PaymentId(nobody), By::IdempotencyKey("other".into())] {
            let status = find(&running, "loja", by).await.unwrap_err();
            assert_eq!(status.code(), Code::NotFound);
        }
        running.stop_and_check().await;
    });
}

#[test]
fn an_abandoned_key_is_closed_and_an_answer_that_was_given_stands() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let closed = abandon(&running, "late").await;
        assert!(!closed.replayed);
        let closed = closed.payment.unwrap();
        assert_eq!(closed.status(), PaymentStatus::Declined);
        let decline = closed.decline.as_ref().unwrap();
        assert_eq!((decline.code.as_str(), decline.reason.as_str()), ("99", "abandoned"));
        assert_eq!((closed.card_token.as_str(), closed.brand.as_str()), ("", ""));

        let late = running.authorize(sale("late", 100)).await.unwrap();
        assert!(late.replayed, "a late copy of the request finds the key closed");
        assert_eq!(late.payment, Some(closed.clone()));
        let again = abandon(&running, "late").await;
        assert_eq!((again.payment, again.replayed), (Some(closed), true));

        let paid = running.pay("paid", 100).await;
        let answer = abandon(&running, "paid").await;
        assert_eq!((answer.payment, answer.replayed), (Some(paid), true));
        assert_eq!(running.card(&running.token().await).await.balance, brl(100));
        running.stop_and_check().await;
    });
}
