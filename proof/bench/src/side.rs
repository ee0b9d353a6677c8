//! What is measured, and what it is held against.

pub(crate) mod bank;
pub(crate) mod broker;
pub(crate) mod echo;
pub(crate) mod json_front;
pub(crate) mod slow_disk;
pub(crate) mod statement;
pub(crate) mod tpcb;
