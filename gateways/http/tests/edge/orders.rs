//! Orders: prices are the shop's, and a key is for one order.

use serde_json::json;

use crate::running_shop::*;

#[test]
fn a_price_in_the_request_is_never_obeyed() {
    run(async {
        let shop = RunningShop::start().await;
        let mut tampered = Vec::new();
        for name in ["price", "unit_price", "total"] {
            for value in [json!(1), json!({ "amount_minor": 1, "currency": "BRL" })] {
                for path in ["", "/items/0", "/card"] {
                    let mut body = order(NUMBER);
                    body.pointer_mut(path).unwrap()[name] = value.clone();
                    tampered.push(body);
                }
            }
        }
        for body in tampered {
            let answer = shop.post(&new_key(), &body).await;
            assert_eq!(answer.problem(), (422, "body_invalid".to_owned()), "{body}");
        }
        let expecting = |minor: i64| {
            let mut body = order(NUMBER);
            body["items"][0]["quantity"] = json!(2);
            body["expected_total"] = json!({ "amount_minor": minor, "currency": "BRL" });
            body
        };
        for minor in [1, 0, -7_980, 3_990, 7_979] {
            let answer = shop.post(&new_key(), &expecting(minor)).await;
            assert_eq!(answer.problem(), (409, "price_changed".to_owned()), "{minor}");
        }
        let answer = shop.post(&new_key(), &expecting(2 * 3_990)).await;
        assert_eq!(answer.status, 201);
        let order = answer.json();
        assert_eq!(order["total"], json!({ "amount_minor": 7_980, "currency": "BRL" }));
        let list = shop.get(ORDERS).await.json();
        assert_eq!(list["orders"].as_array().unwrap().len(), 1, "nothing else was kept");
        shop.stop().await;
    });
}

#[test]
fn a_repeated_order_is_the_same_order_and_another_one_is_refused() {
    run(async {
        let shop = RunningShop::start().await;
        let key = new_key();
        let first = shop.post(&key, &order(NUMBER)).await;
        assert_eq!((first.status, &first.json()["status"]), (201, &"paid".into()));
        assert_eq!(first.header("location"), format!("{ORDERS}/{key}"));
        let again = shop.post(&key, &order(NUMBER)).await;
        assert_eq!((again.status, again.json()), (200, first.json()));

        let mut more = order(NUMBER);
        more["items"][0]["quantity"] = json!(2);
        let mut later = order(NUMBER);
        later["installments"] = json!(2);
        let other_card = order("4000000000009995");
        for body in [more, later, other_card] {
            let answer = shop.post(&key, &body).await;
            assert_eq!(answer.problem(), (409, "idempotency_key_reused".to_owned()), "{body}");
        }
        let found = shop.get(&format!("{ORDERS}/{key}")).await;
        assert_eq!((found.status, found.json()), (200, first.json()));
        let unknown = shop.get(&format!("{ORDERS}/{}", new_key())).await;
        assert_eq!(unknown.problem(), (404, "order_unknown".to_owned()));
        shop.stop().await;
    });
}

#[test]
fn a_decline_is_an_order_with_its_reason_in_both_languages() {
    run(async {
        let shop = RunningShop::start().await;
        let answer = shop.post(&new_key(), &order("4000000000009995")).await;
        assert_eq!(answer.status, 201);
        let order = answer.json();
        assert_eq!(order["status"], "declined");
        let decline = &order["decline"];
        assert_eq!(
            (&decline["code"], &decline["reason"]),
            (&"51".into(), &"insufficient_funds".into())
        );
        assert_ne!(decline["message"]["pt_br"], decline["message"]["en"]);
        shop.stop().await;
    });
}

/// Neither the answer to the order nor the order itself nor the list.
#[test]
fn a_shopper_is_not_told_that_a_card_was_stolen_and_its_owner_is() {
    run(async {
        let shop = RunningShop::start().await;
        let told = async |number: &str| {
            let key = new_key();
            let placed = shop.post(&key, &order(number)).await.json();
            let read = shop.get(&format!("{ORDERS}/{key}")).await.json();
            let listed = shop.get(&format!("{ORDERS}?limit=1")).await.json();
            assert_eq!(placed["decline"], read["decline"]);
            assert_eq!(placed["decline"], listed["orders"][0]["decline"]);
            placed["decline"].clone()
        };
        let generic = told("4000000000000002").await;
        assert_eq!(
            (&generic["code"], &generic["reason"]),
            (&"05".into(), &"generic_decline".into())
        );
        for (number, last4, reason) in [
            ("4000000000009987", "9987", "lost_card"),
            ("4000000000009979", "9979", "stolen_card"),
            ("4100000000000019", "0019", "fraudulent"),
        ] {
            assert_eq!(told(number).await, generic, "{reason}");
            let token = shop.token_of(last4).await;
            eventually("its owner reads why", async || {
                let lines = shop.lines(&token).await;
                lines.first().is_some_and(|line| line["decline"]["reason"] == reason)
            })
            .await;
        }
        shop.stop().await;
    });
}

#[test]
fn orders_are_listed_in_pages_the_latest_first() {
    run(async {
        let shop = RunningShop::start().await;
        let mut placed = Vec::new();
        for _ in 0..5 {
            placed.push(shop.buy().await["id"].clone());
        }
        placed.reverse();
        let (mut listed, mut path) = (Vec::new(), format!("{ORDERS}?limit=2"));
        loop {
            let page = shop.get(&path).await.json();
            let orders = page["orders"].as_array().unwrap();
            assert!((1..=2).contains(&orders.len()));
            listed.extend(orders.iter().map(|order| order["id"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{ORDERS}?limit=2&before={next}");
        }
        assert_eq!(listed, placed);
        shop.stop().await;
    });
}
