//! Keeps a statement current while its page is shown.

use bancada_proto::web::{Freshness, StatementUpdate};
use bancada_ui_kit::stream::{StreamSignal, use_event_stream};
use bancada_ui_kit::use_locale;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::state::{StatementAction, StatementState};
use crate::api;

const EVENTS: &[&str] = &["line", "freshness"];
/// Typing pauses this long before the server is asked.
const TYPING_PAUSE_MS: u32 = 250;

/// The statement of a card: asks the questions that the state wants asked, and listens.
#[hook]
pub(crate) fn use_statement(token: &str) -> UseReducerHandle<StatementState> {
    let statement = use_reducer(StatementState::default);
    use_page(token, &statement, statement.newest, None);
    use_page(token, &statement, statement.older, statement.next);
    let events = statement.dispatcher();
    let on_signal = Callback::from(move |signal| events.dispatch(action(signal)));
    // A card that does not exist has no stream; one that does is followed at once.
    let address = statement.card.is_some().then(|| api::stream_address(token));
    use_event_stream(address, EVENTS, on_signal);
    statement
}

/// Asks `question` whenever it changes. One that is replaced while the reader types is not sent.
#[hook]
fn use_page(
    token: &str,
    statement: &UseReducerHandle<StatementState>,
    question: Option<u32>,
    before: Option<u64>,
) {
    let locale = use_locale();
    let (token, filter) = (token.to_owned(), statement.filter.clone());
    let pause_ms = if statement.current { 0 } else { TYPING_PAUSE_MS };
    let pause_ms = if statement.card.is_none() { 0 } else { pause_ms };
    let answers = statement.dispatcher();
    use_effect_with(question, move |question| {
        let timeout = question.map(|question| {
            Timeout::new(pause_ms, move || {
                spawn_local(async move {
                    let answer = api::statement(locale, &token, &filter, before).await;
                    answers.dispatch(StatementAction::Answered(question, answer.map(Box::new)));
                });
            })
        });
        move || drop(timeout)
    });
}

fn action(signal: StreamSignal) -> StatementAction {
    match signal {
        StreamSignal::Opened => StatementAction::Opened,
        StreamSignal::Interrupted => StatementAction::Interrupted,
        StreamSignal::Event { name: "line", data, last_id } => {
            match serde_json::from_str::<StatementUpdate>(&data) {
                Ok(update) => StatementAction::Live(Box::new(update), position(&last_id)),
                Err(_) => StatementAction::Unreadable,
            }
        }
        StreamSignal::Event { data, .. } => serde_json::from_str::<Freshness>(&data)
            .map_or(StatementAction::Unreadable, StatementAction::Fresh),
    }
}

/// The position in an event's id, which may name a payment as well.
fn position(id: &str) -> Option<u64> {
    id.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_or_lead_to_another_question() {
        let event = |name, data: &str| {
            action(StreamSignal::Event { name, data: data.to_owned(), last_id: "7.a".to_owned() })
        };
        let freshness =
            r#"{"applied_position":1,"committed_position":2,"connected":true,"now_ms":3}"#;
        assert!(matches!(event("freshness", freshness), StatementAction::Fresh(_)));
        assert!(matches!(event("freshness", "{}"), StatementAction::Unreadable));
        assert!(matches!(event("line", "{}"), StatementAction::Unreadable));
        let money = r#"{"amount_minor":1,"currency":"BRL"}"#;
        let update = format!(
            r#"{{"card":{{"token":"c","card":{{"brand":"visa","masked":"*"}},"holder":"A",
            "status":"active","limit":{money},"available":{money},"balance":{money},
            "held":{money},"current_fatura":{money},
            "fatura_due":{money},"closing_day":1,"due_day":2}}}}"#
        );
        assert!(matches!(event("line", &update), StatementAction::Live(_, Some(7))));
    }
}
