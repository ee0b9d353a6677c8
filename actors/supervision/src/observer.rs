//! What the tree tells about itself while it works, so that a gateway can count it.

use crate::exit::ExitReason;

/// Hears about restarts and escalations. Called on the tree's own thread: be quick, never block.
pub trait Observer: Send + Sync + 'static {
    /// The child at the path `child` will be started again because of `reason`.
    fn on_restart(&self, child: &str, reason: &ExitReason) {
        let _ = (child, reason);
    }

    /// The supervisor at the path `supervisor` gave up because of `reason`.
    fn on_escalation(&self, supervisor: &str, reason: &ExitReason) {
        let _ = (supervisor, reason);
    }
}
