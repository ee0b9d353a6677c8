//! The statement of one card: what is known of it, and its parts on the page.

pub(crate) mod announcement;
mod bill_amount;
mod bill_attempt;
pub(crate) mod bill_form;
mod bills;
pub(crate) mod filter;
pub(crate) mod filter_form;
pub(crate) mod follow;
mod hearing;
mod hold_end;
pub(crate) mod line_kind;
pub(crate) mod line_list;
pub(crate) mod local_day;
mod parts;
pub(crate) mod state;
pub(crate) mod summary;
