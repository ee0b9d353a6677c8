//! Addresses that try to leave the site.

use crate::caching::site;
use crate::running_shop::*;

#[test]
fn no_address_leads_out_of_the_site() {
    run(async {
        let (folder, site) = site();
        // Beside the site, and in it but not for anybody.
        let beside = folder.path().parent().unwrap().join(new_key());
        std::fs::write(&beside, "beside the site").unwrap();
        let name = beside.file_name().unwrap().to_str().unwrap().to_owned();
        let shop = RunningShop::with(site, false).await;
        let mut paths = Vec::new();
        for up in ["..", "%2e%2e", ".%2e", "%252e%252e", "..;", "....//"] {
            for slash in ["/", "%2f", "%5c", "\\", "%252f", "//"] {
                for start in ["/", "/loja/", "/extrato/", "/assets/", "/assets/products/"] {
                    for target in [name.as_str(), "Cargo.toml", "etc/passwd"] {
                        paths.push(format!("{start}{}{target}", format!("{up}{slash}").repeat(4)));
                        paths.push(format!("{start}{up}{slash}{target}"));
                    }
                }
            }
        }
        for path in ["/.secret", "/assets/.secret", "/.git/config", "/assets/app-0a1b2c.js%00.svg"]
        {
            paths.push(path.to_owned());
        }
        for path in paths {
            let head =
                format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            let (status, answer) = shop.raw(&head).await;
            // An app answers every address below it with its own page, and with nothing else.
            let is_page = answer.contains("<title>loja<") || answer.contains("<title>extrato<");
            assert!(
                status == 404 || status == 400 || (status == 200 && is_page),
                "{path}: {answer}"
            );
            for secret in ["beside the site", "[package]", "root:", "hidden"] {
                assert!(!answer.contains(secret), "{path}: {answer}");
            }
        }
        std::fs::remove_file(&beside).unwrap();
        shop.stop().await;
    });
}

#[test]
fn what_is_no_http_is_refused_and_the_server_stays() {
    run(async {
        let shop = RunningShop::start().await;
        for request in [
            "GET / HTTP/9.9\r\n\r\n",
            "nonsense\r\n\r\n",
            "GET /\u{0} HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: minus\r\n\r\n",
        ] {
            let (status, answer) = shop.raw(request).await;
            assert_eq!(status, 400, "{answer}");
        }
        let endless = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(1_000_000));
        let (status, _) = shop.raw(&endless).await;
        assert!([0, 400, 414, 431].contains(&status), "{status}");
        for path in ["/api/checkout/v1/products/%ff%fe", "/api/extrato/v1/cards/%00/statement"] {
            let answer = shop.get(path).await;
            assert_eq!(answer.problem().0, 404, "{path}");
        }
        assert_eq!(shop.get("/api/checkout/v1/products").await.status, 200);
        shop.stop().await;
    });
}
