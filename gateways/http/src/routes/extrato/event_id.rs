//! Ids of a live statement's events: `POSITION.PAYMENT` of a line, and `POSITION` of a card's news
//! without one. A browser sends the last one when it comes back, and proves with it which past it
//! has read.

use bancada_extrato::LastSeen;
use bancada_extrato::statement::Update;
use bancada_kernel::PaymentId;

/// The id of news.
pub(super) fn of(update: &Update) -> String {
    match &update.line {
        Some(line) => format!("{}.{}", update.position, line.transaction_id),
        None => update.position.to_string(),
    }
}

/// What a browser had; `None` for what was never an id.
pub(super) fn read(id: &str) -> Option<LastSeen> {
    let (position, payment) = match id.split_once('.') {
        Some((position, payment)) => (position, Some(PaymentId::parse(payment).ok()?)),
        None => (id, None),
    };
    Some(LastSeen { position: position.parse().ok()?, payment })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_what_was_seen() {
        let payment = PaymentId::parse("01890000-0000-7000-8000-000000000001").unwrap();
        let seen = LastSeen { position: 7, payment: Some(payment) };
        assert_eq!(read(&format!("7.{payment}")), Some(seen));
        assert_eq!(read("7"), Some(LastSeen { payment: None, ..seen }));
        for none in
            ["", ".", "7.", "7.x", "x", "-1", &format!(".{payment}"), "18446744073709551616"]
        {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
