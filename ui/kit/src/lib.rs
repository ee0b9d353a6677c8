//! What the frontends share: texts, formatting, the API client, components.
//!
//! The browser is touched only by [`api`], [`stream`], [`shared_stream`], [`frame`], [`viewport`],
//! [`storage`], [`language`], [`format`] and the components; everything that decides is a plain
//! function, tested without a browser.

pub mod address;
pub mod api;
pub mod backoff;
pub mod components;
pub mod foreign;
pub mod format;
pub mod frame;
pub mod key;
pub mod language;
pub mod locale;
pub mod money;
pub mod remote;
pub mod shared_stream;
pub mod storage;
pub mod stream;
pub mod text;
pub mod viewport;

pub use components::{Amount, Empty, ErrorNote, Header, Instant, Loading, PageTitle, Site, Words};
pub use language::{LanguageProvider, use_locale};
pub use locale::Locale;
pub use remote::{Remote, use_remote};
