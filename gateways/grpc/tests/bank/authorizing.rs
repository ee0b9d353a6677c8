//! `Authorize` and its answers: a decline is data, never an error.

use bancada_proto::bank::v1::{AuthorizeRequest, PaymentStatus, SetCardStatusRequest};
use tonic::Request;

use crate::running_bank::*;

#[test]
fn a_sale_charges_and_a_hold_holds() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let answer = running.authorize(sale("a", 300)).await.unwrap();
        assert!(!answer.replayed);
        let payment = answer.payment.unwrap();
        assert_eq!(payment.status(), PaymentStatus::Captured);
        assert_eq!(payment.amount, brl(300));
        assert_eq!(payment.masked_number, "************4242");
        assert_eq!((payment.brand.as_str(), payment.installments), ("visa", 1));
        assert_eq!((payment.merchant_id.as_str(), payment.order_id.as_str()), ("loja", "o-1"));
        assert!(payment.decline.is_none() && payment.occurred_at_ms > 0);

        let hold = AuthorizeRequest { capture: false, installments: 0, ..sale("b", 200) };
        let held = running.authorize(hold).await.unwrap().payment.unwrap();
        assert_eq!(held.status(), PaymentStatus::Authorized);
        assert_eq!(held.installments, 1, "none said means one");
        assert_eq!(held.card_token, payment.card_token);

        let card = running.card(&payment.card_token).await;
        assert_eq!((card.balance, card.held, card.available), (brl(300), brl(200), brl(500)));
        running.stop_and_check().await;
    });
}

#[test]
fn a_decline_is_an_answer_with_its_abecs_code_and_words() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let token = running.token().await;
        let expired = {
            let mut message = details(NUMBER);
            message.expiry_year = 2020;
            message
        };
        let other_expiry = {
            let mut message = details(NUMBER);
            message.expiry_month = 11;
            message
        };
        let stranger = details(UNKNOWN_NUMBER);
        for (key, card, amount_minor, code, reason, retryable) in [
            ("funds", details(NUMBER), 1_001, "51", "insufficient_funds", true),
            ("expired", expired, 10, "54", "expired_card", false),
            ("expiry", other_expiry, 10, "54", "expired_card", false),
            ("unknown", stranger, 10, "14", "incorrect_number", false),
        ] {
            let request = AuthorizeRequest { card: Some(card), ..sale(key, amount_minor) };
            let payment = running.authorize(request).await.unwrap().payment.unwrap();
            assert_eq!(payment.status(), PaymentStatus::Declined, "{key}");
            let decline = payment.decline.unwrap();
            assert_eq!((decline.code.as_str(), decline.reason.as_str()), (code, reason), "{key}");
            assert_eq!(decline.retryable, retryable, "{key}");
            assert!(!decline.message_en.is_empty() && !decline.message_pt_br.is_empty(), "{key}");
            assert_ne!(decline.message_en, decline.message_pt_br, "{key}");
        }
        let cancelled = SetCardStatusRequest { card_token: token.clone(), status: 3 };
        running.cards().set_card_status(cancelled).await.unwrap();
        let payment = running.pay("cancelled", 10).await;
        assert_eq!(payment.decline.unwrap().code, "77");
        let card = running.card(&token).await;
        assert_eq!((card.balance, card.held), (brl(0), brl(0)), "no decline moves money");
        running.stop_and_check().await;
    });
}

#[test]
fn the_whole_limit_can_be_spent_and_not_a_cent_more() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        assert_eq!(running.pay("all", 1_000).await.status(), PaymentStatus::Captured);
        let one = running.pay("one", 1).await;
        assert_eq!(one.decline.unwrap().reason, "insufficient_funds");
        running.stop_and_check().await;
    });
}

#[test]
fn a_payment_carries_the_callers_trace_into_its_event() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let mut request = Request::new(sale("k", 10));
        let header = format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap();
        request.metadata_mut().insert("traceparent", header);
        running.payments().authorize(request).await.unwrap();
        let last = running.journal.entries().pop().unwrap();
        assert_eq!(last.event.trace.unwrap().trace_id(), trace);
        running.stop_and_check().await;
    });
}

#[test]
fn calls_and_outcomes_are_counted() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.pay("a", 10).await;
        running.pay("a", 10).await;
        running.pay("b", 10_000).await;
        running.authorize(sale("c", 0)).await.unwrap_err();
        let text = running.metrics.text();
        for line in [
            r#"bancada_authorizations_total{outcome="approved"} 1"#,
            r#"bancada_authorizations_total{outcome="replayed"} 1"#,
            r#"bancada_authorizations_total{outcome="declined"} 1"#,
            r#"bancada_authorizations_total{outcome="refused"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        let refused = r#"code="InvalidArgument",method="BankService/Authorize",side="server"} 1"#;
        assert!(text.contains(refused), "{text}");
        running.stop_and_check().await;
    });
}
