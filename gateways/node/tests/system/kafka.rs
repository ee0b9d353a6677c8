//! Events through Apache Kafka, between processes.

use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::load::Load;
use crate::parts::Parts;
use crate::program::*;
use bancada_testbed::kafka::Broker;

#[test]
fn with_kafka_between_them_nothing_is_lost_when_parts_are_killed_under_load() {
    let broker = Broker::start();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).through_kafka(&broker.address());
        let system = &parts.system;
        let mut bank = parts.bank();
        let mut extrato = parts.extrato();
        let checkout = parts.checkout();
        system.is_ready().await;
        let load = Load::start(&system.bank, &system.data, "10s");
        system.advances(200).await;
        extrato.kill();
        system.advances(200).await;
        let extrato = parts.extrato();
        system.advances(200).await;
        bank.kill();
        let bank = parts.bank();
        system.is_ready().await;
        system.advances(100).await;
        broker.kill();
        system.advances(200).await;
        broker.start_again();
        let log = load.finish().await;
        system.passes_audit(Some(&log)).await;
        for program in [bank, extrato, checkout] {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}

#[test]
fn one_process_follows_through_kafka_and_waits_for_a_broker_that_is_not_there_yet() {
    let broker = Broker::start();
    broker.kill();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let mut system = System::new(data.path());
        system.kafka = Some(broker.address());
        let program = system.up(&["--kafka", &broker.address()]);
        let mut order = serde_json::Value::Null;
        // Declined, too, is an answer: until the demo cards are issued, the Bank has no such card.
        eventually("an order is paid, for which no broker is needed", async || {
            let Ok((201, placed)) = system.buy(&new_key(), "4242424242424242").await else {
                return false;
            };
            order = placed;
            order["status"] == "paid"
        })
        .await;
        let url = format!("{}/api/extrato/v1/cards", system.statement);
        let list = system.get(&url).await.unwrap();
        assert_eq!(list["cards"].as_array().unwrap().len(), 0, "nothing has come: {list}");

        broker.start_again();
        let token = system.knows_card("4242").await;
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        system.passes_audit(None).await;
        assert_eq!(program.interrupt(), Some(0));
    });
}

/// `bancada dead-letters` with these arguments.
pub(crate) async fn dead_letters(system: &System, arguments: &[&str]) -> Said {
    let mut command = std::process::Command::new(BINARY);
    command.args(["dead-letters", "--admin", &system.admin]).args(arguments);
    Said::by_and_by(command).await
}

#[test]
fn a_record_that_cannot_be_read_is_looked_at_and_forgotten() {
    let broker = Broker::start();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&["--kafka", &broker.address()]);
        let token = system.knows_card("4242").await;
        let said = dead_letters(&system, &["list"]).await;
        assert_eq!((said.code, said.printed.as_str()), (Some(0), "There are no dead letters."));

        let mut config = rdkafka::ClientConfig::new();
        config.set("bootstrap.servers", broker.address());
        let producer: BaseProducer = config.create().unwrap();
        let record = BaseRecord::to("payments").key(&token).payload("{\"status\": \"\u{e9}\"");
        producer.send(record).unwrap();
        producer.flush(PATIENCE).unwrap();
        let mut listed = String::new();
        eventually("it is put aside", async || {
            let said = dead_letters(&system, &["list"]).await;
            listed = said.printed;
            said.code == Some(1)
        })
        .await;
        assert!(listed.contains("not an event") && listed.contains("{\"status\""), "{listed}");
        let shown = dead_letters(&system, &["show", "1"]).await;
        assert_eq!(shown.code, Some(0), "{shown}");
        let is_whole = shown.printed.contains(&token) && shown.printed.contains(r"\xc3\xa9");
        assert!(is_whole, "{shown}");
        let said = dead_letters(&system, &["replay", "1"]).await;
        assert_eq!(said.code, Some(3), "{said}");
        assert!(said.logged.contains("still cannot be read"), "{said}");
        let said = dead_letters(&system, &["discard", "1"]).await;
        assert_eq!((said.code, said.printed.as_str()), (Some(0), "dead letter 1 was discarded"));
        let said = dead_letters(&system, &["show", "1"]).await;
        assert_eq!(said.code, Some(3), "{said}");
        assert!(said.logged.contains("no dead letter with this number"), "{said}");
        let said = dead_letters(&system, &["list", "--output", "json"]).await;
        assert_eq!((said.code, said.printed.as_str()), (Some(0), "[]"));
        // Its card was not held up by it.
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        system.passes_audit(None).await;
    });
}
