//! The shop under a clock that moves only when a test says so.

mod bank;
mod events;
mod memory;
mod shop;

mod crash;
mod follow;
mod place;
mod resolve;
mod storage;
