//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// Everything is waited for at most so long: a loaded machine is slow, not wrong.
pub const PATIENCE: Duration = Duration::from_secs(180);

const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// What a look at a condition says: whether it holds, or what is still wrong.
pub trait Looked {
    /// What is still wrong; nothing once the condition holds.
    fn flaw(self) -> Option<String>;
}

impl Looked for bool {
    fn flaw(self) -> Option<String> {
        (!self).then(String::new)
    }
}

impl Looked for Result<(), String> {
    fn flaw(self) -> Option<String> {
        self.err()
    }
}

/// Waits until a condition holds, in real time.
///
/// # Panics
/// With the words for the condition, when it does not hold within [`PATIENCE`].
pub async fn eventually<L: Looked>(what: &str, mut look: impl AsyncFnMut() -> L) {
    let deadline = Instant::now() + PATIENCE;
    while let Some(flaw) = look().await.flaw() {
        assert!(Instant::now() < deadline, "not in time: {what}: {flaw}");
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// The same for a test without a runtime: blocks the thread.
///
/// # Panics
/// As [`eventually`].
pub fn eventually_blocking<L: Looked>(what: &str, mut look: impl FnMut() -> L) {
    let deadline = Instant::now() + PATIENCE;
    while let Some(flaw) = look().flaw() {
        assert!(Instant::now() < deadline, "not in time: {what}: {flaw}");
        std::thread::park_timeout(LOOK_AGAIN_AFTER);
    }
}
