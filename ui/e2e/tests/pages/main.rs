//! The pages in a headless Chromium, as a person uses them, against the real program.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axe;
mod bill;
mod browser;
mod busy;
mod keyboard;
mod many_windows;
#[path = "../../../../gateways/node/tests/system/ports.rs"]
mod ports;
mod program;
mod purchase;
mod screenshots;
mod silence;
mod unknown;
