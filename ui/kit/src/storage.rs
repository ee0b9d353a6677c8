//! What the browser remembers. Every failure is treated as "nothing is remembered": a browser
//! may refuse storage (private windows, full disk), and the shop must still sell.

use gloo_storage::{LocalStorage, Storage as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a value that outlives the tab.
pub fn get_local<T: DeserializeOwned>(key: &str) -> Option<T> {
    LocalStorage::get(key).ok()
}

/// Writes a value that outlives the tab.
pub fn put_local<T: Serialize>(key: &str, value: &T) {
    let _ = LocalStorage::set(key, value);
}

/// Forgets a value that outlives the tab.
pub fn remove_local(key: &str) {
    LocalStorage::delete(key);
}
