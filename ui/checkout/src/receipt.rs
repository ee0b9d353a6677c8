//! The receipt: what is known about an order, and asking again until it is settled.

pub(crate) mod details;
pub(crate) mod let_go;
pub(crate) mod outcome;
pub(crate) mod polling;
pub(crate) mod state;
