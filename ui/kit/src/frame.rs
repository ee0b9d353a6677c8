//! What arrives faster than it can be shown, in one piece per frame.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::Window;
use yew::prelude::*;

/// A page that nobody sees has no frames, and still must not let things pile up.
const AT_LATEST_MS: u32 = 1_000;

/// A callback for single things that hands them on together, in their order, at most once per
/// frame. `on_batch` must stay good for the life of the component.
#[hook]
pub fn use_per_frame<T: 'static>(on_batch: Callback<Vec<T>>) -> Callback<T> {
    let collector = use_memo((), |_| Collector::new(on_batch));
    let collecting = Rc::clone(&collector);
    use_effect_with((), move |()| move || collector.forget_frame());
    Callback::from(move |thing| collecting.add(thing))
}

struct Collector<T> {
    inner: Rc<Waiting<T>>,
    on_frame: Closure<dyn FnMut()>,
    frame: Cell<Option<i32>>,
}

struct Waiting<T> {
    things: RefCell<Vec<T>>,
    at_latest: RefCell<Option<Timeout>>,
    on_batch: Callback<Vec<T>>,
}

impl<T: 'static> Collector<T> {
    fn new(on_batch: Callback<Vec<T>>) -> Collector<T> {
        let (things, at_latest) = (RefCell::default(), RefCell::default());
        let inner = Rc::new(Waiting { things, at_latest, on_batch });
        let waiting = Rc::clone(&inner);
        let on_frame = Closure::new(move || waiting.hand_on());
        Collector { inner, on_frame, frame: Cell::default() }
    }

    fn add(&self, thing: T) {
        let is_first = {
            let mut things = self.inner.things.borrow_mut();
            things.push(thing);
            things.len() == 1
        };
        if is_first {
            let waiting = Rc::clone(&self.inner);
            let at_latest = Timeout::new(AT_LATEST_MS, move || waiting.hand_on());
            drop(self.inner.at_latest.replace(Some(at_latest)));
            self.forget_frame();
            let function = self.on_frame.as_ref().unchecked_ref();
            self.frame.set(window().and_then(|it| it.request_animation_frame(function).ok()));
        }
    }

    fn forget_frame(&self) {
        drop(self.inner.at_latest.take());
        if let (Some(window), Some(frame)) = (window(), self.frame.take()) {
            // A frame that has been is forgotten as well.
            let _ = window.cancel_animation_frame(frame);
        }
    }
}

impl<T> Waiting<T> {
    fn hand_on(&self) {
        let things = self.things.take();
        if !things.is_empty() {
            self.on_batch.emit(things);
        }
    }
}

fn window() -> Option<Window> {
    web_sys::window()
}
