//! What a field stands for that is absent, or null, which says the same.

use serde::{Deserialize as _, Deserializer};

pub(super) fn one() -> u32 {
    1
}

pub(super) fn one_if_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(one))
}

#[cfg(test)]
mod tests {
    use crate::web::PlaceOrder;

    fn installments(field: &str) -> Option<u32> {
        let card = r#"{"number":"","holder":"","expiry_month":1,"expiry_year":2035,"cvv":""}"#;
        let body = format!(r#"{{"items":[],"card":{card}{field}}}"#);
        serde_json::from_str(&body).ok().map(|order: PlaceOrder| order.installments)
    }

    #[test]
    fn installments_that_are_absent_or_null_are_one_and_nothing_else_is() {
        assert_eq!(installments(""), Some(1));
        assert_eq!(installments(r#","installments":null"#), Some(1));
        assert_eq!(installments(r#","installments":3"#), Some(3));
        assert_eq!(installments(r#","installments":0"#), Some(0), "which the shop refuses");
        assert_eq!(installments(r#","installments":"3""#), None);
    }
}
