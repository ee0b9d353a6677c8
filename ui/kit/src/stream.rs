//! Server-sent events, with the state of the connection made visible.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use js_sys::Date;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent};
use yew::Callback;

use crate::backoff;

/// What happens on a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamSignal {
    /// Connected, for the first time or again.
    Opened,
    /// The connection is lost; it is being made again.
    Interrupted,
    /// An event of a name that was asked for.
    Event {
        /// Its name.
        name: String,
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
                    let (name, last_id) = ((*name).to_owned(), event.last_event_id());
                    emit.emit(StreamSignal::Event { name, data, last_id });
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

/// A stream that is kept open until it is dropped. One that the server refused is opened anew with
/// backoff, and so is one on which nothing is heard.
pub(crate) struct LiveStream {
    line: Rc<Line>,
    _watchdog: Interval,
}

/// What the callbacks of a [`LiveStream`] share.
struct Line {
    url: String,
    names: &'static [&'static str],
    on_signal: Callback<StreamSignal>,
    source: RefCell<Option<EventStream>>,
    waiting: RefCell<Option<Timeout>>,
    n_refusals: Cell<u32>,
    heard_at_ms: Cell<f64>,
}

impl LiveStream {
    /// Opens the stream at `url` for events of these names.
    pub(crate) fn open(
        url: String,
        names: &'static [&'static str],
        on_signal: Callback<StreamSignal>,
    ) -> LiveStream {
        let line = Rc::new(Line {
            url,
            names,
            on_signal,
            source: RefCell::default(),
            waiting: RefCell::default(),
            n_refusals: Cell::default(),
            heard_at_ms: Cell::default(),
        });
        line.open();
        let watched = Rc::downgrade(&line);
        let watchdog = Interval::new(LOOK_EVERY_MS, move || {
            if let Some(line) = watched.upgrade() {
                line.look();
            }
        });
        LiveStream { line, _watchdog: watchdog }
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        drop(self.line.waiting.take());
        drop(self.line.source.take());
    }
}

impl Line {
    fn open(self: &Rc<Line>) {
        self.heard_at_ms.set(Date::now());
        let (hearing, refused) = (Rc::downgrade(self), Rc::downgrade(self));
        let on_signal = Callback::from(move |signal| {
            if let Some(line) = hearing.upgrade() {
                line.hear(signal);
            }
        });
        let on_refused = Callback::from(move |()| {
            if let Some(line) = refused.upgrade() {
                line.open_later();
            }
        });
        // The one before is closed by being replaced.
        drop(self.source.replace(EventStream::open(&self.url, self.names, &on_signal, on_refused)));
    }

    fn open_later(self: &Rc<Line>) {
        let delay_ms = backoff::delay_ms(self.n_refusals.get());
        self.n_refusals.set(self.n_refusals.get().saturating_add(1));
        let line = Rc::downgrade(self);
        let again = move || {
            if let Some(line) = line.upgrade() {
                line.open();
            }
        };
        drop(self.waiting.replace(Some(Timeout::new(delay_ms, again))));
    }

    fn hear(&self, signal: StreamSignal) {
        if signal != StreamSignal::Interrupted {
            self.heard_at_ms.set(Date::now());
        }
        if signal == StreamSignal::Opened {
            self.n_refusals.set(0);
        }
        self.on_signal.emit(signal);
    }

    fn look(self: &Rc<Line>) {
        if is_silent(self.heard_at_ms.get(), Date::now()) {
            // Once for each silence, until the stream is another one.
            self.heard_at_ms.set(f64::INFINITY);
            self.on_signal.emit(StreamSignal::Interrupted);
            self.open_later();
        }
    }
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
