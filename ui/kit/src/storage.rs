//! What the browser remembers.
//!
//! A browser may refuse it: private windows, site data switched off, a full disk. Then the page
//! remembers for as long as it is open: the shop must still sell, and a payment whose answer was
//! lost must still be repeated under its own key.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::Storage;
use yew::prelude::*;

thread_local! {
    /// What the browser did not take.
    static UNTAKEN: RefCell<HashMap<String, String>> = RefCell::default();
}

/// Reads a value that outlives the tab, where the browser takes such values.
pub fn get_local<T: DeserializeOwned>(key: &str) -> Option<T> {
    let untaken = UNTAKEN.with_borrow(|untaken| untaken.get(key).cloned());
    let text = untaken.or_else(|| local()?.get_item(key).ok()?)?;
    serde_json::from_str(&text).ok()
}

/// Writes a value that outlives the tab.
pub fn put_local<T: Serialize>(key: &str, value: &T) {
    let Ok(text) = serde_json::to_string(value) else { return };
    let is_taken = local().is_some_and(|storage| storage.set_item(key, &text).is_ok());
    UNTAKEN.with_borrow_mut(|untaken| match is_taken {
        true => untaken.remove(key),
        false => untaken.insert(key.to_owned(), text),
    });
}

/// Forgets a value that outlives the tab.
pub fn remove_local(key: &str) {
    UNTAKEN.with_borrow_mut(|untaken| untaken.remove(key));
    if let Some(storage) = local() {
        // It can only fail where nothing was kept.
        let _ = storage.remove_item(key);
    }
}

/// When another tab may have changed what is remembered: as it does, and whenever this tab comes
/// back to the reader, for a browser may have kept it frozen.
const MAY_HAVE_CHANGED: [&str; 4] = ["storage", "focus", "pageshow", "visibilitychange"];

/// Calls back whenever another tab may have changed what is remembered. `on_news` must stay good
/// for the life of the component.
#[hook]
pub fn use_other_tabs(on_news: Callback<()>) {
    use_effect_with((), move |()| {
        let listener = Closure::<dyn FnMut()>::new(move || on_news.emit(()));
        let function = listener.as_ref().unchecked_ref();
        let window = web_sys::window();
        for name in window.iter().flat_map(|_| MAY_HAVE_CHANGED) {
            // Adding and removing a listener does not fail.
            let _ = window.as_ref().map(|it| it.add_event_listener_with_callback(name, function));
        }
        move || {
            let function = listener.as_ref().unchecked_ref();
            for name in window.iter().flat_map(|_| MAY_HAVE_CHANGED) {
                let _ = window
                    .as_ref()
                    .map(|it| it.remove_event_listener_with_callback(name, function));
            }
        }
    });
}

/// Asking for it is an exception where site data are refused.
fn local() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
