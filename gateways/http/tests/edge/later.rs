//! What becomes of a payment after it was answered.

use bancada_bank::{OperationRequest, PaymentRequest};
use bancada_kernel::{
    Brand, CardNumber, Cvv, Expiry, IdempotencyKey, MerchantId, Money, PaymentId,
};
use serde_json::Value;

use crate::running_shop::{NUMBER, ORDERS, RunningShop, eventually, new_key, run};

fn operation(merchant: &str, payment: PaymentId) -> OperationRequest {
    OperationRequest {
        merchant: MerchantId::parse(merchant).unwrap(),
        key: IdempotencyKey::parse(&new_key()).unwrap(),
        payment,
        trace: None,
    }
}

#[test]
fn an_order_says_what_the_bank_has_returned_of_it_also_after_a_restart_of_the_shop() {
    run(async {
        let shop = RunningShop::with(bancada_http::Site::default(), true).await;
        let order = shop.buy().await;
        let (id, total) = (order["id"].as_str().unwrap(), order["total"].clone());
        let payment = PaymentId::parse(order["payment_id"].as_str().unwrap()).unwrap();
        let says = async |status: &str, refunded: Value| {
            eventually(&format!("{status}, {refunded}"), async || {
                let read = shop.get(&format!("{ORDERS}/{id}")).await.json();
                let listed = shop.get(ORDERS).await.json()["orders"][0].clone();
                read == listed
                    && (&read["status"], &read["refunded"]) == (&status.into(), &refunded)
            })
            .await;
        };
        says("paid", Value::Null).await;
        let part = Money::brl(1_000);
        shop.handle.refund(operation("loja", payment), part).await.unwrap().outcome.unwrap();
        says("paid", serde_json::json!({ "amount_minor": 1_000, "currency": "BRL" })).await;
        shop.rest.crash("checkout/store").await.unwrap();
        let rest = Money::brl(total["amount_minor"].as_i64().unwrap() - 1_000);
        shop.handle.refund(operation("loja", payment), rest).await.unwrap().outcome.unwrap();
        says("refunded", total).await;
        shop.stop().await;
    });
}

#[test]
fn a_hold_that_was_captured_or_released_is_not_held_any_more() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        let hold = async |order_id: &str| {
            let request = PaymentRequest {
                merchant: MerchantId::parse("hotel").unwrap(),
                key: IdempotencyKey::parse(&new_key()).unwrap(),
                number: CardNumber::parse(NUMBER).unwrap(),
                expiry: Expiry::new(2035, 12).unwrap(),
                cvv: Some(Cvv::parse("123", Brand::Visa).unwrap()),
                amount: Money::brl(5_000),
                capture: false,
                store: "Hotel".to_owned(),
                description: "Diária".to_owned(),
                order_id: order_id.to_owned(),
                installments: 1,
                trace: None,
            };
            shop.handle.authorize(request).await.unwrap().payment.id
        };
        let [captured, voided, standing] =
            [hold("captured").await, hold("voided").await, hold("standing").await];
        let ended = async || {
            let path = format!("/api/extrato/v1/cards/{token}/statement?kind=hold");
            let page = shop.get(&path).await.json();
            let ended = |line: &&Value| line["has_ended"] == true;
            let lines = page["lines"].as_array().unwrap();
            (lines.len(), lines.iter().filter(ended).map(payment_of).collect::<Vec<_>>())
        };
        eventually("the holds are there", async || ended().await.0 == 3).await;
        assert_eq!(ended().await.1, [] as [String; 0]);
        let amount = Money::brl(4_000);
        shop.handle.capture(operation("hotel", captured), amount).await.unwrap().outcome.unwrap();
        eventually("one has ended", async || ended().await.1 == [captured.to_string()]).await;
        shop.handle.void(operation("hotel", voided)).await.unwrap().outcome.unwrap();
        eventually("two have ended", async || {
            ended().await.1 == [voided.to_string(), captured.to_string()]
        })
        .await;
        let all = shop.lines(&token).await;
        let open = all.iter().filter(|line| line["kind"] == "hold" && line["has_ended"].is_null());
        assert_eq!(open.map(payment_of).collect::<Vec<_>>(), [standing.to_string()]);
        shop.stop().await;
    });
}

fn payment_of(line: &Value) -> String {
    line["transaction_id"].as_str().unwrap().to_owned()
}
