//! One event stream for all pages of a browser.
//!
//! A browser opens six connections to a server, whatever the number of its tabs. A stream in each
//! tab leaves none for the seventh. So one page listens for all topics that are open anywhere, and
//! tells the others what it hears. A page that cannot talk to others listens for itself.

mod member;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use js_sys::Date;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, Event, MessageEvent, PageTransitionEvent};
use yew::prelude::*;

use crate::key;
use crate::stream::{LiveStream, StreamSignal};
use member::{Act, Member, Word};

/// How often a page looks after its leader, or says that it leads.
const TICK_MS: u32 = 1_000;
/// A page that is alone should not wait a whole tick for its first stream.
const FIRST_LOOK_MS: u32 = 400;
/// Pages that open together lead to one stream, not to one after the other.
const TOGETHER_MS: u32 = 100;

/// Streams of one kind.
#[derive(Clone, Copy, Debug)]
pub struct SharedStream {
    /// What pages of this kind know each other by. Pages that understand something else by it have
    /// another one.
    pub channel: &'static str,
    /// The events that are listened for.
    pub names: &'static [&'static str],
    /// Where a stream of these topics is, which are one or more.
    pub address: fn(&[String]) -> String,
}

/// Hears of `topic` as long as the component lives; of nothing while there is none. The signals of
/// all topics come. The first event of a topic after the stream was opened says how it is then;
/// before, nothing is heard of it. `on_signal` must stay good for the life of the component.
#[hook]
pub fn use_shared_stream(
    kind: SharedStream,
    topic: Option<String>,
    on_signal: Callback<StreamSignal>,
) {
    use_effect_with(topic, move |topic| {
        let page = topic.clone().map(|topic| OpenPage::open(kind, topic, on_signal));
        move || drop(page)
    });
}

/// A page that takes part, until it is dropped.
struct OpenPage {
    page: Rc<Page>,
    _clocks: (Interval, Timeout),
    _listeners: Vec<Listener>,
}

struct Page {
    kind: SharedStream,
    member: RefCell<Member>,
    on_signal: Callback<StreamSignal>,
    /// Absent where the browser refuses it: then this page is alone.
    channel: Option<BroadcastChannel>,
    opening: RefCell<Option<Timeout>>,
    stream: RefCell<Option<LiveStream>>,
}

impl OpenPage {
    fn open(kind: SharedStream, topic: String, on_signal: Callback<StreamSignal>) -> OpenPage {
        let page = Rc::new(Page {
            kind,
            member: RefCell::new(Member::new(key::mint(), topic, js_sys::Math::random())),
            on_signal,
            channel: BroadcastChannel::new(kind.channel).ok(),
            opening: RefCell::default(),
            stream: RefCell::default(),
        });
        let looking = || {
            let page = Rc::clone(&page);
            move || page.change(|member| member.tick(Date::now()))
        };
        let clocks = (Interval::new(TICK_MS, looking()), Timeout::new(FIRST_LOOK_MS, looking()));
        let mut listeners = Vec::new();
        if let Some(channel) = &page.channel {
            let hearing = Rc::clone(&page);
            listeners.push(Listener::new(channel, "message", move |event| hearing.hear(event)));
        }
        if let Some(window) = web_sys::window() {
            let (leaving, coming) = (Rc::clone(&page), Rc::clone(&page));
            let leave = move |_| leaving.change(Member::stop);
            listeners.push(Listener::new(&window, "pagehide", leave));
            listeners.push(Listener::new(&window, "pageshow", move |event| coming.show(event)));
        }
        page.change(|member| member.start(Date::now()));
        OpenPage { page, _clocks: clocks, _listeners: listeners }
    }
}

impl Drop for OpenPage {
    fn drop(&mut self) {
        self.page.change(Member::stop);
        if let Some(channel) = &self.page.channel {
            channel.close();
        }
    }
}

impl Page {
    fn change(self: &Rc<Page>, change: impl FnOnce(&mut Member) -> Vec<Act>) {
        let acts = change(&mut self.member.borrow_mut());
        for act in acts {
            match act {
                Act::Say(word) => self.say(&word),
                Act::Tell(signal) => self.on_signal.emit(signal),
                Act::Listen(topics) => self.listen_soon(topics),
                Act::Close => {
                    drop(self.opening.take());
                    drop(self.stream.take());
                }
            }
        }
    }

    fn say(&self, word: &Word) {
        if let (Some(channel), Ok(text)) = (&self.channel, serde_json::to_string(word)) {
            // Whoever does not hear it notices, as when a page crashes.
            let _ = channel.post_message(&text.into());
        }
    }

    fn hear(self: &Rc<Page>, event: Event) {
        let text = event.dyn_into::<MessageEvent>().ok().and_then(|it| it.data().as_string());
        let word = text.and_then(|text| serde_json::from_str(&text).ok());
        if let Some(word) = word {
            self.change(|member| member.hear(word, Date::now()));
        }
    }

    /// A page that was put away and is shown again, as by the button "back".
    fn show(self: &Rc<Page>, event: Event) {
        if event.dyn_into::<PageTransitionEvent>().is_ok_and(|event| event.persisted()) {
            self.change(|member| member.start(Date::now()));
        }
    }

    fn listen_soon(self: &Rc<Page>, topics: Vec<String>) {
        let page = Rc::downgrade(self);
        let listen = move || {
            if let Some(page) = page.upgrade() {
                page.listen(&topics);
            }
        };
        drop(self.opening.replace(Some(Timeout::new(TOGETHER_MS, listen))));
    }

    fn listen(self: &Rc<Page>, topics: &[String]) {
        let page = Rc::downgrade(self);
        let on_signal = Callback::from(move |signal: StreamSignal| {
            if let Some(page) = page.upgrade() {
                page.change(|member| member.signal(signal));
            }
        });
        // The one before is closed first: it may be the last connection that there is.
        drop(self.stream.take());
        let address = (self.kind.address)(topics);
        let stream = LiveStream::open(address, self.kind.names, on_signal);
        drop(self.stream.replace(Some(stream)));
    }
}

/// An event listener, until it is dropped.
struct Listener {
    target: web_sys::EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(
        target: &web_sys::EventTarget,
        name: &'static str,
        on_event: impl FnMut(Event) + 'static,
    ) -> Listener {
        let closure = Closure::new(on_event);
        let function = closure.as_ref().unchecked_ref();
        // Adding and removing a listener does not fail.
        let _ = target.add_event_listener_with_callback(name, function);
        Listener { target: target.clone(), name, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, function);
    }
}
