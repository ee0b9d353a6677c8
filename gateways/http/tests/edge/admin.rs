//! The admin listener: probes, metrics, the tree, and chaos where it is allowed.

use bancada_kernel::test_cards::TEST_CARDS;
use serde_json::Value;

use crate::running_shop::*;

#[test]
fn probes_say_what_is_well() {
    run(async {
        let shop = RunningShop::start().await;
        let alive = shop.get_admin("/livez").await;
        assert_eq!((alive.status, alive.text().as_str()), (200, "ok\n"));
        let ready = shop.get_admin("/readyz").await;
        assert_eq!((ready.status, ready.text().as_str()), (200, "ok\n"));
        for path in ["/readyz?verbose", "/readyz?verbose=1", "/readyz?x=1&verbose"] {
            let text = "[+] bank: ok\n[-] copy: somebody has to look at it\n";
            assert_eq!(shop.get_admin(path).await.text(), text, "ready all the same: {path}");
        }
        shop.bank.shutdown().await;
        let away = shop.get_admin("/readyz").await;
        assert_eq!((away.status, away.text().as_str()), (503, "not ready\n"));
        let text = shop.get_admin("/readyz?verbose").await.text();
        assert!(text.starts_with("[-] bank: the ledger is being loaded from the journal\n"));
        assert_eq!(shop.get_admin("/livez").await.status, 200, "alive, though not ready");
        shop.stop().await;
    });
}

#[test]
fn metrics_are_prometheus_text_with_templates_for_routes() {
    run(async {
        let shop = RunningShop::start().await;
        let order = shop.buy().await;
        let id = order["id"].as_str().unwrap();
        shop.get(&format!("{ORDERS}/{id}")).await;
        shop.get("/nowhere/at/all").await;
        let answer = shop.get_admin("/metrics").await;
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        let text = answer.text();
        assert!(!text.contains(id), "a label has few values");
        assert!(!text.contains("at/all"), "whatever is asked for");
        for line in [
            r#"{method="POST",route="/api/checkout/v1/orders",status="201"} 1"#,
            r#"{method="GET",route="/api/checkout/v1/orders/{id}",status="200"} 1"#,
            r#"{method="GET",route="unmatched",status="404"} 1"#,
        ] {
            let line = format!("bancada_http_requests_total{line}");
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        // Every demo card was issued, and one payment made.
        let position = format!("bancada_journal_position {}", TEST_CARDS.len() + 1);
        for line in [r#"bancada_authorizations_total{outcome="approved"} 1"#, &position] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        let mut described = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# ") {
                let words: Vec<_> = rest.splitn(3, ' ').collect();
                assert!(["HELP", "TYPE"].contains(&words[0]) && words.len() == 3, "{line}");
                described.push(words[1].to_owned());
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value == "+Inf" || value.parse::<f64>().is_ok(), "{line}");
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|it| name.strip_suffix(it));
            let is_described = |name: &str| described.iter().filter(|it| *it == name).count() == 2;
            assert!(is_described(name) || family.is_some_and(is_described), "{line}");
        }
        shop.stop().await;
    });
}

#[test]
fn the_tree_is_shown_as_it_runs() {
    run(async {
        let shop = RunningShop::start().await;
        let answer = shop.get_admin("/tree").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let tree = answer.json();
        assert_eq!(tree["chaos"], false);
        let nodes = tree["nodes"].as_array().unwrap();
        for path in ["rest", "checkout", "checkout/orders", "extrato/projector", "http", "admin"] {
            let node = nodes.iter().find(|node| node["path"] == path);
            let node = node.unwrap_or_else(|| panic!("{path} is not in {tree}"));
            assert_eq!(node["state"], "running", "{path}");
            assert_eq!((&node["generation"], &node["restart_count"]), (&1.into(), &0.into()));
        }
        shop.stop().await;
    });
}

async fn command(shop: &RunningShop, path: &str, header: Option<(&str, &str)>) -> Answer {
    let mut request = shop.web.post(format!("{}{path}", shop.admin));
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    shop.ask(request).await
}

#[test]
fn chaos_that_was_not_allowed_is_refused() {
    run(async {
        let shop = RunningShop::start().await;
        for path in ["/chaos/crash/checkout/orders", "/chaos/pause/checkout/orders?for=1s"] {
            let answer = command(&shop, path, None).await;
            assert_eq!(answer.problem(), (403, "chaos_disabled".to_owned()), "{path}");
            let read = shop.get_admin(path).await;
            assert_eq!(read.problem().0, 405, "{path}");
            assert_eq!(read.header("allow"), "POST", "{path}");
        }
        assert_eq!(generation(&shop, "checkout/orders").await, 1);
        shop.stop().await;
    });
}

async fn generation(shop: &RunningShop, path: &str) -> u64 {
    let tree = shop.get_admin("/tree").await.json();
    let mut nodes = tree["nodes"].as_array().unwrap().iter();
    let node: &Value = nodes.find(|node| node["path"] == path).unwrap();
    node["generation"].as_u64().unwrap()
}

#[test]
fn chaos_crashes_what_is_named_and_nothing_for_another_site() {
    run(async {
        let shop = RunningShop::with(bancada_http::Site::default(), true).await;
        let crash = "/chaos/crash/checkout/orders";
        for header in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://elsewhere.example"),
        ] {
            let answer = command(&shop, crash, Some(header)).await;
            assert_eq!(answer.problem(), (403, "cross_site".to_owned()), "{header:?}");
        }
        assert_eq!(generation(&shop, "checkout/orders").await, 1);
        for (path, status, code) in [
            ("/chaos/crash/nobody", 404, "child_unknown"),
            ("/chaos/crash/checkout", 422, "not_an_actor"),
            ("/chaos/pause/checkout/orders", 400, "duration_invalid"),
            ("/chaos/pause/checkout/orders?for=soon", 400, "duration_invalid"),
            ("/chaos/pause/checkout/orders?for=3601s", 400, "duration_invalid"),
            ("/chaos/pause/checkout/orders?for=500000000000years", 400, "duration_invalid"),
        ] {
            assert_eq!(command(&shop, path, None).await.problem(), (status, code.to_owned()));
        }
        assert_eq!(command(&shop, crash, None).await.status, 204);
        eventually("it is back", async || generation(&shop, "checkout/orders").await == 2).await;
        eventually("it takes orders", async || {
            shop.post(&new_key(), &order(NUMBER)).await.status == 201
        })
        .await;
        let own = command(&shop, crash, Some(("sec-fetch-site", "same-origin"))).await;
        assert_eq!(own.status, 204);
        shop.stop().await;
    });
}

#[test]
fn operators_and_buyers_have_listeners_of_their_own() {
    run(async {
        let shop = RunningShop::start().await;
        for path in ["/metrics", "/livez", "/readyz", "/tree", "/chaos/crash/checkout/orders"] {
            assert_eq!(shop.get(path).await.status, 404, "{path}");
        }
        for path in ["/", ORDERS, "/api/extrato/v1/cards"] {
            assert_eq!(shop.get_admin(path).await.status, 404, "{path}");
        }
        shop.stop().await;
    });
}
