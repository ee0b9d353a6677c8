//! The life of a payment through the whole system: what merchants do with it at the Bank is on
//! the statement, and the audit accounts for every step.

use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use tonic::transport::Channel;

use crate::program::*;

const MERCHANT: &str = "merchant";

fn brl(amount_minor: i64) -> Option<v1::Money> {
    Some(v1::Money { amount_minor, currency: "BRL".to_owned() })
}

async fn hold(bank: &mut BankServiceClient<Channel>, key: &str, minor: i64) -> v1::Payment {
    let request = v1::AuthorizeRequest {
        merchant_id: MERCHANT.to_owned(),
        idempotency_key: key.to_owned(),
        card: Some(v1::CardDetails {
            number: "4242424242424242".to_owned(),
            holder: "Ana Teste".to_owned(),
            expiry_month: 12,
            expiry_year: 2035,
            cvv: "123".to_owned(),
        }),
        amount: brl(minor),
        capture: false,
        store: "Hotel".to_owned(),
        description: "Diária".to_owned(),
        order_id: key.to_owned(),
        installments: 1,
    };
    bank.authorize(request).await.unwrap().into_inner().payment.unwrap()
}

fn capture_of(key: &str, payment: &v1::Payment, minor: i64) -> v1::CaptureRequest {
    v1::CaptureRequest {
        merchant_id: MERCHANT.to_owned(),
        idempotency_key: key.to_owned(),
        payment_id: payment.payment_id.clone(),
        amount: brl(minor),
    }
}

#[test]
fn every_step_of_a_payment_is_on_the_statement_and_passes_the_audit() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        let (status, _) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!(status, 201);

        let channel = Channel::from_shared(system.bank.clone()).unwrap().connect_lazy();
        let mut bank = BankServiceClient::new(channel.clone());
        let captured = hold(&mut bank, "captured", 40_000).await;
        bank.capture(capture_of("c", &captured, 30_000)).await.unwrap();
        let refund = v1::RefundRequest {
            merchant_id: MERCHANT.to_owned(),
            idempotency_key: "r".to_owned(),
            payment_id: captured.payment_id.clone(),
            amount: brl(10_000),
        };
        bank.refund(refund).await.unwrap();
        let voided = hold(&mut bank, "voided", 5_000).await;
        let void = v1::VoidRequest {
            merchant_id: MERCHANT.to_owned(),
            idempotency_key: "v".to_owned(),
            payment_id: voided.payment_id.clone(),
        };
        bank.void(void).await.unwrap();
        bank.capture(capture_of("late", &voided, 5_000)).await.unwrap_err();
        // A limit below what is held: the hold is captured all the same, and nothing is overspent.
        let held = hold(&mut bank, "held", 20_000).await;
        let limit = v1::SetCardLimitRequest { card_token: held.card_token.clone(), limit: brl(1) };
        CardServiceClient::new(channel).set_card_limit(limit).await.unwrap();
        bank.capture(capture_of("c2", &held, 20_000)).await.unwrap();

        system.passes_audit(None).await;
        let url = format!("{}/api/extrato/v1/cards/{}/statement", system.shop, held.card_token);
        let statement = system.get(&url).await.unwrap();
        let lines = statement["lines"].as_array().unwrap();
        let hotel: Vec<_> = lines
            .iter()
            .rev()
            .filter(|line| line["store"] == "Hotel")
            .map(|line| (line["kind"].as_str().unwrap(), &line["amount"]["amount_minor"]))
            .map(|(kind, minor)| (kind, minor.as_i64().unwrap()))
            .collect();
        assert_eq!(
            hotel,
            [
                ("hold", 40_000),
                ("purchase", 30_000),
                ("refund", 10_000),
                ("hold", 5_000),
                ("void", 5_000),
                ("hold", 20_000),
                ("purchase", 20_000),
            ]
        );
        assert_eq!(statement["card"]["limit"]["amount_minor"], 1);
    });
}
