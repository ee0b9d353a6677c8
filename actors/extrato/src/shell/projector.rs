//! The actor that owns the writer's thread: opens the store, starts the thread, joins it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_supervision::{ExitContext as _, SupervisedActor};

use crate::ports::StatementStoreOpener;
use crate::shell::writer_thread::{Job, WriterParts, WriterQueue};

/// Owns the thread.
pub(crate) struct Projector {
    opener: Arc<dyn StatementStoreOpener>,
    queue: WriterQueue,
    parts: WriterParts,
    thread: Option<JoinHandle<()>>,
}

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
        Projector { opener, queue, parts, thread: None }
    }

    fn start_thread(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
        // The last writer may have committed what it could not tell any more: those who follow
        // a card come back and are told from the rows.
        self.parts.subscribers.drop_all();
        let mut store = self.opener.open().map_err(|error| error.to_string())?;
        let (queue, jobs) = mpsc::channel();
        let (addr, parts) = (ctx.address(), self.parts.clone());
        let body = move || {
            let served = catch_unwind(AssertUnwindSafe(|| parts.run(&mut *store, &jobs)));
            let reason = match served {
                Ok(Ok(())) => return,
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
        Ok(())
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
