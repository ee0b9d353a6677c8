//! The panels of the dashboard as the searches that Kibana makes of them, read from the file that
//! Kibana is given: what is tested is what is drawn.

use bancada_pipeline::Documents;
use serde_json::{Map, Value, json};

use crate::formula::{Call, Formula, lucene};
use crate::servers::Servers;

/// A stretch of time, as milliseconds since 1970, and the moment at which one looks.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// What every panel shows for this time, by its title: a number, rows, or a list.
pub(crate) async fn shown(servers: &Servers, span: Span) -> Map<String, Value> {
    let mut shown = Map::new();
    for panel in Documents::embedded().dashboard["panels"].as_array().unwrap() {
        let config = &panel["config"];
        let value = match panel["type"].as_str().unwrap() {
            "discover_session" => feed(servers, &config["tabs"][0], span).await,
            _ if config["type"] == "metric" => metric(servers, config, span).await,
            _ => chart(servers, config, span).await,
        };
        assert!(shown.insert(config["title"].as_str().unwrap().to_owned(), value).is_none());
    }
    shown
}

/// What Kibana adds to every panel: its own query, and the dashboard's time.
fn query(config: &Value, data_source: &Value, span: Span) -> Value {
    assert_eq!(data_source["type"], "data_view_spec");
    assert_eq!(data_source["index_pattern"], "payments");
    let field = data_source["time_field"].as_str().unwrap();
    let time = json!({ "range": { field: {
        "gte": span.from, "lte": span.to, "format": "epoch_millis",
    } } });
    let own = match config["query"].as_object() {
        Some(query) => {
            assert_eq!(query["language"], "lucene");
            lucene(query["expression"].as_str().unwrap())
        }
        None => json!({ "match_all": {} }),
    };
    json!({ "bool": { "filter": [own, time] } })
}

/// A metric of a panel as a formula.
fn formula(metric: &Value) -> Formula {
    let text = |key: &str| metric[key].as_str().map(str::to_owned);
    match text("operation").unwrap().as_str() {
        "formula" => Formula::parse(metric["formula"].as_str().unwrap()),
        operation => Formula::Call(Call {
            operation: operation.to_owned(),
            field: text("field"),
            filter: metric["filter"]["expression"].as_str().map(str::to_owned),
        }),
    }
}

async fn metric(servers: &Servers, config: &Value, span: Span) -> Value {
    let formula = formula(&config["metrics"][0]);
    let mut aggregations = Map::new();
    formula.aggregations(&mut aggregations);
    let query = query(config, &config["data_source"], span);
    let found = servers.search(&json!({ "size": 0, "query": query, "aggs": aggregations })).await;
    json!(formula.value(&found["aggregations"], span.to as f64))
}

/// The rows of a chart: what is on the x axis, what it is broken down by, and the value.
async fn chart(servers: &Servers, config: &Value, span: Span) -> Value {
    let layer = &config["layers"][0];
    let formula = formula(&layer["y"][0]);
    let mut innermost = Map::new();
    formula.aggregations(&mut innermost);
    let mut aggregations = innermost;
    let dimensions = [&layer["x"], &layer["breakdown_by"]];
    let dimensions: Vec<_> = dimensions.into_iter().filter(|it| !it.is_null()).collect();
    for dimension in dimensions.iter().rev() {
        let mut bucket = buckets(dimension, &formula, &aggregations);
        bucket["aggs"] = Value::Object(aggregations);
        aggregations = Map::from_iter([("by".to_owned(), bucket)]);
    }
    let query = query(config, &layer["data_source"], span);
    let found = servers.search(&json!({ "size": 0, "query": query, "aggs": aggregations })).await;
    let mut rows = Vec::new();
    collect(
        &found["aggregations"]["by"],
        dimensions.len(),
        &mut Vec::new(),
        &mut |keys, bucket| {
            let value = formula.value(bucket, span.to as f64);
            rows.push(json!([keys, value]));
        },
    );
    json!(rows)
}

/// One dimension as an aggregation.
fn buckets(dimension: &Value, formula: &Formula, inner: &Map<String, Value>) -> Value {
    match dimension["operation"].as_str().unwrap() {
        "date_histogram" => json!({ "date_histogram": {
            // What Kibana chooses by the width of the screen; all of a test is in one.
            "field": dimension["field"], "fixed_interval": "365d", "min_doc_count": 1,
        } }),
        "terms" => {
            let rank = &dimension["rank_by"];
            let is_count = matches!(formula, Formula::Call(call) if call.operation == "count");
            let by_count = rank["type"] == "metric" && is_count;
            let by_sum = rank["type"] == "custom" && rank["operation"] == "sum";
            assert!(by_count || by_sum, "no panel of ours ranks by {rank}");
            assert_eq!(rank["direction"], "desc");
            let order = if by_count {
                json!({ "_count": "desc" })
            } else {
                let name = inner.keys().next().unwrap();
                json!({ format!("{name}>it"): "desc" })
            };
            json!({ "terms": {
                "field": dimension["fields"][0], "size": dimension["limit"], "order": order,
            } })
        }
        other => panic!("no panel of ours has {other}"),
    }
}

fn collect(
    found: &Value,
    depth: usize,
    keys: &mut Vec<Value>,
    row: &mut impl FnMut(&[Value], &Value),
) {
    for bucket in found["buckets"].as_array().unwrap() {
        // A date is left out: the test knows only that there is one.
        let key = if bucket["key_as_string"].is_null() { &bucket["key"] } else { &Value::Null };
        keys.push(key.clone());
        if depth == 1 {
            row(keys, bucket);
        } else {
            collect(&bucket["by"], depth - 1, keys, row);
        }
        keys.pop();
    }
}

/// The rows of a list, in its order, with its columns.
async fn feed(servers: &Servers, tab: &Value, span: Span) -> Value {
    let sort = &tab["sort"][0];
    let body = json!({
        "size": tab["sample_size"],
        "query": query(tab, &tab["data_source"], span),
        "sort": [{ sort["name"].as_str().unwrap(): sort["direction"] }],
        "_source": tab["column_order"],
    });
    let found = servers.search(&body).await;
    let hits = found["hits"]["hits"].as_array().unwrap().iter();
    json!(hits.map(|hit| hit["_source"].clone()).collect::<Vec<_>>())
}
