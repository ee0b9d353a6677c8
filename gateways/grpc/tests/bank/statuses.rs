//! Every status is one of our table, also where a library would say one by itself.

use std::time::Duration;

use bancada_proto::bank::v1;
use bancada_proto::bank::v1::authorize_outcome::Outcome;
use bancada_proto::codebank;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use crate::raw_client::{RawClient, status_of};
use crate::running_bank::*;
use bancada_testbed::Disk;

const AUTHORIZE: &str = "bank.v1.BankService/Authorize";

fn old_sale() -> codebank::PaymentRequest {
    codebank::PaymentRequest {
        credit_card: Some(codebank::payment_request::CreditCard {
            name: "Ana Teste".to_owned(),
            number: NUMBER.to_owned(),
            expiration_month: 12,
            expiration_year: 2035,
            cvv: 123,
        }),
        amount: 1.0,
        store: "loja".to_owned(),
        description: String::new(),
    }
}

#[test]
fn a_callers_deadline_is_exceeded_and_not_cancelled() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Frozen);
        let mut client = RawClient::connect(&running.address).await;
        for deadline_ms in [20, 200] {
            let deadline = Some(Duration::from_millis(deadline_ms));
            let status = client.status(AUTHORIZE, &sale("late", 10), deadline).await;
            assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
        }
        let deadline = Some(Duration::from_millis(100));
        let old = client.status("payment.PaymentService/Payment", &old_sale(), deadline).await;
        assert_eq!(old.code(), Code::DeadlineExceeded, "{old:?}");
        running.stop_and_check().await;
    });
}

#[test]
fn the_servers_own_deadline_leaves_the_outcome_unknown() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Frozen);
        let mut client = RawClient::connect(&running.address).await;
        let mut other = client.clone();
        let (request, old_request) = (sale("late", 10), old_sale());
        let (new, old) = tokio::join!(
            client.status(AUTHORIZE, &request, None),
            other.status("payment.PaymentService/Payment", &old_request, None),
        );
        assert_eq!((new.code(), reason_of(&new).as_str()), (Code::Unknown, "OUTCOME_UNKNOWN"));
        // It has no reasons, and no key to repeat with.
        assert_eq!(old.code(), Code::Unavailable, "{old:?}");
        let metrics = running.metrics.text();
        let counted = r#"{code="Unknown",method="BankService/Authorize",side="server"} 1"#;
        assert!(metrics.contains(counted), "{metrics}");
        // The outcome becomes known to whoever repeats it.
        running.journal.set_disk(Disk::Well);
        assert_eq!(running.pay("late", 10).await.status(), v1::PaymentStatus::Captured);
        running.stop_and_check().await;
    });
}

#[test]
fn a_message_that_is_too_large_or_none_is_an_invalid_argument() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let large = v1::AuthorizeRequest { description: "d".repeat(70_000), ..sale("large", 10) };
        let status = running.authorize(large).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        assert_eq!(reason_of(&status), "MESSAGE_TOO_LARGE");
        let mut client = RawClient::connect(&running.address).await;
        let paths = [AUTHORIZE, "bank.v1.CardService/GetCard", "payment.PaymentService/Payment"];
        for path in paths {
            // A field that says it is longer than what is left.
            let answer = client.send(path, &[0x0a, 0x7f, 0x01], None).await.unwrap();
            let status = status_of(answer).await;
            assert_eq!(status.code(), Code::InvalidArgument, "{path}: {status:?}");
            assert_eq!(reason_of(&status), "MESSAGE_UNREADABLE", "{path}");
        }
        running.stop_and_check().await;
    });
}

/// What was charged is told, whatever came behind it.
#[test]
fn a_stream_with_a_batch_that_is_too_large_first_answers_the_good_one() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Frozen);
        let (batches, outgoing) = mpsc::channel(2);
        let opened = running.payments().authorize_stream(ReceiverStream::new(outgoing)).await;
        let mut outcomes = opened.unwrap().into_inner();
        let item = |id, request| v1::AuthorizeItem {
            id,
            request: Some(request),
            traceparent: String::new(),
            timeout_ms: 0,
        };
        let good = v1::AuthorizeBatch { items: vec![item(7, sale("good", 10))] };
        batches.send(good).await.unwrap();
        eventually("running.handle.in_flight() > 0", async || running.handle.in_flight() > 0).await;
        let large = v1::AuthorizeRequest { description: "d".repeat(70_000), ..sale("large", 1) };
        let large = v1::AuthorizeBatch { items: vec![item(8, large)] };
        assert!(large.encoded_len() > 64 * 1_024);
        batches.send(large).await.unwrap();
        drop(batches);
        running.journal.set_disk(Disk::Well);
        let told = outcomes.message().await.unwrap().expect("the good batch is answered");
        assert_eq!(told.outcomes.len(), 1);
        assert_eq!(told.outcomes[0].id, 7);
        assert!(matches!(told.outcomes[0].outcome, Some(Outcome::Answer(_))), "{told:?}");
        let status = outcomes.message().await.unwrap_err();
        assert_eq!(reason_of(&status), "MESSAGE_TOO_LARGE");
        running.stop_and_check().await;
    });
}

#[test]
fn what_is_not_found_says_what_it_is() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let by = v1::get_payment_request::By::IdempotencyKey("never".to_owned());
        let asked = v1::GetPaymentRequest { merchant_id: "loja".to_owned(), by: Some(by) };
        let status = running.payments().get_payment(asked).await.unwrap_err();
        assert_eq!((status.code(), reason_of(&status)), (Code::NotFound, "PAYMENT_UNKNOWN".into()));
        let token = running.token().await.replace(|c: char| c.is_ascii_digit(), "0");
        let asked = v1::GetCardRequest { card_token: token };
        let status = running.cards().get_card(asked).await.unwrap_err();
        assert_eq!((status.code(), reason_of(&status)), (Code::NotFound, "CARD_UNKNOWN".into()));
        running.stop_and_check().await;
    });
}

#[test]
fn a_call_for_another_host_is_refused_before_anybody_looks_at_it() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut client = RawClient::connect(&running.address).await;
        let (_, port) = running.address.rsplit_once(':').unwrap();
        for host in [format!("localhost:{port}"), "[::1]".to_owned(), "10.0.0.7:1".to_owned()] {
            client.host = host;
            let status = client.status(AUTHORIZE, &sale("ours", 10), None).await;
            assert_eq!(status.code(), Code::Ok, "{}: {status:?}", client.host);
        }
        client.host = format!("rebound.example:{port}");
        for path in [AUTHORIZE, "grpc.health.v1.Health/Check", "nobody.Knows/This"] {
            let status = client.status(path, &sale("theirs", 10), None).await;
            let told = (status.code(), reason_of(&status));
            assert_eq!(told, (Code::PermissionDenied, "HOST_NOT_ALLOWED".to_owned()), "{path}");
        }
        let by = v1::get_payment_request::By::IdempotencyKey("theirs".to_owned());
        let asked = v1::GetPaymentRequest { merchant_id: "loja".to_owned(), by: Some(by) };
        let status = running.payments().get_payment(asked).await.unwrap_err();
        assert_eq!(reason_of(&status), "PAYMENT_UNKNOWN", "nothing was decided");
        let metrics = running.metrics.text();
        assert!(metrics.contains(r#"method="other""#) && !metrics.contains("nobody"), "{metrics}");
        running.stop_and_check().await;
    });
}
