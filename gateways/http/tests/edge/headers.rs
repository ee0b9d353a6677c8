//! What every answer carries.

use reqwest::Method;

use crate::caching::site;
use crate::running_shop::*;

#[test]
fn every_answer_has_the_security_headers() {
    run(async {
        let (_folder, site) = site();
        let shop = RunningShop::with(site, false).await;
        let token = shop.token_of("4242").await;
        let statement = format!("/api/extrato/v1/cards/{token}/statement");
        let mut answers = Vec::new();
        for path in [
            "/",
            "/loja/",
            "/extrato/cartao",
            "/assets/app-0a1b2c.js",
            "/assets/products/cafe-em-graos.svg",
            "/api/checkout/v1/products",
            ORDERS,
            "/api/extrato/v1/cards",
            &statement,
            "/api/status",
            "/loja",
            "/nowhere",
            "/api/checkout/v1/orders?limit=0",
        ] {
            answers.push((path, shop.get(path).await));
        }
        answers.push(("POST", shop.post(&new_key(), &order(NUMBER)).await));
        answers.push(("PUT", shop.ask(shop.request(Method::PUT, ORDERS)).await));
        for path in ["/livez", "/readyz", "/metrics", "/tree"] {
            answers.push((path, shop.get_admin(path).await));
        }
        for (path, answer) in answers {
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(policy.contains("base-uri 'none'"), "{path}: {policy}");
            for unsafe_word in ["'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"] {
                assert!(!policy.contains(unsafe_word), "{path}: {policy}");
            }
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.header(name), value, "{path}");
            }
            assert_eq!(answer.header("x-trace-id").len(), 32, "{path}");
            assert!(!answer.header("cache-control").is_empty(), "{path}");
            assert!(!answer.headers.contains_key("server"), "{path}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
        }
        shop.stop().await;
    });
}

#[test]
fn an_answer_names_the_trace_that_the_request_came_with() {
    run(async {
        let shop = RunningShop::start().await;
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = format!("00-{trace}-00f067aa0ba902b7-01");
        for path in ["/api/checkout/v1/products", "/nowhere"] {
            let answer = shop.get_with(path, "traceparent", &parent).await;
            assert_eq!(answer.header("x-trace-id"), trace, "{path}");
        }
        let problem = shop.get_with("/nowhere", "traceparent", &parent).await.json();
        assert_eq!(problem["trace_id"], trace);
        for bad in ["", "00-0-0-0", "zz", &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32))] {
            let answer = shop.get_with("/api/checkout/v1/products", "traceparent", bad).await;
            let found = answer.header("x-trace-id");
            assert!(found.len() == 32 && found != "0".repeat(32), "{bad:?}: {found}");
        }
        shop.stop().await;
    });
}

#[test]
fn the_language_is_the_readers_and_english_when_there_is_none() {
    run(async {
        let shop = RunningShop::start().await;
        for (accepted, language) in [
            ("pt-BR", "pt-BR"),
            ("pt", "pt-BR"),
            ("en;q=0.5, pt;q=0.7", "pt-BR"),
            ("pt;q=0.5, en;q=0.7", "en"),
            ("de, fr;q=0.9", "en"),
            ("*", "en"),
            ("", "en"),
        ] {
            let answer = shop.get_with("/nowhere", "accept-language", accepted).await;
            assert_eq!(answer.header("content-language"), language, "{accepted:?}");
            let title = answer.json()["title"].as_str().unwrap().to_owned();
            assert_eq!(title, if language == "en" { "Not found" } else { "Não encontrado" });
        }
        shop.stop().await;
    });
}
