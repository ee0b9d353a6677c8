//! What a page takes for its card out of a stream that tells of all cards open in the browser.

use bancada_proto::web::{Freshness, StatementUpdate};
use bancada_ui_kit::stream::StreamSignal;

use super::state::StatementAction;

/// A page that listens.
#[derive(Debug)]
pub(crate) struct Hearing {
    token: String,
    /// Whether the stream, as it is open now, has told of the card. Before, it may be one that was
    /// opened for other cards.
    has_joined: bool,
}

impl Hearing {
    pub(crate) fn new(token: String) -> Hearing {
        Hearing { token, has_joined: false }
    }

    /// What a signal means to the card's statement.
    pub(crate) fn hear(&mut self, signal: StreamSignal) -> Vec<StatementAction> {
        match signal {
            StreamSignal::Opened => {
                self.has_joined = false;
                Vec::new()
            }
            StreamSignal::Interrupted => {
                self.has_joined = false;
                vec![StatementAction::Interrupted]
            }
            StreamSignal::Event { name, data, last_id } if name == "line" => {
                self.line(&data, &last_id)
            }
            StreamSignal::Event { data, .. } => {
                let freshness = serde_json::from_str::<Freshness>(&data);
                vec![freshness.map_or(StatementAction::Unreadable, StatementAction::Fresh)]
            }
        }
    }

    fn line(&mut self, data: &str, id: &str) -> Vec<StatementAction> {
        let Some(position) = self.position(id) else { return Vec::new() };
        let update = match serde_json::from_str::<StatementUpdate>(data) {
            Ok(update) => StatementAction::Live(Box::new(update), position),
            Err(_) => StatementAction::Unreadable,
        };
        let joined = !std::mem::replace(&mut self.has_joined, true);
        joined.then_some(StatementAction::Opened).into_iter().chain([update]).collect()
    }

    /// The position in an id `TOKEN POSITION.PAYMENT`, if it can be read; nothing of another card.
    fn position(&self, id: &str) -> Option<Option<u64>> {
        let (token, id) = id.rsplit_once(' ')?;
        (token == self.token).then(|| id.split('.').next()?.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str, id: &str) -> StreamSignal {
        let (name, data, last_id) = (name.to_owned(), data.to_owned(), id.to_owned());
        StreamSignal::Event { name, data, last_id }
    }

    fn update() -> String {
        let money = r#"{"amount_minor":1,"currency":"BRL"}"#;
        format!(
            r#"{{"card":{{"token":"c","card":{{"brand":"visa","masked":"*"}},"holder":"A",
            "status":"active","limit":{money},"available":{money},"balance":{money},
            "held":{money},"current_fatura":{money},"fatura_due":{money},
            "closing_day":1,"due_day":2}}}}"#
        )
    }

    #[test]
    fn a_stream_is_open_for_a_card_once_it_tells_of_it() {
        use StatementAction::{Interrupted, Live, Opened, Unreadable};
        let mut hearing = Hearing::new("c".to_owned());
        assert!(hearing.hear(StreamSignal::Opened).is_empty());
        assert!(hearing.hear(event("line", &update(), "d 6.a")).is_empty(), "another card's");
        let told = hearing.hear(event("line", &update(), "c 7.a"));
        assert!(matches!(told.as_slice(), [Opened, Live(_, Some(7))]), "{told:?}");
        let told = hearing.hear(event("line", &update(), "c 8"));
        assert!(matches!(told.as_slice(), [Live(_, Some(8))]), "{told:?}");
        assert!(matches!(hearing.hear(StreamSignal::Interrupted).as_slice(), [Interrupted]));
        let told = hearing.hear(event("line", "{}", "c 9"));
        assert!(matches!(told.as_slice(), [Opened, Unreadable]), "{told:?}");
        assert!(hearing.hear(StreamSignal::Opened).is_empty(), "for more cards, and told of anew");
        let told = hearing.hear(event("line", &update(), "c x"));
        assert!(matches!(told.as_slice(), [Opened, Live(_, None)]), "{told:?}");
    }

    #[test]
    fn freshness_is_everybodys() {
        let mut hearing = Hearing::new("c".to_owned());
        let freshness =
            r#"{"applied_position":1,"committed_position":2,"connected":true,"now_ms":3}"#;
        let told = hearing.hear(event("freshness", freshness, "d 7"));
        assert!(matches!(told.as_slice(), [StatementAction::Fresh(_)]));
        let told = hearing.hear(event("freshness", "{}", ""));
        assert!(matches!(told.as_slice(), [StatementAction::Unreadable]));
    }
}
