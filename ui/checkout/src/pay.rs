//! The parts of the pay page.

pub(crate) mod card_fields;
pub(crate) mod check;
pub(crate) mod expiry_text;
pub(crate) mod form;
pub(crate) mod installments;
pub(crate) mod kept;
pub(crate) mod refusal;
pub(crate) mod submit;
pub(crate) mod summary;
pub(crate) mod test_card_list;
mod typed_text;
