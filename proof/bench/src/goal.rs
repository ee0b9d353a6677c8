//! One goal each: what is measured, and against what.

pub(crate) mod echo;
pub(crate) mod group_commit;
pub(crate) mod hot_card;
pub(crate) mod latency;
pub(crate) mod overload;
pub(crate) mod postgresql;
pub(crate) mod rest;
pub(crate) mod statement;
