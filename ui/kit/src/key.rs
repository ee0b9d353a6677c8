//! Idempotency keys: random UUIDs (RFC 9562, version 4) minted in the browser.

use std::fmt::Write as _;

use js_sys::{Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};

/// A new key. `crypto.randomUUID` exists only in secure contexts (HTTPS or localhost), so a page
/// opened over plain HTTP draws the same 128 bits itself.
pub fn mint() -> String {
    random_uuid().unwrap_or_else(|| version_4(random_bytes()))
}

fn random_uuid() -> Option<String> {
    let crypto: JsValue = web_sys::window()?.crypto().ok()?.into();
    let function: Function = Reflect::get(&crypto, &"randomUUID".into()).ok()?.dyn_into().ok()?;
    function.call0(&crypto).ok()?.as_string()
}

fn random_bytes() -> [u8; 16] {
    let array = Uint8Array::new_with_length(16);
    let mut bytes = [0; 16];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .and_then(|crypto| crypto.get_random_values_with_array_buffer_view(&array).ok());
    if filled.is_some() {
        array.copy_to(&mut bytes);
    } else {
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}

fn version_4(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_keys_are_version_4_uuids() {
        assert_eq!(version_4([0; 16]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(version_4([255; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
