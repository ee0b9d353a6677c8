//! The actor that owns the journal's thread: opens the store, starts the thread, joins it.

use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_supervision::{ExitContext as _, SupervisedActor};

use crate::shell::journal_thread::{JournalThread, Order};

/// The queue of the current journal thread. Replaced when the journal is started anew.
#[derive(Clone, Default)]
pub(crate) struct JournalQueue(Arc<Mutex<Option<Sender<Vec<Order>>>>>);

impl JournalQueue {
    /// The queue as it is now; `None` while there is no thread.
    pub(crate) fn get(&self) -> Option<Sender<Vec<Order>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, queue: Option<Sender<Vec<Order>>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = queue;
    }
}

/// Makes what a journal thread works with; an error names what is wrong with the store.
pub(crate) type MakeThread = Arc<dyn Fn() -> Result<JournalThread, String> + Send + Sync>;

/// Owns the journal's thread.
pub(crate) struct Journal {
    make: MakeThread,
    queue: JournalQueue,
    thread: Option<JoinHandle<()>>,
}

/// The thread ended although nobody told it to.
#[derive(Message)]
#[rtype(result = "()")]
struct ThreadDied;

impl Journal {
    pub(crate) fn new(make: MakeThread, queue: JournalQueue) -> Journal {
        Journal { make, queue, thread: None }
    }

    fn start_thread(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
        let worker = (self.make)()?;
        let (queue, orders) = mpsc::channel();
        let addr = ctx.address();
        let body = move || {
            let served = std::panic::AssertUnwindSafe(|| worker.run(&orders));
            if std::panic::catch_unwind(served).is_err() {
                #[expect(clippy::disallowed_methods, reason = "a signal, not money")]
                addr.do_send(ThreadDied);
            }
        };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(body)
            .map_err(|error| format!("its thread cannot be started: {error}"))?;
        self.thread = Some(thread);
        self.queue.set(Some(queue));
        Ok(())
    }

    fn stop_thread(&mut self) {
        if let Some(queue) = self.queue.get() {
            // A thread that has ended needs no order.
            let _ = queue.send(vec![Order::Stop]);
        }
        self.queue.set(None);
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside.
            let _ = thread.join();
        }
    }
}

impl Actor for Journal {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Err(reason) = self.start_thread(ctx) {
            ctx.fail(reason);
        }
    }
}

impl Supervised for Journal {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.stop_thread();
    }
}

impl Drop for Journal {
    /// The thread is gone before another can be started: two would write to one journal.
    fn drop(&mut self) {
        self.stop_thread();
    }
}

impl SupervisedActor for Journal {
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        self.stop_thread();
        ctx.stop();
    }
}

impl Handler<ThreadDied> for Journal {
    type Result = ();

    fn handle(&mut self, _: ThreadDied, ctx: &mut Self::Context) {
        ctx.fail("the journal's thread panicked");
    }
}
