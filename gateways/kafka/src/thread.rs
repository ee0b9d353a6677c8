//! A thread that reads until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A running thread; dropping it ends the thread and waits for its end.
pub(crate) struct ReadingThread {
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ReadingThread {
    /// Starts it. `body` has to look now and then whether it is to stop.
    pub(crate) fn start(
        name: &str,
        body: impl FnOnce(&AtomicBool) + Send + 'static,
    ) -> std::io::Result<ReadingThread> {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&is_stopping);
        let thread =
            std::thread::Builder::new().name(name.to_owned()).spawn(move || body(&stopping))?;
        Ok(ReadingThread { is_stopping, thread: Some(thread) })
    }
}

impl Drop for ReadingThread {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic has been reported already.
            let _ = thread.join();
        }
    }
}
