//! The shop under a clock that moves only when a test says so.

mod bank;
mod memory;
mod shop;

mod crash;
mod place;
mod resolve;
mod storage;
