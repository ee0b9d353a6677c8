//! The actor that owns the store's thread: opens the store, starts the thread, joins it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_supervision::{ExitContext as _, SupervisedActor};

use crate::ports::OrderStoreOpener;
use crate::shell::store_thread::{Job, StoreQueue, run};

/// Owns the thread.
pub(crate) struct Store {
    opener: Arc<dyn OrderStoreOpener>,
    queue: StoreQueue,
    thread: Option<JoinHandle<()>>,
}

/// The thread ended although nobody told it to.
#[derive(Message)]
#[rtype(result = "()")]
struct ThreadDied(String);

impl Store {
    pub(crate) fn new(opener: Arc<dyn OrderStoreOpener>, queue: StoreQueue) -> Store {
        Store { opener, queue, thread: None }
    }

    fn start_thread(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
        let mut store = self.opener.open().map_err(|error| error.to_string())?;
        let (queue, jobs) = mpsc::channel();
        let addr = ctx.address();
        let is_full = Arc::clone(&self.queue.is_full);
        let body = move || {
            let served = catch_unwind(AssertUnwindSafe(|| run(&mut *store, &jobs, &is_full)));
            let reason = match served {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the store's thread panicked".to_owned(),
            };
            #[expect(clippy::disallowed_methods, reason = "a signal, not money")]
            addr.do_send(ThreadDied(reason));
        };
        let thread = std::thread::Builder::new()
            .name("orders-store".to_owned())
            .spawn(body)
            .map_err(|error| format!("the store's thread cannot be started: {error}"))?;
        self.thread = Some(thread);
        self.queue.set(Some(queue));
        Ok(())
    }

    fn stop_thread(&mut self) {
        // A thread that has ended needs no order.
        let _ = self.queue.send(Job::Stop);
        self.queue.set(None);
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside.
            let _ = thread.join();
        }
    }
}

impl Actor for Store {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Err(reason) = self.start_thread(ctx) {
            ctx.fail(reason);
        }
    }
}

impl Supervised for Store {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.stop_thread();
    }
}

impl Drop for Store {
    /// The thread is gone before another can be started: two would write to one store.
    fn drop(&mut self) {
        self.stop_thread();
    }
}

impl SupervisedActor for Store {
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        self.stop_thread();
        ctx.stop();
    }
}

impl Handler<ThreadDied> for Store {
    type Result = ();

    fn handle(&mut self, ThreadDied(reason): ThreadDied, ctx: &mut Self::Context) {
        ctx.fail(reason);
    }
}
