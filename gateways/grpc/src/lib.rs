//! gRPC at the Bank's edge: servers, clients, the messages' meaning, and the one table that turns
//! errors into status codes.

pub mod client;
mod message;
mod server;
mod status;

pub use message::event::{EventMessageError, event_from_message, event_to_message};
pub use server::{GrpcServer, GrpcServerParts};
