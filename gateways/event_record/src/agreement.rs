//! Whether all parts of a record tell of the same event.

use bancada_kernel::PaymentEvent;
use bancada_proto::event as wire;

use crate::encode::to_wire;
use crate::past_record::PastRecord;

/// Decimals for old consumers are read to the last digit but one.
const CENT: f64 = 0.01;

impl PastRecord {
    /// The names of the parts that say something else than the Bank's record of this event, which
    /// the record's own value was read as: fields that only other readers need, headers, the
    /// timestamp. Headers of others, and those that are not there, say nothing.
    pub fn contradictions(&self, event: &PaymentEvent) -> Vec<String> {
        let expected = PastRecord::of(event, self.place);
        let mut names = fields(&self.value, event);
        let ours = ["event-type", "event-id", "position", "schema-version", "traceparent"];
        for (name, value) in &self.headers {
            let is_ours = ours.contains(&name.as_str()) || name == "payment-unchanged";
            let said = expected.headers.iter().find(|(expected, _)| expected == name);
            if is_ours && said.map(|(_, value)| value) != Some(value) {
                names.push(format!("header {name}"));
            }
        }
        // A moment before 1970 is none to Kafka.
        if event.occurred_at.0 >= 0
            && self.timestamp_ms.is_some_and(|told| Some(told) != expected.timestamp_ms)
        {
            names.push("timestamp".to_owned());
        }
        names
    }
}

fn fields(value: &[u8], event: &PaymentEvent) -> Vec<String> {
    let Ok(told) = serde_json::from_slice::<wire::PaymentEvent>(value) else {
        return vec!["value".to_owned()];
    };
    let mut expected = to_wire(event);
    if (told.amount - expected.amount).abs() < CENT / 2.0 {
        expected.amount = told.amount;
    }
    let [told, expected] =
        [told, expected].map(|it| serde_json::to_value(it).expect("the shape has text keys only"));
    let names = told.as_object().into_iter().flatten().map(|(name, _)| name);
    let more = expected.as_object().into_iter().flatten().map(|(name, _)| name);
    let mut names: Vec<_> =
        names.chain(more).filter(|name| told[*name] != expected[*name]).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::decode::event_from_value;
    use crate::examples::event;
    use crate::past_record::Place;

    /// Whatever part of a record is changed, it is another event or contradicts the one it was.
    #[test]
    fn nothing_of_a_record_can_be_changed_unseen() {
        let event = event();
        let good = PastRecord::of(&event, Place(0, 7));
        assert_eq!(good.contradictions(&event), Vec::<String>::new());
        let fields: Value = serde_json::from_slice(&good.value).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            let mut fields = fields.clone();
            fields[name] = match value {
                Value::Number(number) => json!(number.as_f64().unwrap() as i64 + 1),
                Value::String(text) => json!(format!("{text}0")),
                other => {
                    let mut card = other.clone();
                    card["holder"] = json!("Eva");
                    card
                }
            };
            let changed = PastRecord { value: fields.to_string().into(), ..good.clone() };
            match event_from_value(&changed.value) {
                Err(_) => {}
                Ok(read) if read != event => {}
                Ok(read) => {
                    assert_eq!(changed.contradictions(&read), std::slice::from_ref(name));
                }
            }
        }
        for at in 0..good.headers.len() {
            let mut changed = good.clone();
            changed.headers[at].1.push(b'0');
            let name = format!("header {}", good.headers[at].0);
            assert_eq!(changed.contradictions(&event), [name]);
        }
        let mut filtered = good.clone();
        filtered.headers.push(("payment-unchanged".to_owned(), b"true".to_vec()));
        assert_eq!(filtered.contradictions(&event), ["header payment-unchanged"]);
        let late = PastRecord { timestamp_ms: Some(7), ..good.clone() };
        assert_eq!(late.contradictions(&event), ["timestamp"]);
        let by_the_broker = PastRecord { timestamp_ms: None, ..good };
        assert_eq!(by_the_broker.contradictions(&event), Vec::<String>::new());
    }
}
