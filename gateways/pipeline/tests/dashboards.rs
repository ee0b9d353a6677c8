//! The files in `observability/` against what reads them: Kibana's published schema, the fields of
//! the index, and the events that the Bank publishes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use bancada_pipeline::Documents;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("files/kibana-dashboard.schema.json");

fn schema() -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

fn fields() -> BTreeSet<String> {
    let template = Documents::embedded().template;
    let properties = template["template"]["mappings"]["properties"].as_object().unwrap();
    properties.keys().cloned().collect()
}

#[test]
fn kibanas_published_schema_takes_the_dashboard() {
    let dashboard = Documents::embedded().dashboard;
    let schema = schema();
    let found: Vec<_> = schema.iter_errors(&dashboard).map(|it| it.to_string()).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn kibanas_published_schema_refuses_what_kibana_would_refuse() {
    let schema = schema();
    let good = Documents::embedded().dashboard;
    for (at, broken) in [
        ("/panels/0/config/metrics/0/operation", json!("approval_rate")),
        ("/panels/0/config/data_source/type", json!("data_view")),
        ("/panels/0/grid/w", json!(49)),
        ("/panels/4/config/layers/0/breakdown_by", json!({ "operation": "terms" })),
        ("/panels/4/config/layers/0/x/interval", json!("1h")),
        ("/panels/9/type", json!("search")),
        ("/panels/9/config/tabs", json!([])),
        ("/title", json!("")),
        ("/timeRange", json!({})),
    ] {
        let mut dashboard = good.clone();
        let (parent, key) = at.rsplit_once('/').unwrap();
        dashboard.pointer_mut(parent).unwrap()[key] = broken;
        assert!(!schema.is_valid(&dashboard), "{at}");
    }
}

#[test]
fn panels_stand_beside_each_other() {
    let dashboard = Documents::embedded().dashboard;
    let mut taken = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["grid"][key].as_u64().unwrap());
        assert!(x + w <= 48, "{panel}");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "two panels at {cell:?}: {panel}");
        }
    }
}

#[test]
fn both_dashboards_name_only_fields_that_the_index_has() {
    let fields = fields();
    let documents = Documents::embedded();
    let mut named = BTreeSet::new();
    collect(&documents.dashboard, &mut named);
    for object in saved_objects() {
        collect(&object, &mut named);
    }
    assert!(named.len() > 8, "{named:?}");
    assert_eq!(named.difference(&fields).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Every text in a place where dashboards name a field, also inside of the queries, the formulas
/// and the JSON in JSON of saved objects.
fn collect(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|it| collect(it, named)),
        Value::Object(object) => {
            for (key, value) in object {
                let mut name = |it: &Value| named.extend(it.as_str().map(str::to_owned));
                match (key.as_str(), value) {
                    ("field" | "time_field" | "timeFieldName", it) => name(it),
                    ("fields" | "column_order" | "columns", Value::Array(all)) => {
                        all.iter().for_each(&mut name);
                    }
                    ("sort", Value::Array(all)) => {
                        for by in all {
                            name(if by.is_array() { &by[0] } else { &by["name"] });
                        }
                    }
                    ("expression" | "formula" | "query", Value::String(text)) => {
                        in_query(text, named);
                    }
                    (_, Value::String(text)) if key.ends_with("JSON") || key == "visState" => {
                        collect(&serde_json::from_str(text).unwrap(), named);
                    }
                    (_, value) => collect(value, named),
                }
            }
        }
        _ => {}
    }
}

/// `field:` of a Lucene query, and `sum(field)` of a formula.
fn in_query(text: &str, named: &mut BTreeSet<String>) {
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    for (at, _) in text.match_indices(':') {
        let before = &text[..at];
        let start = before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        named.insert(before[start..].to_owned());
    }
    for call in ["sum(", "max("] {
        for (at, _) in text.match_indices(call) {
            let after = &text[at + call.len()..];
            named.insert(after[..after.find(|c| !is_name(c)).unwrap()].to_owned());
        }
    }
}

#[test]
fn saved_objects_are_whole_and_show_the_same_panels() {
    let objects = saved_objects();
    let name = |it: &Value| format!("{} {}", it["type"], it["id"]);
    let names: BTreeSet<_> = objects.iter().map(name).collect();
    for object in &objects {
        for reference in object["references"].as_array().unwrap() {
            assert!(names.contains(&name(reference)), "{reference} leads out of the file");
        }
    }
    let dashboard = objects.last().unwrap();
    assert_eq!(dashboard["type"], "dashboard");
    let panels: Value =
        serde_json::from_str(dashboard["attributes"]["panelsJSON"].as_str().unwrap()).unwrap();
    let panels = panels.as_array().unwrap();
    let references = dashboard["references"].as_array().unwrap();
    for (panel, reference) in panels.iter().zip(references) {
        let name = format!("{}:{}", text(&panel["panelIndex"]), text(&panel["panelRefName"]));
        assert_eq!(reference["name"], name);
        assert_eq!(reference["type"], panel["type"]);
    }
    let of_the_api = Documents::embedded().dashboard["panels"].as_array().unwrap().len();
    assert_eq!((panels.len(), references.len()), (of_the_api, of_the_api));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn saved_objects() -> Vec<Value> {
    let lines = Documents::embedded().saved_objects;
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_strict_mapping_has_every_field_of_an_event_and_no_other() {
    let documents = Documents::embedded();
    let event = serde_json::to_value(bancada_proto::event::PaymentEvent {
        transaction_id: String::new(),
        credit_card_number: String::new(),
        status: String::new(),
        amount: 0.0,
        store: String::new(),
        description: String::new(),
        payment_date: String::new(),
        event_id: String::new(),
        kind: String::new(),
        position: 0,
        card_token: String::new(),
        card_sequence: 0,
        amount_minor: 0,
        payment_amount_minor: Some(0),
        captured_minor: Some(0),
        refunded_minor: Some(0),
        decided_at: Some(String::new()),
        currency: String::new(),
        brand: String::new(),
        merchant_id: String::new(),
        order_id: String::new(),
        reason_code: String::new(),
        reason: String::new(),
        installments: 0,
        occurred_at: String::new(),
        card: Default::default(),
        traceparent: String::new(),
        schema_version: 0,
    });
    let mut expected: BTreeSet<_> = event.unwrap().as_object().unwrap().keys().cloned().collect();
    for left_out in text(&documents.connector["transforms.fields.exclude"]).split(',') {
        assert!(expected.remove(left_out), "an event has no {left_out}");
    }
    for renamed in text(&documents.connector["transforms.fields.renames"]).split(',') {
        let (from, to) = renamed.split_once(':').unwrap();
        assert!(expected.remove(from), "an event has no {from}");
        assert!(expected.insert(to.to_owned()), "there are two {to}");
    }
    assert_eq!(fields(), expected);
}
