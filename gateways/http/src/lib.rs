//! HTTP at the edges of Checkout and Extrato, and the admin listener.
//!
//! `routes/` mirrors the URL tree; a rule of the domain is asked for behind a handle, never
//! decided here.

mod amount;
mod answer;
mod conversation;
mod guarded_stream;
mod headers;
mod host;
mod language;
mod last_words;
mod position;
mod problem;
mod quote;
mod reader;
mod routes;
mod server;
mod site;

pub use routes::admin::{Admin, Check, SetAside};
pub use server::{HttpServer, HttpServerParts, Service};
pub use site::{Site, SiteError};
