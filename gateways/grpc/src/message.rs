//! What the wire's messages mean in the kernel's and the Bank's types.

pub(crate) mod card;
pub(crate) mod event;
pub(crate) mod field;
#[cfg(test)]
mod fuzz;
pub(crate) mod money;
pub(crate) mod payment;
pub(crate) mod stream;
