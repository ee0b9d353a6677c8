//! What a connection is about at the moment: shared by its stream, which reads and writes bytes,
//! and by whoever answers its requests.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceRequest;
use actix_web::http::header;
use actix_web::web::Bytes;

/// The state of one connection. A connection lives on one thread.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    n_in_progress: Cell<usize>,
    /// Whether the newest request came with a body.
    has_body: Cell<bool>,
    /// How often a request began or ended: what was read before belongs to it.
    n_turns: Cell<u64>,
    /// Whoever waits for the end of the request in progress.
    reader: RefCell<Option<Waker>>,
}

impl Conversation {
    /// A request was read; it is in progress until the guard is dropped.
    pub(crate) fn begin(self: Rc<Self>, request: &ServiceRequest) -> InProgress {
        let headers = request.headers();
        let is_empty = headers.get(header::CONTENT_LENGTH).is_none_or(|it| it.as_bytes() == b"0");
        self.has_body.set(!is_empty || headers.contains_key(header::TRANSFER_ENCODING));
        self.n_in_progress.set(self.n_in_progress.get() + 1);
        self.n_turns.set(self.n_turns.get() + 1);
        InProgress(self)
    }

    /// Whether a request waits for its answer, or for the answer's end.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.n_in_progress.get() > 0
    }

    /// Whether the newest request came with a body.
    pub(crate) fn has_body(&self) -> bool {
        self.has_body.get()
    }

    /// Changes whenever a request begins or ends.
    pub(crate) fn n_turns(&self) -> u64 {
        self.n_turns.get()
    }

    /// Whether a request was ever read.
    pub(crate) fn has_begun(&self) -> bool {
        self.n_turns.get() > 0
    }

    /// Wakes whoever reads when the request in progress has ended.
    pub(crate) fn wake_at_end(&self, context: &Context<'_>) {
        self.reader.replace(Some(context.waker().clone()));
    }
}

/// A request in progress.
pub(crate) struct InProgress(Rc<Conversation>);

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.n_in_progress.set(self.0.n_in_progress.get() - 1);
        self.0.n_turns.set(self.0.n_turns.get() + 1);
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
    }
}

/// A body, and with it the end of its request: a stream that goes on is in progress.
pub(crate) struct BodyInProgress {
    pub(crate) body: BoxBody,
    /// Absent where the connection is not one of ours, as in tests of a service alone.
    pub(crate) _request: Option<InProgress>,
}

impl MessageBody for BodyInProgress {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
