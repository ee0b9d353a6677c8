//! The statement's actors under a clock that moves only when a test says so.

mod bench;
mod source;

mod follow;
mod repair;
mod subscribe;
