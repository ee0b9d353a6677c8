//! The actor that owns the writer's thread: opens the store, starts the thread, joins it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_supervision::{ExitContext as _, SupervisedActor};

use crate::ports::{StatementStore, StatementStoreOpener, StoreError};
use crate::shell::writer_thread::{Job, WriterParts, WriterQueue};

/// Owns the thread.
pub(crate) struct Projector {
    opener: Arc<dyn StatementStoreOpener>,
    queue: WriterQueue,
    parts: WriterParts,
    thread: Option<JoinHandle<()>>,
    /// Reads everything once after each start, beside the writer.
    examiner: Option<JoinHandle<()>>,
}

/// A rest for others between two parts of what is examined.
const REST: Duration = Duration::from_millis(1);

/// The thread ended although nobody told it to.
#[derive(Message)]
#[rtype(result = "()")]
struct ThreadDied(String);

impl Projector {
    pub(crate) fn new(
        opener: Arc<dyn StatementStoreOpener>,
        queue: WriterQueue,
        parts: WriterParts,
    ) -> Projector {
        Projector { opener, queue, parts, thread: None, examiner: None }
    }

    fn start_thread(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
        // The last writer may have committed what it could not tell any more: those who follow
        // a card come back and are told from the rows.
        self.parts.subscribers.drop_all();
        let mut store = self.open()?;
        let (queue, jobs) = mpsc::channel();
        let (addr, parts) = (ctx.address(), self.parts.clone());
        let body = move || {
            let served = catch_unwind(AssertUnwindSafe(|| parts.run(&mut *store, &jobs)));
            let reason = match served {
                Ok(Ok(())) => return,
                Ok(Err(StoreError::Damaged(why))) => {
                    let reason = format!("the statements are damaged: {why}");
                    parts.progress.set_damaged(why);
                    reason
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the writer's thread panicked".to_owned(),
            };
            #[expect(clippy::disallowed_methods, reason = "a signal, not money")]
            addr.do_send(ThreadDied(reason));
        };
        let thread = std::thread::Builder::new()
            .name("statement-writer".to_owned())
            .spawn(body)
            .map_err(|error| format!("the writer's thread cannot be started: {error}"))?;
        self.thread = Some(thread);
        self.queue.set(Some(queue));
        self.start_examiner();
        Ok(())
    }

    /// Opens the store; another one in its place where it was found damaged.
    fn open(&self) -> Result<Box<dyn StatementStore>, String> {
        let progress = &self.parts.progress;
        let opened = match progress.damaged() {
            Some(why) => Err(StoreError::Damaged(why)),
            None => self.opener.open(),
        };
        let store = match opened {
            Err(StoreError::Damaged(why)) => {
                // Told before anything can be read from the new one.
                progress.begin_anew();
                tracing::warn!(why, "the statements are damaged and are rebuilt");
                let opened = self.opener.open_anew();
                self.queue.count_made_anew();
                opened
            }
            opened => opened,
        };
        let store = store.map_err(|error| error.to_string())?;
        progress.set_whole();
        Ok(store)
    }

    /// Damage that nobody comes upon is found as well, some time after the start.
    fn start_examiner(&mut self) {
        if self.examiner.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        let (opener, queue) = (Arc::clone(&self.opener), self.queue.clone());
        let n_made_anew = queue.n_made_anew();
        let body = move || match opener.examine(&mut || std::thread::park_timeout(REST)) {
            Ok(()) => tracing::debug!("all rows of the statements are what was written"),
            Err(StoreError::Damaged(why)) => queue.tell_damaged(n_made_anew, why),
            Err(error) => tracing::warn!(%error, "the statements are not examined"),
        };
        let examiner = std::thread::Builder::new().name("statement-examiner".to_owned());
        match examiner.spawn(body) {
            Ok(examiner) => self.examiner = Some(examiner),
            Err(error) => tracing::warn!(%error, "the statements are not examined"),
        }
    }

    fn stop_thread(&mut self) {
        // A thread that has ended needs no order.
        self.queue.send(Job::Stop);
        self.queue.set(None);
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside.
            let _ = thread.join();
        }
    }
}

impl Actor for Projector {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Err(reason) = self.start_thread(ctx) {
            ctx.fail(reason);
        }
    }
}

impl Supervised for Projector {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.stop_thread();
    }
}

impl Drop for Projector {
    /// The thread is gone before another can be started: two would write to one store.
    fn drop(&mut self) {
        self.stop_thread();
    }
}

impl SupervisedActor for Projector {
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        self.stop_thread();
        self.parts.subscribers.drop_all();
        ctx.stop();
    }
}

impl Handler<ThreadDied> for Projector {
    type Result = ();

    fn handle(&mut self, ThreadDied(reason): ThreadDied, ctx: &mut Self::Context) {
        ctx.fail(reason);
    }
}
