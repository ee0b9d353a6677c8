//! How each service is put together from its actors and gateways.

pub(crate) mod bank;
pub(crate) mod checkout;
pub(crate) mod extrato;
pub(crate) mod kafka;
pub(crate) mod left_behind;
pub(crate) mod neighbours;
pub(crate) mod stalled;
pub(crate) mod web;
