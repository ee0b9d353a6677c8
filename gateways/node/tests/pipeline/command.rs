//! `bancada pipeline` as somebody at a terminal sees it.

use std::sync::Arc;

use serde_json::Value;

use crate::servers::Servers;
use bancada_testbed::bench::run;

const THINGS: [&str; 6] = [
    "topic payments",
    "topic of dead letters",
    "index template",
    "index",
    "connector",
    "dashboard",
];

pub(crate) fn applied_twice(servers: &Arc<Servers>) {
    let (_, before) = servers.pipeline_status_text();
    assert_eq!(before, Some(1), "nothing is set up yet");
    let first = servers.applied();
    for thing in &THINGS[..5] {
        assert_eq!(outcome(&first, thing), "created", "{first}");
    }
    assert!(outcome(&first, "dashboard").starts_with("skipped: no Kibana"), "{first}");
    // The build from Maven Central has none; see front.rs.
    let lifecycle = outcome(&first, "lifecycle policy");
    assert!(lifecycle.starts_with("skipped: this Elasticsearch"), "{first}");
    let before = told(servers);
    let second = servers.applied();
    for thing in &THINGS[..5] {
        assert_eq!(outcome(&second, thing), "unchanged", "{second}");
    }
    assert_eq!(told(servers), before);

    let (text, code) = servers.pipeline_status_text();
    assert_eq!(code, Some(0), "{text}");
    for line in [
        "connector     bancada-payments-to-elasticsearch, RUNNING",
        "task 0        RUNNING, at 127.0.0.1:",
        "task 1        RUNNING, at 127.0.0.1:",
        "lag           0 of 0 records",
        "documents     0",
        "dead letters  0",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
}

/// What was said about one thing.
fn outcome<'a>(said: &'a str, thing: &str) -> &'a str {
    let line = said.lines().find(|line| line.get(..22).is_some_and(|it| it.trim_end() == thing));
    line.map_or("", |line| &line[22..])
}

/// Everything that the servers were told, as they tell it.
fn told(servers: &Servers) -> Vec<Value> {
    let urls = [
        format!("{}/connectors/bancada-payments-to-elasticsearch", servers.connect.url()),
        format!("{}/_index_template/bancada-payments", servers.front.url()),
        format!("{}/payments", servers.front.url()),
    ];
    let mut told = Vec::new();
    run(async {
        for url in urls {
            let answer = servers.web.get(url).send().await.unwrap().error_for_status();
            told.push(answer.unwrap().json().await.unwrap());
        }
    });
    told
}

impl Servers {
    fn pipeline_status_text(&self) -> (String, Option<i32>) {
        let output = self.pipeline(&["status"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (said + &String::from_utf8_lossy(&output.stderr), output.status.code())
    }
}

pub(crate) fn wrong_servers(servers: &Arc<Servers>) {
    servers.applied();
    let nobody = "http://127.0.0.1:1";
    let without_plugins = servers.connect_without_plugins();
    let bare = without_plugins.url();
    let (connect, elasticsearch) = (servers.connect.url(), servers.front.url());
    for (arguments, told) in [
        (
            ["status", "--connect", nobody],
            "Kafka Connect does not answer at http://127.0.0.1:1: Connection refused (os error \
             111); is it running? --connect says where it is",
        ),
        (
            ["status", "--elasticsearch", nobody],
            "Elasticsearch does not answer at http://127.0.0.1:1: Connection refused (os error \
             111); is it running? --elasticsearch says where it is",
        ),
        (["status", "--kafka", "127.0.0.1:1"], "Kafka does not answer at 127.0.0.1:1: "),
        (["apply", "--connect", elasticsearch.as_str()], "is not Kafka Connect: "),
        (["apply", "--elasticsearch", connect.as_str()], "is not Elasticsearch: "),
        (["apply", "--connect", bare.as_str()], "unpack Confluent's kafka-connect-elasticsearch"),
        (["apply", "--kibana", elasticsearch.as_str()], "is not Kibana: "),
    ] {
        let output = servers.pipeline(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains(told), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let misspelled = servers.pipeline(&["status", "--connect", "127.0.0.1:8083"]);
    assert_eq!(misspelled.status.code(), Some(2));
}
