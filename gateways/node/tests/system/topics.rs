//! Topics of another shape than Bancada's: a start that refuses, and a process that goes on.

use crate::program::*;
use bancada_testbed::kafka::{Broker, delete_topic, make_topic};

const WRONG: &str = "the topic payments is not what it has to be: it has 3 partitions, not 6";

#[test]
fn on_a_topic_of_another_shape_nobody_starts_and_says_why() {
    let broker = Broker::start();
    run(async {
        make_topic(&broker.address(), "payments", 3, &[("retention.ms", "-1")]).await;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().display().to_string();
        let address = broker.address();
        let kafka = ["--kafka", &address, "--data", &data];
        for service in ["bank", "extrato", "up"] {
            let ports = free_ports::<3>().map(|port| port.to_string());
            let [first, second, third] = ports.each_ref().map(String::as_str);
            let (local, admin) = (format!("127.0.0.1:{first}"), format!("127.0.0.1:{second}"));
            let own: &[&str] = match service {
                "bank" => &["--grpc", &local, "--admin-listen", &admin],
                "extrato" => &["--http", &local, "--admin-listen", &admin],
                _ => &["--port", first, "--grpc-port", third, "--admin-port", second],
            };
            let log = folder.path().join(format!("{service}.log"));
            let arguments = [&[service], &kafka[..], own].concat();
            let mut program = Program::start_writing(&arguments, "error", &log);
            let code = program.wait();
            let said = std::fs::read_to_string(log).unwrap();
            assert_eq!(code, Some(3), "{service}: {said}");
            assert!(said.contains(WRONG), "{service}: {said}");
        }
    });
}

#[test]
fn a_topic_that_is_found_wrong_later_is_shown_and_stops_no_payment() {
    let broker = Broker::start();
    broker.kill();
    run(async {
        broker
            .behind_their_backs(async |address| {
                make_topic(address, "payments", 3, &[("retention.ms", "-1")]).await;
            })
            .await;
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let program = system.up(&["--kafka", &broker.address()]);
        system.is_ready_to_pay().await;
        let readiness = async || {
            let url = format!("{}/readyz?verbose", system.admin);
            let answer = system.web.get(url).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        assert!(readiness().await.1.contains("[+] kafka: ok\n"), "nobody knows of it yet");
        broker.start_again();
        eventually("it is shown", async || readiness().await.1.contains(WRONG)).await;
        assert_eq!(readiness().await.0, 200, "payments go on");
        let mut order = serde_json::Value::Null;
        eventually("an order is paid", async || {
            let Ok((201, placed)) = system.buy(&new_key(), "4242424242424242").await else {
                return false;
            };
            order = placed;
            order["status"] == "paid"
        })
        .await;

        delete_topic(&broker.address(), "payments").await;
        let token = system.knows_card("4242").await;
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        eventually("it is well", async || readiness().await.1.contains("[+] kafka: ok\n")).await;
        system.passes_audit(None).await;
        assert_eq!(program.interrupt(), Some(0));
    });
}
