//! The pages in a headless Chromium, as a person uses them, against the real program.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axe;
mod bank;
mod bill;
mod browser;
mod busy;
mod declines;
mod given_up;
mod keyboard;
mod later;
mod many_windows;
mod parts;
mod program;
mod purchase;
mod screenshots;
mod silence;
mod strange;
mod unknown;
