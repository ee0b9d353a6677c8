//! A payment of a bill as a record of the topic.

use bancada_bank::BillRequest;
use bancada_extrato::statement::BillPayment;
use bancada_kernel::{CardToken, IdempotencyKey, Money, TraceContext};
use bancada_proto::bill as wire;
use rdkafka::message::{Header, Headers, OwnedHeaders};

const TRACE: &str = "traceparent";

pub(crate) fn value(payment: &BillPayment) -> Vec<u8> {
    let wire = wire::BillPayment {
        key: payment.key.to_string(),
        card_token: payment.token.to_string(),
        amount_minor: payment.amount.minor,
        currency: payment.amount.currency.code().to_owned(),
        asked_at_ms: payment.asked_at.0,
        schema_version: wire::SCHEMA_VERSION,
    };
    serde_json::to_vec(&wire).expect("the shape has text keys only")
}

pub(super) fn headers(payment: &BillPayment) -> OwnedHeaders {
    let version = wire::SCHEMA_VERSION.to_string();
    let headers = OwnedHeaders::new_with_capacity(2)
        .insert(Header { key: "schema-version", value: Some(&version) });
    match payment.trace {
        Some(trace) => headers.insert(Header { key: TRACE, value: Some(&trace.to_string()) }),
        None => headers,
    }
}

/// What the Bank is asked for, or what is wrong with the record.
pub(super) fn read(
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: Option<&impl Headers>,
) -> Result<BillRequest, String> {
    let value = value.ok_or("the record has no value")?;
    let wire: wire::BillPayment = serde_json::from_slice(value)
        .map_err(|error| format!("the value is no payment of a bill: {error}"))?;
    if wire.schema_version > wire::SCHEMA_VERSION {
        return Err(format!("schema version {} is newer than this program", wire.schema_version));
    }
    // Another key is another order.
    if key != Some(wire.card_token.as_bytes()) {
        return Err(format!("the record's key is not its card, which is {}", wire.card_token));
    }
    let unreadable = |field: &str, what: &dyn std::fmt::Display| {
        format!("the payment's {field} cannot be read: {what}")
    };
    let trace = headers.and_then(|headers| {
        let header = headers.iter().find(|header| header.key == TRACE)?;
        TraceContext::parse(std::str::from_utf8(header.value?).ok()?)
    });
    Ok(BillRequest {
        key: IdempotencyKey::parse(&wire.key).map_err(|error| unreadable("key", &error))?,
        token: CardToken::parse(&wire.card_token)
            .map_err(|error| unreadable("card_token", &error))?,
        amount: Money::of_code(wire.amount_minor, &wire.currency)
            .map_err(|error| unreadable("currency", &error))?,
        trace,
    })
}

#[cfg(test)]
mod tests {
    use bancada_extrato::statement::BillOutcome;
    use bancada_fuzz::{Fuzz, gist};
    use bancada_kernel::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn payment() -> BillPayment {
        BillPayment {
            key: IdempotencyKey::parse("bill-1").unwrap(),
            token: CardToken::parse("card_1").unwrap(),
            amount: Money::brl(1_234),
            asked_at: Timestamp(7),
            outcome: BillOutcome::Pending,
            trace: TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        }
    }

    fn none() -> Option<&'static OwnedHeaders> {
        None
    }

    #[test]
    fn what_is_written_is_read() {
        let payment = payment();
        let headers = headers(&payment);
        let read = read(Some(b"card_1"), Some(&value(&payment)), Some(&headers)).unwrap();
        assert_eq!((&read.key, &read.token), (&payment.key, &payment.token));
        assert_eq!((read.amount, read.trace), (payment.amount, payment.trace));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let good: Value = serde_json::from_slice(&value(&payment())).unwrap();
        for (field, broken, why) in [
            ("key", json!(""), "key"),
            ("card_token", json!("other"), "not its card, which is other"),
            ("amount_minor", json!(1.5), "no payment of a bill"),
            ("currency", json!("???"), "currency"),
            ("schema_version", json!(2), "newer"),
        ] {
            let mut value = good.clone();
            value[field] = broken;
            let bytes = value.to_string();
            let found = read(Some(b"card_1"), Some(bytes.as_bytes()), none()).unwrap_err();
            assert!(found.contains(why), "{field}: {found}");
        }
        assert!(read(None, Some(&value(&payment())), none()).is_err());
        assert!(read(Some(b"card_1"), None, none()).is_err());
    }

    #[test]
    fn no_bytes_make_a_payment_of_a_bill_panic() {
        let fuzz = Fuzz::new(env!("CARGO_MANIFEST_DIR"), "bills").seeds([value(&payment())]);
        fuzz.run(|bytes| match read(Some(b"card_1"), Some(bytes), none()) {
            Ok(request) => {
                let again =
                    BillPayment { key: request.key.clone(), amount: request.amount, ..payment() };
                assert_eq!(
                    read(Some(b"card_1"), Some(&value(&again)), none()).as_ref(),
                    Ok(&request)
                );
                String::from("read")
            }
            Err(why) => gist(&why),
        });
    }
}
