//! Three processes: parts that are away, and come back.

use crate::parts::Parts;
use crate::program::*;

#[test]
fn three_processes_do_what_one_does() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path());
        let programs = [parts.bank(), parts.checkout(), parts.extrato()];
        let system = &parts.system;
        system.is_ready().await;
        let token = system.knows_card("4444").await;
        let mut order = serde_json::Value::Null;
        eventually("the shop is there", async || {
            match system.buy(&new_key(), "5555555555554444").await {
                Ok((201, placed)) => {
                    order = placed;
                    true
                }
                _ => false,
            }
        })
        .await;
        assert_eq!(order["status"], "paid", "{order}");
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        system.passes_audit(None).await;
        for program in programs {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}

#[test]
fn a_payment_while_the_bank_is_away_is_unknown_and_then_charged_once() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path());
        let system = &parts.system;
        let mut bank = parts.bank();
        let mut checkout = parts.checkout();
        let _extrato = parts.extrato();
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        eventually("the shop is there", async || {
            let url = format!("{}/api/checkout/v1/products", system.shop);
            system.get(&url).await.is_ok()
        })
        .await;

        bank.kill();
        let key = new_key();
        let (status, order) = system.buy(&key, "4242424242424242").await.unwrap();
        assert_eq!(status, 202, "{order}");
        let word = order["status"].as_str().unwrap();
        assert!(["paying", "unknown"].contains(&word), "shown as what it is: {word}");
        // A second order stays open over a restart of the shop: its card is forgotten, so it is
        // asked about rather than repeated, and must not be charged any more.
        let lost = new_key();
        let (status, order) = system.buy(&lost, "4242424242424242").await.unwrap();
        assert_eq!(status, 202, "{order}");

        let _bank = parts.bank();
        eventually("the first is paid", async || system.order_status(&key).await == "paid").await;
        eventually("the second is paid", async || system.order_status(&lost).await == "paid").await;
        eventually("both are on the statement", async || system.lines(&token).await.len() == 2)
            .await;

        drop(_bank);
        let forgotten = new_key();
        let (status, _) = system.buy(&forgotten, "4242424242424242").await.unwrap();
        assert_eq!(status, 202);
        checkout.kill();
        let _bank = parts.bank();
        let _checkout = parts.checkout();
        eventually("the forgotten one is closed", async || {
            system.order_status(&forgotten).await == "declined"
        })
        .await;
        system.is_ready().await;
        assert_eq!(system.lines(&token).await.len(), 2, "nothing more was charged");
        system.passes_audit(None).await;
    });
}

#[test]
fn a_statement_that_was_away_catches_up() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path());
        let system = &parts.system;
        let _bank = parts.bank();
        let _checkout = parts.checkout();
        let mut extrato = parts.extrato();
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        let buy = async || {
            let mut payment = String::new();
            eventually("an order is paid", async || {
                match system.buy(&new_key(), "4242424242424242").await {
                    Ok((201, order)) if order["status"] == "paid" => {
                        order["payment_id"].as_str().unwrap().clone_into(&mut payment);
                        true
                    }
                    _ => false,
                }
            })
            .await;
            payment
        };
        let first = buy().await;
        system.shows_payment(&token, &first).await;
        extrato.kill();
        for _ in 0..20 {
            buy().await;
        }
        let last = buy().await;
        let _extrato = parts.extrato();
        eventually("the statement is back", async || {
            system.get(&format!("{}/api/extrato/v1/cards", system.statement)).await.is_ok()
        })
        .await;
        system.shows_payment(&token, &last).await;
        let lines = system.lines(&token).await;
        let positions: Vec<_> = lines.iter().map(|line| line["position"].as_u64()).collect();
        assert_eq!(lines.len(), 22, "no gap, no duplicate");
        assert!(positions.is_sorted_by(|later, earlier| later > earlier));
        system.passes_audit(None).await;
    });
}
