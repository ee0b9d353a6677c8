//! A statement that reads again what it has, and one that is killed over and over.

use serde_json::Value;

use crate::load::Load;
use crate::parts::Parts;
use crate::program::*;
use bancada_testbed::kafka::Broker;

const RATE: u32 = 300;
const APPLIED: &str = r#"bancada_statement_events_total{result="applied"}"#;
const DUPLICATE: &str = r#"bancada_statement_events_total{result="duplicate"}"#;

/// Every card with its balances, and every line of each.
async fn shown(system: &System) -> Vec<(Value, Vec<Value>)> {
    let list = system.get(&format!("{}/api/extrato/v1/cards", system.statement)).await.unwrap();
    let mut shown = Vec::new();
    for card in list["cards"].as_array().unwrap() {
        let token = card["token"].as_str().unwrap();
        let (mut lines, mut before) = (Vec::new(), String::new());
        loop {
            let path = format!("api/extrato/v1/cards/{token}/statement?limit=200{before}");
            let page = system.get(&format!("{}/{path}", system.statement)).await.unwrap();
            lines.extend(page["lines"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_u64() else { break };
            before = format!("&before={next}");
        }
        shown.push((card.clone(), lines));
    }
    shown
}

#[test]
fn offsets_that_go_back_to_zero_change_nothing_on_the_statement() {
    let broker = Broker::start();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).through_kafka(&broker.address());
        let system = &parts.system;
        let (_bank, extrato, _checkout) = (parts.bank(), parts.extrato(), parts.checkout());
        system.is_ready().await;
        let load = Load::start_paced(&system.bank, &system.data, "60s", RATE);
        system.advances(900).await;
        let log = load.stop().await;
        system.passes_audit(Some(&log)).await;
        let before = shown(system).await;
        assert!(before.iter().map(|(_, lines)| lines.len()).sum::<usize>() > 500);
        assert_eq!(extrato.interrupt(), Some(0));

        let statement = rusqlite::Connection::open(data.path().join("extrato/statement.sqlite3"));
        let n_partitions = statement.unwrap().execute("DELETE FROM source", ()).unwrap();
        assert_eq!(n_partitions, 6);
        let _extrato = parts.extrato();
        eventually("it has read everything again", async || {
            parts.counted_by_extrato(DUPLICATE).await > 900
        })
        .await;
        system.passes_audit(Some(&log)).await;
        assert_eq!(shown(system).await, before);
        assert_eq!(parts.counted_by_extrato(APPLIED).await, 0, "there was nothing new");
    });
}

#[test]
fn a_statement_that_is_killed_over_and_over_doubles_nothing() {
    let broker = Broker::start();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).through_kafka(&broker.address());
        let system = &parts.system;
        let (_bank, mut extrato, _checkout) = (parts.bank(), parts.extrato(), parts.checkout());
        system.is_ready().await;
        let load = Load::start_paced(&system.bank, &system.data, "1h", RATE);
        for _ in 0..8 {
            eventually("it works", async || parts.counted_by_extrato(APPLIED).await > 100).await;
            // Between one transaction and the next, or in the middle of one.
            extrato.kill();
            system.advances(100).await;
            extrato = parts.extrato();
        }
        let log = load.stop().await;
        system.passes_audit(Some(&log)).await;
        assert_eq!(extrato.interrupt(), Some(0));
    });
}
