//! Components that both applications show.

mod amount;
mod empty;
mod error_note;
mod header;
mod instant;
mod language_switch;
mod loading;
mod page_title;
mod words;

pub use amount::Amount;
pub use empty::Empty;
pub use error_note::ErrorNote;
pub use header::{Header, Site};
pub use instant::Instant;
pub use language_switch::LanguageSwitch;
pub use loading::Loading;
pub use page_title::PageTitle;
pub use words::Words;
