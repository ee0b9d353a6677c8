//! The life of a payment from outside: a real Bank on a real disk behind a real server, asked
//! through generated clients.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod served_bank;

use bancada_bank::ledger::HOLD_MS;
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::PaymentStatus;
use tonic::Code;

use crate::served_bank::{ServedBank, another_merchant, reason, run};

#[test]
fn a_hold_is_captured_in_part_and_returned_in_parts() {
    run(async {
        let served = ServedBank::with_limit(10_000).await;
        let held = served.hold("hold", 2_000, 3).await;
        assert_eq!(held.status(), PaymentStatus::Authorized);
        assert_eq!(held.hold_ends_at_ms, held.occurred_at_ms + HOLD_MS);
        let id = &held.payment_id;

        let captured = served.capture("c", id, 500).await.unwrap();
        let payment = captured.payment.clone().unwrap();
        assert_eq!((payment.status(), payment.hold_ends_at_ms), (PaymentStatus::Captured, 0));
        assert_eq!(minor(payment.captured.as_ref()), 500);
        let plan: Vec<_> = payment.installment_plan.iter().map(|it| it.amount_minor).collect();
        assert_eq!(plan, [168, 166, 166], "the first part bears the cents");
        let card = served.card().await;
        assert_eq!((minor(card.balance.as_ref()), minor(card.held.as_ref())), (500, 0));

        for (key, amount, status) in
            [("r1", 200, PaymentStatus::Captured), ("r2", 300, PaymentStatus::Refunded)]
        {
            let payment = served.refund(key, id, amount).await.unwrap().payment.unwrap();
            assert_eq!(payment.status(), status, "{key}");
        }
        let found = served.payment(id).await;
        assert_eq!((minor(found.captured.as_ref()), minor(found.refunded.as_ref())), (500, 500));
        assert_eq!(minor(served.card().await.available.as_ref()), 10_000);

        let again = served.capture("c", id, 500).await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.payment, captured.payment, "the answer as it was given");
        served.stop().await;
    });
}

#[test]
fn a_voided_hold_is_free_again_and_cannot_be_captured() {
    run(async {
        let served = ServedBank::with_limit(1_000).await;
        let id = served.hold("hold", 1_000, 1).await.payment_id;
        let voided = served.void("v", &id).await.unwrap();
        assert_eq!(voided.payment.unwrap().status(), PaymentStatus::Voided);
        assert_eq!(minor(served.card().await.available.as_ref()), 1_000);
        assert!(served.void("v", &id).await.unwrap().replayed);

        // A refusal is an answer, and says by itself whether it was given before.
        for replayed in ["false", "true"] {
            let refused = served.capture("late", &id, 1_000).await.unwrap_err();
            assert_eq!(refused.code(), Code::FailedPrecondition);
            let (reason, facts) = reason(&refused);
            assert_eq!((reason.as_str(), facts["replayed"].as_str()), ("PAYMENT_VOIDED", replayed));
        }
        served.stop().await;
    });
}

#[test]
fn each_refusal_has_its_reason() {
    run(async {
        let served = ServedBank::with_limit(1_000).await;
        let declined = served.hold("declined", 5_000, 1).await;
        assert_eq!(declined.status(), PaymentStatus::Declined);
        let declined = declined.payment_id;
        let held = served.hold("held", 100, 1).await.payment_id;
        let captured = served.hold("captured", 100, 1).await.payment_id;
        served.capture("c", &captured, 60).await.unwrap();
        let nobodys = "00000000-0000-7000-8000-000000000000";
        use Code::{AlreadyExists, FailedPrecondition, NotFound};
        let cases = [
            (served.capture("1", &declined, 1).await, FailedPrecondition, "PAYMENT_DECLINED"),
            (served.capture("2", &captured, 1).await, FailedPrecondition, "PAYMENT_CAPTURED"),
            (served.capture("3", &held, 101).await, FailedPrecondition, "MORE_THAN_AUTHORIZED"),
            (served.refund("4", &held, 1).await, FailedPrecondition, "PAYMENT_NOT_CAPTURED"),
            (served.refund("5", &captured, 61).await, FailedPrecondition, "MORE_THAN_CAPTURED"),
            (served.refund("6", &declined, 1).await, FailedPrecondition, "PAYMENT_DECLINED"),
            (served.void("7", &captured).await, FailedPrecondition, "PAYMENT_CAPTURED"),
            (served.void("8", &declined).await, FailedPrecondition, "PAYMENT_DECLINED"),
            (served.void("9", nobodys).await, NotFound, "PAYMENT_UNKNOWN"),
            (served.capture("9", nobodys, 1).await, NotFound, "PAYMENT_UNKNOWN"),
            (served.refund("9", nobodys, 1).await, NotFound, "PAYMENT_UNKNOWN"),
            (served.capture("c", &captured, 59).await, AlreadyExists, "IDEMPOTENCY_KEY_REUSED"),
            (served.void("held", &held).await, AlreadyExists, "IDEMPOTENCY_KEY_REUSED"),
            (served.refund("c", &captured, 60).await, AlreadyExists, "IDEMPOTENCY_KEY_REUSED"),
        ];
        for (n, (answer, code, word)) in cases.into_iter().enumerate() {
            let status = answer.unwrap_err();
            assert_eq!((status.code(), reason(&status).0.as_str()), (code, word), "case {n}");
        }
        let foreign = served.capture_of(another_merchant(), "9", &held, 1).await.unwrap_err();
        assert_eq!(reason(&foreign).0, "PAYMENT_UNKNOWN", "another merchant's is as unknown");
        served.stop().await;
    });
}

#[test]
fn a_request_that_makes_no_sense_names_its_field_and_uses_up_no_key() {
    run(async {
        let served = ServedBank::with_limit(1_000).await;
        let id = served.hold("hold", 100, 1).await.payment_id;
        for (status, field) in [
            (served.capture("k", &id, 0).await, "amount.amount_minor"),
            (served.refund("k", &id, -1).await, "amount.amount_minor"),
            (served.capture("k", "not-an-id", 1).await, "payment_id"),
            (served.void("", &id).await, "idempotency_key"),
        ] {
            let status = status.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().starts_with(field), "{}", status.message());
        }
        assert!(!served.capture("k", &id, 100).await.unwrap().replayed);
        served.stop().await;
    });
}

#[test]
fn a_hold_expires_and_everybody_who_follows_sees_it() {
    run(async {
        let served = ServedBank::with_limit(1_000).await;
        let id = served.hold("hold", 400, 1).await.payment_id;
        served.let_pass(HOLD_MS);
        let events = served.events_until(|event| event.r#type == "payment.expired").await;
        let expired = events.last().unwrap();
        assert_eq!((expired.transaction_id.as_str(), expired.status.as_str()), (&*id, "expired"));
        assert_eq!(expired.card.as_ref().unwrap().held_minor, 0);
        assert_eq!(served.payment(&id).await.status(), PaymentStatus::Expired);
        let late = served.capture("c", &id, 400).await.unwrap_err();
        assert_eq!(reason(&late).0, "HOLD_EXPIRED");
        // The refusal is an event as well, of no card: no statement has a line for it.
        let refused = |event: &v1::PaymentEvent| event.r#type == "payment.operation_refused";
        let events = served.events_until(refused).await;
        assert_eq!(events.last().unwrap().card_token, "");
        served.stop().await;
    });
}

#[test]
fn a_limit_is_changed_and_told_to_those_who_follow() {
    run(async {
        let served = ServedBank::with_limit(100).await;
        assert_eq!(served.hold("before", 500, 1).await.status(), PaymentStatus::Declined);
        let card = served.set_limit(500).await.unwrap();
        assert_eq!(minor(card.available.as_ref()), 500);
        assert_eq!(served.hold("after", 500, 1).await.status(), PaymentStatus::Authorized);
        let events = served.events_until(|event| event.r#type == "card.limit_changed").await;
        assert_eq!(events.last().unwrap().card.as_ref().unwrap().limit_minor, 500);
        let negative = served.set_limit(-1).await.unwrap_err();
        assert_eq!(negative.code(), Code::InvalidArgument);
        assert!(negative.message().starts_with("limit.amount_minor"), "{}", negative.message());
        served.stop().await;
    });
}

#[test]
fn a_restarted_bank_goes_on_where_it_was() {
    run(async {
        let served = ServedBank::with_limit(1_000).await;
        let id = served.hold("hold", 400, 1).await.payment_id;
        let early = served.refund("early", &id, 1).await.unwrap_err();
        let captured = served.capture("c", &id, 300).await.unwrap();
        let served = served.restart().await;
        let again = served.capture("c", &id, 300).await.unwrap();
        assert_eq!((again.payment, again.replayed), (captured.payment, true));
        let refused = served.refund("early", &id, 1).await.unwrap_err();
        assert_eq!(refused.message(), early.message(), "although there is something to refund now");
        assert!(served.refund("now", &id, 300).await.is_ok());
        served.stop().await;
    });
}

fn minor(money: Option<&v1::Money>) -> i64 {
    money.unwrap().amount_minor
}
