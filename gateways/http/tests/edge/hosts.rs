//! What a page of another site can reach whose name was given our address (DNS rebinding): its
//! browser comes to the right port, and says the site's name in `Host`.

use reqwest::Method;
use serde_json::json;

use crate::running_shop::*;

/// As the browser writes it: the page's name, and our port.
fn rebound(url: &str) -> String {
    format!("rebound.example:{}", url.rsplit(':').next().unwrap())
}

#[test]
fn a_page_of_another_site_reaches_nothing() {
    run(async {
        let shop = RunningShop::with(bancada_http::Site::default(), true).await;
        let token = shop.token_of("4242").await;
        let card = format!("/api/extrato/v1/cards/{token}");
        let (pages, admin) = (shop.address.clone(), shop.admin.clone());
        let amount = json!({ "amount": { "amount_minor": 1, "currency": "BRL" } });
        for (method, base, path, body) in [
            (Method::GET, &pages, "/", None),
            (Method::GET, &pages, "/nowhere", None),
            (Method::GET, &pages, ORDERS, None),
            (Method::GET, &pages, "/api/extrato/v1/cards", None),
            (Method::GET, &pages, &format!("{card}/statement"), None),
            (Method::GET, &pages, &format!("{card}/stream"), None),
            (Method::POST, &pages, &format!("{card}/bill-payments"), Some(amount)),
            (Method::POST, &pages, ORDERS, Some(order(NUMBER))),
            (Method::GET, &admin, "/metrics", None),
            (Method::GET, &admin, "/livez", None),
            (Method::GET, &admin, "/tree", None),
            (Method::GET, &admin, "/dead-letters", None),
            (Method::POST, &admin, "/chaos/crash/checkout/orders", None),
        ] {
            let mut request = shop.web.request(method.clone(), format!("{base}{path}"));
            request = request.header("host", rebound(base)).header("idempotency-key", new_key());
            if let Some(body) = &body {
                request = request.json(body);
            }
            let answer = shop.ask(request).await;
            assert_eq!(answer.problem(), (421, "host_not_allowed".to_owned()), "{method} {path}");
            assert_eq!(answer.header("x-trace-id").len(), 32);
        }
        assert_eq!(shop.get(ORDERS).await.json()["orders"], json!([]), "nothing was ordered");
        let bills = shop.get(&format!("{card}/bill-payments")).await.json();
        assert_eq!(bills["payments"], json!([]), "nothing was paid");
        shop.stop().await;
    });
}

#[test]
fn this_machine_addresses_and_given_names_are_answered() {
    run(async {
        let shop = RunningShop::start().await;
        for host in ["localhost", "LOCALHOST:1", "loja.localhost", "10.0.0.7:8080", "[::1]:8080"] {
            assert_eq!(shop.get_with("/api/status", "host", host).await.status, 200, "{host}");
        }
        let given = shop.get_with("/api/status", "host", "shop.example").await;
        assert_eq!(given.status, 200, "a name that was given");
        shop.stop().await;
    });
}

#[test]
fn a_host_is_said_once_and_where_the_target_says_it_too_both_count() {
    run(async {
        let shop = RunningShop::start().await;
        for (head, status) in [
            ("GET /api/status HTTP/1.1\r\nhost: localhost", 200),
            ("GET /api/status HTTP/1.1\r\nhost: rebound.example", 421),
            ("GET /api/status HTTP/1.1\r\nhost: ", 421),
            ("GET /api/status HTTP/1.1\r\nhost: localhost\r\nhost: rebound.example", 400),
            ("GET /api/status HTTP/1.1\r\nhost: localhost\r\nhost: localhost", 400),
            ("GET /api/status HTTP/1.1\r\naccept: */*", 400),
            ("GET /api/status HTTP/1.0\r\naccept: */*", 200),
            ("GET /api/status HTTP/1.0\r\nhost: rebound.example", 421),
            ("GET http://localhost/api/status HTTP/1.1\r\nhost: localhost", 200),
            ("GET http://rebound.example/api/status HTTP/1.1\r\nhost: localhost", 421),
        ] {
            let (found, answer) = shop.raw(&format!("{head}\r\nconnection: close\r\n\r\n")).await;
            assert_eq!(found, status, "{head}: {answer}");
        }
        shop.stop().await;
    });
}
