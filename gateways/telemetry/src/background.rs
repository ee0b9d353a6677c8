//! Threads whose work can wait.

/// Gives the calling thread the lowest priority there is: whatever else wants to run goes first.
#[cfg(target_os = "linux")]
pub fn enter() {
    /// The nicest there is (setpriority(2), which on Linux is about one thread).
    const LOWEST: i32 = 19;
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), LOWEST) {
        tracing::debug!(%error, "a thread's priority cannot be lowered");
    }
}

/// Other systems have no such thing for one thread.
#[cfg(not(target_os = "linux"))]
pub fn enter() {}
