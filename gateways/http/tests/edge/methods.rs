//! Methods that an address does not take, and addresses that are none.

use reqwest::Method;

use crate::running_shop::*;

#[test]
fn a_wrong_method_is_told_which_are_right() {
    run(async {
        let shop = RunningShop::start().await;
        let key = new_key();
        for (path, method, allowed) in [
            (ORDERS, Method::PUT, "GET, HEAD, POST"),
            (ORDERS, Method::DELETE, "GET, HEAD, POST"),
            (&format!("{ORDERS}/{key}"), Method::POST, "GET, HEAD"),
            ("/api/checkout/v1/products", Method::POST, "GET, HEAD"),
            ("/api/checkout/v1/products/cafe-em-graos", Method::PATCH, "GET, HEAD"),
            ("/api/extrato/v1/cards", Method::POST, "GET, HEAD"),
            ("/api/extrato/v1/cards/x/statement", Method::DELETE, "GET, HEAD"),
            ("/api/extrato/v1/cards/x/stream", Method::POST, "GET"),
            ("/api/extrato/v1/stream", Method::POST, "GET"),
            ("/api/status", Method::POST, "GET, HEAD"),
            ("/", Method::POST, "GET, HEAD"),
            ("/loja/", Method::POST, "GET, HEAD"),
        ] {
            let answer = shop.ask(shop.request(method.clone(), path)).await;
            let problem = answer.problem();
            assert_eq!(problem, (405, "method_not_allowed".to_owned()), "{method} {path}");
            assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        }
        shop.stop().await;
    });
}

#[test]
fn an_unknown_address_is_not_found_whatever_the_method() {
    run(async {
        let shop = RunningShop::start().await;
        for path in [
            "/nowhere",
            "/api",
            "/api/checkout/v1",
            "/api/checkout/v2/orders",
            "/api/checkout/v1/orders/",
            "/api/extrato/v1/card",
            "/assets/nothing-0a1b2c.js",
            "/assets/products/iate.svg",
            "/assets/",
            "/index.html",
        ] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let answer = shop.ask(shop.request(method.clone(), path)).await;
                let is_asset = path.starts_with("/assets/") && path.len() > "/assets/".len();
                if is_asset && method != Method::GET {
                    assert_eq!(answer.problem().0, 405, "{method} {path}");
                } else {
                    let problem = answer.problem();
                    assert_eq!(problem, (404, "not_found".to_owned()), "{method} {path}");
                }
            }
        }
        shop.stop().await;
    });
}

#[test]
fn head_is_get_without_the_body() {
    run(async {
        let shop = RunningShop::start().await;
        for path in [
            "/api/checkout/v1/products",
            ORDERS,
            "/api/extrato/v1/cards/x/statement",
            "/assets/products/cafe-em-graos.svg",
            "/nowhere",
        ] {
            let get = shop.get(path).await;
            let head = shop.ask(shop.request(Method::HEAD, path)).await;
            assert_eq!(head.status, get.status, "{path}");
            for name in ["content-type", "content-length", "cache-control"] {
                assert_eq!(head.header(name), get.header(name), "{path}: {name}");
            }
            assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
        }
        for path in ["/livez", "/readyz", "/metrics"] {
            let head = shop.web.head(format!("{}{path}", shop.admin));
            assert_eq!(shop.ask(head).await.status, 200, "{path}");
        }
        shop.stop().await;
    });
}
