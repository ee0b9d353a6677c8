//! The formulas of Kibana's panels, as far as ours have them: numbers, `now()`, aggregations with
//! a filter in Lucene's syntax, the four operations and brackets.

use serde_json::{Map, Value, json};

/// An aggregation as a formula names it: `sum(amount_minor, lucene='...')`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) field: Option<String>,
    pub(crate) filter: Option<String>,
}

/// A formula that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Formula {
    Number(f64),
    Now,
    Call(Call),
    Of(Box<Formula>, char, Box<Formula>),
}

impl Formula {
    pub(crate) fn parse(text: &str) -> Formula {
        let mut rest = text;
        let formula = sum(&mut rest);
        assert!(rest.trim().is_empty(), "{text}: what is {rest}?");
        formula
    }

    /// Adds what must be aggregated, each under a name of its own.
    pub(crate) fn aggregations(&self, into: &mut Map<String, Value>) {
        match self {
            Formula::Number(_) | Formula::Now => {}
            Formula::Call(call) => {
                into.insert(call.name(), call.aggregation());
            }
            Formula::Of(left, _, right) => {
                left.aggregations(into);
                right.aggregations(into);
            }
        }
    }

    /// Its value in a bucket that was answered.
    pub(crate) fn value(&self, bucket: &Value, now: f64) -> f64 {
        match self {
            Formula::Number(number) => *number,
            Formula::Now => now,
            Formula::Call(call) => call.value(bucket),
            Formula::Of(left, operator, right) => {
                let (left, right) = (left.value(bucket, now), right.value(bucket, now));
                match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }
            }
        }
    }
}

impl Call {
    fn name(&self) -> String {
        // Elasticsearch takes no brackets and no `>` in a name.
        let text = format!("{:?}", (&self.operation, &self.field, &self.filter));
        text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
    }

    /// The aggregation that Kibana makes of it. What is counted is a filter's own count.
    fn aggregation(&self) -> Value {
        let filter = match &self.filter {
            Some(filter) => lucene(filter),
            None => json!({ "match_all": {} }),
        };
        match self.operation.as_str() {
            "count" => json!({ "filter": filter }),
            "sum" | "max" => {
                let operation = json!({ &self.operation: { "field": self.field } });
                json!({ "filter": filter, "aggs": { "it": operation } })
            }
            other => panic!("no panel of ours has {other}"),
        }
    }

    fn value(&self, bucket: &Value) -> f64 {
        let bucket = &bucket[self.name()];
        let value =
            if self.operation == "count" { &bucket["doc_count"] } else { &bucket["it"]["value"] };
        value.as_f64().unwrap_or(f64::NAN)
    }
}

/// A filter as Kibana passes it on.
pub(crate) fn lucene(expression: &str) -> Value {
    json!({ "query_string": { "query": expression, "analyze_wildcard": true } })
}

fn sum(rest: &mut &str) -> Formula {
    operation(rest, ['+', '-'], |rest| operation(rest, ['*', '/'], term))
}

fn operation(rest: &mut &str, operators: [char; 2], part: fn(&mut &str) -> Formula) -> Formula {
    let mut left = part(rest);
    loop {
        *rest = rest.trim_start();
        let Some(operator) = rest.chars().next().filter(|c| operators.contains(c)) else {
            return left;
        };
        *rest = &rest[1..];
        left = Formula::Of(Box::new(left), operator, Box::new(part(rest)));
    }
}

fn term(rest: &mut &str) -> Formula {
    *rest = rest.trim_start();
    if let Some(inner) = rest.strip_prefix('(') {
        *rest = inner;
        let formula = sum(rest);
        *rest = rest.trim_start().strip_prefix(')').expect("a bracket that closes");
        return formula;
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._".contains(c));
    let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = after;
    if let Ok(number) = word.parse() {
        return Formula::Number(number);
    }
    let inner = after.strip_prefix('(').unwrap_or_else(|| panic!("what is {word}{after}?"));
    // A filter's own brackets stand in quotes.
    let mut is_quoted = false;
    let mut is_end = |c: char| {
        is_quoted ^= c == '\'';
        c == ')' && !is_quoted
    };
    let end = inner.find(&mut is_end).expect("a call that ends");
    *rest = &inner[end + 1..];
    if word == "now" {
        return Formula::Now;
    }
    let mut call = Call { operation: word.to_owned(), field: None, filter: None };
    for argument in inner[..end].split(", ").filter(|it| !it.is_empty()) {
        match argument.strip_prefix("lucene='").and_then(|it| it.strip_suffix('\'')) {
            Some(filter) => call.filter = Some(filter.to_owned()),
            None => call.field = Some(argument.to_owned()),
        }
    }
    Formula::Call(call)
}
