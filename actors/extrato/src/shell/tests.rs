//! The statement's actors under a clock that moves only when a test says so.

mod bench;
mod source;

mod damage;
mod dead_letters;
mod follow;
mod forward;
mod pay;
mod reconcile;
mod repair;
mod subscribe;
