//! Keeps a statement current while its page is shown.

use std::cell::RefCell;

use bancada_ui_kit::frame::use_per_frame;
use bancada_ui_kit::shared_stream::{SharedStream, use_shared_stream};
use bancada_ui_kit::stream::StreamSignal;
use bancada_ui_kit::use_locale;
use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::hearing::Hearing;
use super::state::{Source, StatementAction, StatementState};
use crate::api;

const STREAM: SharedStream = SharedStream {
    channel: "bancada.statement.1",
    names: &["line", "freshness"],
    address: api::stream_address,
};
/// Typing pauses this long before the server is asked.
const TYPING_PAUSE_MS: u32 = 250;
/// Whether a filter wants a new line is the server's to say, who is asked no faster than this.
const FILTERED_PAUSE_MS: u32 = 500;
/// As long as no stream comes through: some networks keep one back until it ends.
const ASK_EVERY_MS: u32 = 10_000;

/// The statement of a card: asks the questions that the state wants asked, and listens.
#[hook]
pub(crate) fn use_statement(token: &str) -> UseReducerHandle<StatementState> {
    let statement = use_reducer(StatementState::default);
    use_page(token, &statement, statement.newest, None);
    use_page(token, &statement, statement.older, statement.next);
    let events = statement.dispatcher();
    let on_signal = use_per_frame(Callback::from(move |heard| {
        events.dispatch(StatementAction::Heard(heard));
    }));
    let hearing = use_memo((), |_| RefCell::new(Hearing::new(token.to_owned())));
    let on_signal = Callback::from(move |signal: StreamSignal| {
        let heard = hearing.borrow_mut().hear(signal);
        heard.into_iter().for_each(|action| on_signal.emit(action));
    });
    // A card that does not exist has no stream; one that does is followed at once.
    let topic = statement.card.is_some().then(|| token.to_owned());
    let needs_asking = topic.is_some() && statement.source != Source::Stream;
    use_shared_stream(STREAM, topic, on_signal);
    use_asking(&statement, needs_asking);
    statement
}

/// Asks again and again where there is no stream.
#[hook]
fn use_asking(statement: &UseReducerHandle<StatementState>, is_needed: bool) {
    let asking = statement.dispatcher();
    use_effect_with(is_needed, move |&is_needed| {
        let ask = move || asking.dispatch(StatementAction::Ask);
        let interval = is_needed.then(|| Interval::new(ASK_EVERY_MS, ask));
        move || drop(interval)
    });
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
    let pause_ms = match statement.current {
        _ if statement.card.is_none() => 0,
        false => TYPING_PAUSE_MS,
        true if filter.is_empty() => 0,
        true => FILTERED_PAUSE_MS,
    };
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
