//! What of a long page is near to what the reader sees.

use std::rc::Rc;

use js_sys::{Array, Function, Map};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};
use yew::prelude::*;

/// Where an element is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Within the reader's view, or the margin around it.
    pub is_near: bool,
    /// The reader has scrolled past it.
    pub is_above: bool,
    /// How high it is, in CSS pixels.
    pub height: f64,
}

/// Watches elements: one watcher for as many as there are.
pub struct Viewport {
    /// Absent in a browser that does not know this: nothing is ever said to be far away then.
    observer: Option<IntersectionObserver>,
    /// From an element to the function that is told.
    listeners: Map,
    _on_change: Closure<dyn FnMut(Array)>,
}

impl PartialEq for Viewport {
    fn eq(&self, other: &Viewport) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Viewport {
    /// Near is what lies within `margin` of the view, as CSS writes it.
    fn new(margin: &str) -> Viewport {
        let listeners = Map::new();
        let told = listeners.clone();
        let on_change = Closure::new(move |entries: Array| {
            for entry in entries.iter().map(JsValue::unchecked_into::<IntersectionObserverEntry>) {
                if let Ok(listener) = told.get(&entry.target()).dyn_into::<Function>() {
                    // A listener is a closure of ours, which throws nothing.
                    let _ = listener.call1(&JsValue::NULL, &entry);
                }
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(margin);
        let function = on_change.as_ref().unchecked_ref();
        let observer = IntersectionObserver::new_with_options(function, &options).ok();
        Viewport { observer, listeners, _on_change: on_change }
    }

    fn watch(&self, element: &Element, listener: &Function) {
        self.listeners.set(element, listener);
        if let Some(observer) = &self.observer {
            observer.observe(element);
        }
    }

    fn forget(&self, element: &Element) {
        self.listeners.delete(element);
        if let Some(observer) = &self.observer {
            observer.unobserve(element);
        }
    }
}

impl Drop for Viewport {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// A watcher for the life of the component.
#[hook]
pub fn use_viewport(margin: &'static str) -> Rc<Viewport> {
    use_memo((), |()| Viewport::new(margin))
}

/// Calls back with where `node` is: at first, and whenever it comes near or goes away. `on_view`
/// must stay good for the life of the component.
#[hook]
pub fn use_view(viewport: Rc<Viewport>, node: NodeRef, on_view: Callback<View>) {
    use_effect_with((), move |()| {
        let listener = Closure::<dyn FnMut(IntersectionObserverEntry)>::new(move |entry| {
            on_view.emit(view(&entry));
        });
        let element = node.cast::<Element>();
        if let Some(element) = &element {
            viewport.watch(element, listener.as_ref().unchecked_ref());
        }
        move || {
            if let Some(element) = &element {
                viewport.forget(element);
            }
            drop(listener);
        }
    });
}

fn view(entry: &IntersectionObserverEntry) -> View {
    let place = entry.bounding_client_rect();
    View {
        is_near: entry.is_intersecting(),
        is_above: place.bottom() < 0.0,
        height: place.height(),
    }
}
