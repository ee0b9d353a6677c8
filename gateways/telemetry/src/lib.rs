//! Clock, ids, logs and metrics: everything a process says about itself.

pub mod background;
pub mod clock;
pub mod command_line;
pub mod console;
pub mod logs;
pub mod metrics;
pub mod trace;

pub use metrics::Metrics;
