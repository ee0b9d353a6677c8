//! The shop's client against the real server: what each status means for an order.

use std::sync::Arc;
use std::time::Duration;

use bancada_checkout::ports::{
    Bank as _, BankAnswer, BankCallError, BankRequest, Outcome, PresentedCard,
};
use bancada_grpc::client::{BankAddress, BankClient, BreakerState};
use bancada_kernel::{
    CardNumber, Cvv, DeclineReason, Expiry, IdempotencyKey, MerchantId, Money, OrderId,
};
use bancada_telemetry::{Metrics, clock};

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

fn client(running: &RunningBank) -> BankClient {
    let address = BankAddress::parse(&running.address).unwrap();
    BankClient::new(&address, Duration::from_secs(5), Metrics::new())
}

fn merchant() -> MerchantId {
    MerchantId::parse("loja").unwrap()
}

pub(crate) fn request(key: &str, amount_minor: i64) -> BankRequest {
    let number = CardNumber::parse(NUMBER).unwrap();
    let card = PresentedCard {
        cvv: Cvv::parse("123", number.brand()).unwrap(),
        number,
        expiry: Expiry::new(2035, 12).unwrap(),
        holder: "Ana Teste".to_owned(),
    };
    BankRequest {
        merchant: merchant(),
        key: IdempotencyKey::parse(key).unwrap(),
        card: Arc::new(card),
        amount: Money::brl(amount_minor),
        installments: 1,
        store: "Loja".to_owned(),
        description: "Café".to_owned(),
        order_id: OrderId::new(clock::uuid()),
        trace: None,
        capture: true,
    }
}

#[test]
fn answers_come_back_whole_and_can_be_found_and_closed() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let client = client(&running);
        let key = |key: &str| IdempotencyKey::parse(key).unwrap();
        let paid = client.authorize(request("paid", 600)).await.unwrap();
        assert_eq!((paid.outcome, paid.amount), (Outcome::Approved, Money::brl(600)));
        assert_eq!(paid.card_token.as_ref().unwrap().as_str(), running.token().await);
        let refused = client.authorize(request("declined", 600)).await.unwrap();
        let funds = Outcome::Declined(DeclineReason::InsufficientFunds);
        assert_eq!((refused.outcome, refused.amount), (funds, Money::brl(600)));
        for (of, answer) in [("paid", &paid), ("declined", &refused)] {
            assert_eq!(
                client.find(&merchant(), &key(of)).await.as_ref(),
                Ok(&Some(answer.clone()))
            );
            assert_eq!(client.abandon(&merchant(), &key(of)).await.as_ref(), Ok(answer));
        }
        assert_eq!(client.find(&merchant(), &key("nobody")).await, Ok(None));
        let closed = client.abandon(&merchant(), &key("nobody")).await.unwrap();
        let BankAnswer { outcome, card_token, .. } = closed;
        assert_eq!((outcome, card_token), (Outcome::Declined(DeclineReason::Abandoned), None));
        running.stop_and_check().await;
    });
}

#[test]
fn a_refusal_is_final_and_names_its_kind() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let client = client(&running);
        client.authorize(request("k", 100)).await.unwrap();
        for (request, expected) in
            [(request("k", 101), "idempotency_key_reused"), (request("z", 0), "invalid_argument")]
        {
            match client.authorize(request).await.unwrap_err() {
                BankCallError::Refused { code, message } => {
                    assert_eq!(code, expected);
                    assert!(!message.is_empty());
                }
                other => panic!("{other}"),
            }
        }
        assert_eq!(client.breaker(), BreakerState::Closed, "a bank that says no is there");
        running.stop_and_check().await;
    });
}

#[test]
fn what_was_certainly_not_executed_is_told_from_what_may_have_been() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let client = client(&running);
        running.journal.set_disk(Disk::Panicking);
        let lost = client.authorize(request("k", 100)).await.unwrap_err();
        assert!(matches!(lost, BankCallError::Unknown(_)), "{lost}");
        eventually("the Bank answers", async || {
            client.authorize(request("well", 100)).await.is_ok()
        })
        .await;
        running.journal.set_disk(Disk::Full);
        let full = client.authorize(request("full", 100)).await.unwrap_err();
        assert!(matches!(full, BankCallError::NotSent(_)), "{full}");
        running.bank.shutdown().await;
        let away = client.authorize(request("away", 100)).await.unwrap_err();
        assert!(matches!(away, BankCallError::NotSent(_)), "{away}");
        running.stop_and_check().await;
    });
}

#[test]
fn a_bank_that_nobody_can_connect_to_was_sent_nothing() {
    run(async {
        let running = RunningBank::start(&MemoryJournal::new(), 16).await;
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let address = BankAddress::parse(&address).unwrap();
        let client = BankClient::new(&address, Duration::from_secs(5), Metrics::new());
        let mut n_calls = 0;
        while client.breaker() != BreakerState::Open {
            let error = client.authorize(request("k", 100)).await.unwrap_err();
            assert!(matches!(error, BankCallError::NotSent(_)), "{error}");
            n_calls += 1;
            assert!(n_calls <= 10, "the breaker opens after some failures in a row");
        }
        let refused = client.authorize(request("k", 100)).await.unwrap_err();
        assert!(matches!(refused, BankCallError::NotSent(_)), "{refused}");
        running.stop_and_check().await;
    });
}
