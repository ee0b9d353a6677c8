//! The pages: which form of a file a browser gets, and how long it may keep it.

use bancada_http::Site;
use tempfile::TempDir;

use crate::running_shop::*;

/// A built site: a page with its compressed siblings, and files that have only some of them.
pub(crate) fn site() -> (TempDir, Site) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("index.html", "<!doctype html><title>start</title>"),
        ("index.html.br", "start in brotli"),
        ("index.html.gz", "start in gzip"),
        ("loja/index.html", "<!doctype html><title>loja</title>"),
        ("extrato/index.html", "<!doctype html><title>extrato</title>"),
        ("assets/app-0a1b2c.js", "console.log('plain')"),
        ("assets/app-0a1b2c.js.br", "brotli"),
        ("assets/app-0a1b2c.js.gz", "gzip"),
        ("assets/page-0a1b2c.wasm", "wasm"),
        ("assets/page-0a1b2c.wasm.gz", "wasm in gzip"),
        ("assets/plain.css", "body {}"),
        ("favicon.svg", "<svg/>"),
        (".secret", "hidden"),
        ("assets/.secret", "hidden"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let site = Site::read(folder.path()).unwrap();
    (folder, site)
}

#[test]
fn a_browser_gets_the_smallest_form_that_it_takes() {
    run(async {
        let (_folder, site) = site();
        let shop = RunningShop::with(site, false).await;
        let script = "/assets/app-0a1b2c.js";
        let plain = "console.log('plain')";
        for (path, accepted, encoding, body) in [
            (script, "br", "br", "brotli"),
            (script, "gzip", "gzip", "gzip"),
            (script, "gzip, deflate, br, zstd", "br", "brotli"),
            (script, "GZIP", "gzip", "gzip"),
            (script, "gzip;q=0.5, br;q=0", "gzip", "gzip"),
            (script, "br;q=0.0, gzip;q=0.000", "", plain),
            (script, "br; q=0.8", "br", "brotli"),
            (script, "deflate", "", plain),
            (script, "identity", "", plain),
            (script, "broken;;;,", "", plain),
            (script, "", "", plain),
            ("/assets/page-0a1b2c.wasm", "br", "", "wasm"),
            ("/assets/page-0a1b2c.wasm", "br, gzip", "gzip", "wasm in gzip"),
            ("/assets/plain.css", "br, gzip", "", "body {}"),
            ("/", "br", "br", "start in brotli"),
        ] {
            let answer = shop.get_with(path, "accept-encoding", accepted).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("content-encoding"), encoding, "{path} {accepted:?}");
            assert_eq!(answer.text(), body, "{path} {accepted:?}");
            // Also the plain form: a cache in between must not mix them up.
            assert_eq!(answer.header("vary"), "accept-encoding", "{path}");
        }
        shop.stop().await;
    });
}

#[test]
fn hashed_files_are_kept_for_ever_and_pages_are_asked_for_again() {
    run(async {
        let (_folder, site) = site();
        let shop = RunningShop::with(site, false).await;
        let for_ever = "public, max-age=31536000, immutable";
        for (path, caching, content_type) in [
            ("/", "no-cache", "text/html; charset=utf-8"),
            ("/loja/", "no-cache", "text/html; charset=utf-8"),
            ("/extrato/", "no-cache", "text/html; charset=utf-8"),
            ("/assets/app-0a1b2c.js", for_ever, "text/javascript; charset=utf-8"),
            ("/assets/page-0a1b2c.wasm", for_ever, "application/wasm"),
            ("/assets/plain.css", "no-cache", "text/css; charset=utf-8"),
            ("/favicon.svg", "no-cache", "image/svg+xml"),
            ("/assets/products/cafe-em-graos.svg", "public, max-age=3600", "image/svg+xml"),
            ("/api/checkout/v1/products", "no-store", "application/json"),
            (ORDERS, "no-store", "application/json"),
            ("/api/status", "no-store", "application/json"),
            ("/nowhere", "no-store", "application/problem+json"),
        ] {
            let answer = shop.get(path).await;
            assert_eq!(answer.header("cache-control"), caching, "{path}");
            assert_eq!(answer.header("content-type"), content_type, "{path}");
        }
        shop.stop().await;
    });
}

#[test]
fn every_address_of_an_app_is_its_page() {
    run(async {
        let (_folder, site) = site();
        let shop = RunningShop::with(site, false).await;
        for (path, title) in [
            ("/", "start"),
            ("/loja/", "loja"),
            ("/loja/carrinho", "loja"),
            ("/loja/pedidos/7?from=mail", "loja"),
            ("/extrato/", "extrato"),
            ("/extrato/cartoes/card_1", "extrato"),
        ] {
            let answer = shop.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.text().contains(&format!("<title>{title}</title>")), "{path}");
        }
        for (path, folder) in [("/loja", "/loja/"), ("/extrato", "/extrato/")] {
            let answer = shop.get(path).await;
            assert_eq!((answer.status, answer.header("location")), (308, folder));
        }
        shop.stop().await;
    });
}

#[test]
fn without_built_pages_the_reader_is_told_and_the_api_works() {
    run(async {
        let shop = RunningShop::start().await;
        for path in ["/", "/loja/", "/extrato/"] {
            assert_eq!(shop.get(path).await.problem(), (503, "pages_missing".to_owned()));
        }
        assert_eq!(shop.get("/api/checkout/v1/products").await.status, 200);
        shop.stop().await;
    });
}
