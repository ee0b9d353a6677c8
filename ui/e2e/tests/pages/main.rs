//! The pages in a headless Chromium, as a person uses them, against the real program.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bill;
mod browser;
mod keyboard;
#[path = "../../../../gateways/node/tests/system/ports.rs"]
mod ports;
mod program;
mod purchase;
mod screenshots;
mod silence;
mod unknown;
