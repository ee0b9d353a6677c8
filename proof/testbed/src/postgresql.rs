//! PostgreSQL, with and without a pooler before it.

mod pooler;
mod server;

pub use pooler::Pooler;
pub use server::Server;
