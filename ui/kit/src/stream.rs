//! Server-sent events, with the state of the connection made visible.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use js_sys::Date;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent};
use yew::prelude::*;

use crate::backoff;

/// What happens on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamSignal {
    /// Connected, for the first time or again.
    Opened,
    /// The connection is lost; it is being made again.
    Interrupted,
    /// An event of a name that was asked for.
    Event {
        /// Its name.
        name: &'static str,
        /// Its data.
        data: String,
        /// The id that the server last gave; empty before it gave one.
        last_id: String,
    },
}

/// An open stream; dropping it closes the connection. The browser reconnects by itself with
/// `Last-Event-ID` until a server refuses.
///
/// `gloo-net` has streams too, but hides the moment at which a connection opens, and that is
/// when a reader must be told and missed changes fetched.
struct EventStream {
    source: EventSource,
    _closures: Vec<Closure<dyn FnMut(Event)>>,
}

impl EventStream {
    fn open(
        url: &str,
        names: &'static [&'static str],
        on_signal: &Callback<StreamSignal>,
        on_refused: Callback<()>,
    ) -> Option<EventStream> {
        let source = EventSource::new(url).ok()?;
        let mut closures = Vec::new();
        let mut listen = |name: &str, listener: Box<dyn FnMut(Event)>| {
            let closure = Closure::wrap(listener);
            let function = closure.as_ref().unchecked_ref();
            // Adding a listener does not fail.
            let _ = source.add_event_listener_with_callback(name, function);
            closures.push(closure);
        };
        let emit = on_signal.clone();
        listen("open", Box::new(move |_| emit.emit(StreamSignal::Opened)));
        let (emit, failed) = (on_signal.clone(), source.clone());
        let on_error = move |_| {
            emit.emit(StreamSignal::Interrupted);
            if failed.ready_state() == EventSource::CLOSED {
                on_refused.emit(());
            }
        };
        listen("error", Box::new(on_error));
        for name in names {
            let emit = on_signal.clone();
            let on_event = move |event: Event| {
                let Ok(event) = event.dyn_into::<MessageEvent>() else { return };
                if let Some(data) = event.data().as_string() {
                    emit.emit(StreamSignal::Event { name, data, last_id: event.last_event_id() });
                }
            };
            listen(name, Box::new(on_event));
        }
        Some(EventStream { source, _closures: closures })
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// A server says something every ten seconds. So long without a word, the connection is dead,
/// whatever the browser takes it for: a machine that slept, a server that stands still.
const SILENCE_MS: f64 = 25_000.0;
/// How often it is looked whether something was heard.
const LOOK_EVERY_MS: u32 = 2_500;

/// Keeps a stream of `url` open while the component lives. A stream that the server refused is
/// opened anew with backoff, and so is one on which nothing is heard. `on_signal` must stay good
/// for the life of the component.
#[hook]
pub fn use_event_stream(
    url: Option<String>,
    names: &'static [&'static str],
    on_signal: Callback<StreamSignal>,
) {
    let generation = use_state(|| 0_u32);
    let refusals = use_memo((), |_| Cell::new(0_u32));
    use_effect_with((url, *generation), move |(url, opened)| {
        let waiting: Rc<Cell<Option<Timeout>>> = Rc::default();
        let reopen = {
            let (waiting, refusals, opened) = (waiting.clone(), refusals.clone(), *opened);
            Callback::from(move |()| {
                let generation = generation.clone();
                let delay_ms = backoff::delay_ms(refusals.get());
                refusals.set(refusals.get().saturating_add(1));
                let again = move || generation.set(opened.wrapping_add(1));
                waiting.set(Some(Timeout::new(delay_ms, again)));
            })
        };
        let heard_at = Rc::new(Cell::new(Date::now()));
        let watchdog = url.as_ref().map(|_| {
            let (heard_at, on_signal, reopen) =
                (heard_at.clone(), on_signal.clone(), reopen.clone());
            Interval::new(LOOK_EVERY_MS, move || {
                if is_silent(heard_at.get(), Date::now()) {
                    // Once for each silence, until the stream is another one.
                    heard_at.set(f64::INFINITY);
                    on_signal.emit(StreamSignal::Interrupted);
                    reopen.emit(());
                }
            })
        });
        let on_signal = Callback::from(move |signal: StreamSignal| {
            if signal != StreamSignal::Interrupted {
                heard_at.set(Date::now());
            }
            if signal == StreamSignal::Opened {
                refusals.set(0);
            }
            on_signal.emit(signal);
        });
        let stream = url.as_ref().and_then(|url| EventStream::open(url, names, &on_signal, reopen));
        move || {
            drop(watchdog);
            drop(stream);
            drop(waiting.take());
        }
    });
}

/// A clock that was set back says nothing about silence.
fn is_silent(heard_at_ms: f64, now_ms: f64) -> bool {
    now_ms - heard_at_ms > SILENCE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_silent_when_nothing_was_heard_for_long() {
        for (ago_ms, is_dead) in [(0.0, false), (25_000.0, false), (25_001.0, true), (-1e9, false)]
        {
            assert_eq!(is_silent(1e12, 1e12 + ago_ms), is_dead, "{ago_ms}");
        }
        assert!(!is_silent(f64::INFINITY, 1e12));
    }
}
