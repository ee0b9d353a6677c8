//! An OTP-like supervision tree on the public hooks of actix.
//!
//! actix's own `Supervisor` does not catch panics: the actor and its supervisor vanish silently.
//! Here a child is a future that polls the actor under `catch_unwind`, so that a crash is news for
//! a supervisor, which restarts the child by a strategy, with a backoff, within an intensity, and
//! otherwise passes the news up. The root gives up by saying so, and the process ends.
//!
//! Reading order: the policy is pure ([`spec`], [`intensity`], [`backoff`], [`plan`]); the tree as
//! data is [`tree`]; what runs is `child`, `supervisor` and `slot`; what others hold is
//! [`TreeHandle`], [`Link`], [`InFlight`] and [`Spawner`].
//!
//! **Invariant: an actor's state is never trusted across a crash.** The actor's value is reused
//! (its mailbox and address live on), so `Supervised::restarting` only clears it and
//! `Actor::started` only loads it again. `stopping` and `stopped` stay empty.

#![forbid(unsafe_code)]

pub mod backoff;
pub mod intensity;
pub mod plan;
mod retry;
pub mod spec;

mod actor;
mod exit;
mod observer;
mod tree;

mod arbiter;
mod child;
mod recovery;
mod registry;
mod signal;
mod slot;
mod start;
mod supervisor;

mod handle;
mod in_flight;
mod link;
mod snapshot;
mod spawner;

pub use actor::{ChildSpec, SupervisedActor};
pub use exit::{ExitContext, ExitReason};
pub use handle::{CommandError, GaveUp, TreeHandle};
pub use in_flight::{InFlight, InFlightGuard};
pub use link::Link;
pub use observer::Observer;
pub use retry::{Attempts, Retry};
pub use snapshot::{Kind, NodeSnapshot, RestartRecord, Snapshot, State};
pub use spawner::{Spawner, StartChildError};
pub use spec::{Backoff, ChildId, Intensity, Restart, Strategy};
pub use tree::{Options, Ping, StartError, Supervisor, Tree};
