//! Server-sent events, with the state of the connection made visible.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
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

/// Keeps a stream of `url` open while the component lives. A stream that the server refused is
/// opened anew with backoff. `on_signal` must stay good for the life of the component.
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
        let on_signal = Callback::from(move |signal: StreamSignal| {
            if signal == StreamSignal::Opened {
                refusals.set(0);
            }
            on_signal.emit(signal);
        });
        let stream = url.as_ref().and_then(|url| EventStream::open(url, names, &on_signal, reopen));
        move || {
            drop(stream);
            drop(waiting.take());
        }
    });
}
