//! The pages of the statement application, one file each.

mod cards;
mod not_found;
mod statement;

pub(crate) use cards::CardsPage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use statement::StatementPage;
