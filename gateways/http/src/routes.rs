//! One file per branch of the URL tree.

pub(crate) mod admin;
pub(crate) mod checkout;
pub(crate) mod extrato;
pub(crate) mod pages;
pub(crate) mod status;
