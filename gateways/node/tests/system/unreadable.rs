//! Records on a topic that nobody can read: said where whoever runs Bancada looks, and no end of
//! anything.

use crate::kafka::dead_letters;
use crate::program::*;
use crate::said::Said;
use bancada_testbed::kafka::Broker;
use bancada_testbed::kafka::{mend, spoil, with_records};

async fn set_aside(system: &System, place: &str) -> Said {
    dead_letters(system, &["set-aside", place]).await
}

#[test]
fn what_cannot_be_read_of_a_topic_is_in_readiness_log_and_audit_and_stops_no_payment() {
    let broker = Broker::start();
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut system = System::new(&data);
        system.kafka = Some(broker.address());
        let arguments = ["--kafka", &broker.address()];
        let program = system.up(&arguments);
        let token = system.knows_card("4242").await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        system.passes_audit(None).await;
        assert_eq!(program.interrupt(), Some(0));

        // A new statement has to read what is there.
        std::fs::remove_dir_all(data.join("extrato")).unwrap();
        let partition = with_records(&broker, "payments")[0];
        let was = spoil(&broker, "payments", partition);
        let log = folder.path().join("log");
        let program = system.up_writing(&arguments, "warn", &log);
        let readiness = async || {
            let url = format!("{}/readyz?verbose", system.admin);
            let Ok(answer) = system.web.get(url).send().await else { return (0, String::new()) };
            (answer.status().as_u16(), answer.text().await.unwrap_or_default())
        };
        let said = format!(
            "[-] kafka: the topic payments: partition {partition} is not read from offset 0 on: "
        );
        eventually("it is in readiness", async || {
            let (_, text) = readiness().await;
            text.contains(&said) && text.contains("codec 0x5")
        })
        .await;
        let (status, text) = readiness().await;
        assert_eq!(status, 200, "payments go on: {text}");
        let logged = std::fs::read_to_string(&log).unwrap();
        let is_told = |line: &str| {
            line.contains("WARN") && line.contains("is not read") && line.contains("codec 0x5")
        };
        assert!(logged.lines().any(is_told), "{logged}");
        let mut order = serde_json::Value::Null;
        eventually("an order is paid", async || {
            let Ok((201, placed)) = system.buy(&new_key(), "4242424242424242").await else {
                return false;
            };
            order = placed;
            order["status"] == "paid"
        })
        .await;
        // A busy broker may not answer within the second: then there is no verdict yet.
        let mut verdict = None;
        eventually("the audit has a verdict", async || {
            let said = system.audit_with(None, &["--catch-up-within", "1s"]).await;
            verdict = (said.code != Some(3)).then_some(said);
            verdict.is_some()
        })
        .await;
        let verdict = verdict.unwrap();
        assert_eq!(verdict.code, Some(1), "{verdict}");
        let text = &verdict.printed;
        let place = format!("records {partition}:0 to {partition}:");
        let lines: Vec<_> = text.lines().filter(|line| line.contains("cannot be read")).collect();
        assert!(lines.len() == 1 && lines[0].contains(&place), "{text}");
        assert!(text.contains("kafka: match") && text.contains("extrato: match"), "{text}");

        let elsewhere = set_aside(&system, &format!("{partition}/7")).await;
        assert_eq!(elsewhere.code, Some(3), "{elsewhere}");
        let is_told = elsewhere.logged.contains(&format!("it stands at {partition}/0"));
        assert!(is_told, "what can be read is not passed over: {elsewhere}");
        let said = set_aside(&system, &format!("{partition}/0")).await;
        assert_eq!(said.code, Some(0), "{said}");
        eventually("it is well", async || readiness().await.1.contains("[+] kafka: ok\n")).await;
        let letters = dead_letters(&system, &["list"]).await;
        let why = format!("of partition {partition} cannot be read: ");
        assert_eq!((letters.code, letters.printed.lines().count()), (Some(1), 1), "{letters}");
        assert!(letters.printed.contains(&why), "{letters}");
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        assert_eq!(program.interrupt(), Some(0));

        // Whoever starts again does not read there any more.
        let program = system.up_writing(&arguments, "warn", &log);
        eventually("it is well", async || readiness().await.1.contains("[+] kafka: ok\n")).await;
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        let said = dead_letters(&system, &["discard", "1"]).await;
        assert_eq!(said.code, Some(0), "{said}");
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        assert!(readiness().await.1.contains("[+] kafka: ok\n"));

        mend(&broker, "payments", partition, was);
        eventually("it is well", async || readiness().await.1.contains("[+] kafka: ok\n")).await;
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        system.passes_audit(None).await;
        assert_eq!(program.interrupt(), Some(0));
    });
}
