//! Why a child ended, and how an actor says so.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;

use actix::{Actor, ActorContext, Context};

use crate::spec::ChildId;

/// Why a child, or a supervisor as the child of another, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// It had nothing more to do: [`ExitContext::finish`], or a plain `ctx.stop()`.
    Normal,
    /// It said that it cannot go on: [`ExitContext::fail`].
    Failed(String),
    /// A handler, a future of the actor, or its factory panicked with this message.
    Panicked(String),
    /// It was well, but its supervisor's strategy restarts it together with this sibling.
    Sibling(ChildId),
    /// A supervisor used up its restart intensity; the text names the last straw.
    Escalated(String),
    /// The child at this path did not answer pings in time. Its thread cannot be killed, and a
    /// second copy beside it could write twice: every supervisor passes this up, to the root.
    Frozen(String),
}

/// What an actor can do with its context besides `ctx.stop()`.
///
/// A `&mut Context` exists only while the child is being polled, so the reason can travel beside
/// the context, and no actor needs to carry a handle for it.
pub trait ExitContext {
    /// Stops the actor with nothing more to do. A transient child is not started again.
    fn finish(&mut self);

    /// Stops the actor because it cannot go on. Permanent and transient children start again.
    fn fail(&mut self, reason: impl Into<String>);
}

impl<A: Actor<Context = Self>> ExitContext for Context<A> {
    fn finish(&mut self) {
        said(ExitReason::Normal);
        self.stop();
    }

    fn fail(&mut self, reason: impl Into<String>) {
        said(ExitReason::Failed(reason.into()));
        self.stop();
    }
}

thread_local! {
    /// What the actor that is polled right now on this thread said about its end.
    static SAID: RefCell<Option<ExitReason>> = const { RefCell::new(None) };
}

fn said(reason: ExitReason) {
    SAID.set(Some(reason));
}

/// Takes what was said since the last call on this thread.
pub(crate) fn take_said() -> Option<ExitReason> {
    SAID.take()
}

/// The message of a caught panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned())
}

impl ExitReason {
    /// One word for a metric's label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Failed(_) => "failed",
            Self::Panicked(_) => "panicked",
            Self::Sibling(_) => "sibling",
            Self::Escalated(_) => "escalated",
            Self::Frozen(_) => "frozen",
        }
    }

    /// Whether a transient child may rest after this.
    pub fn is_normal(&self) -> bool {
        *self == Self::Normal
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("ended normally"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Sibling(id) => write!(f, "restarted with its sibling {id}"),
            Self::Escalated(cause) => write!(f, "gave up: {cause}"),
            Self::Frozen(path) => write!(f, "{path} did not answer pings"),
        }
    }
}
