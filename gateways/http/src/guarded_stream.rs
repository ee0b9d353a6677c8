//! A connection with limits: how much of it is read ahead, and how long it may be silent.
//!
//! actix-http decodes every request that its buffer holds, up to 7,000 in 128 KiB, and each takes
//! far more memory than its 18 bytes; it has a deadline for the first head only, and answers 408
//! on a connection on which nothing was asked. So it is given little at once, and nothing of the
//! next request before the answer to this one is out.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::http::StatusCode;
use bancada_edge::ConnectionPermit;
use bancada_telemetry::Metrics;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::conversation::Conversation;
use crate::last_words;

/// Bytes given to the decoder at once: a browser's head is one or two of them, and at most 57
/// requests fit (the decoder holds back at 16).
const AT_ONCE: usize = 1_024;
/// Bytes of a request's body that are read while it is in progress: one of 16 KiB
/// ([`crate::answer::MAX_BODY_BYTES`]) in chunks of two bytes and more.
const BODY_AHEAD: usize = 64 * 1_024;
/// From the first byte of a head to its end, and from the connection to the first byte.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Between an answer and the next request.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// A client that takes nothing of an answer for so long is gone, or means ill.
const TAKEN_WITHIN: Duration = Duration::from_secs(20);

/// The stream.
pub(crate) struct GuardedStream {
    io: TcpStream,
    conversation: Rc<Conversation>,
    metrics: Metrics,
    /// The turn of the conversation that the next two are about.
    turn: u64,
    n_read: usize,
    since: Instant,
    /// Whether the decoder was just given all that it gets at once.
    is_full: bool,
    timer: Pin<Box<Sleep>>,
    /// When the client began to take nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Said in place of what actix-http says by itself, as far as it is not written yet.
    words: Vec<u8>,
    _permit: ConnectionPermit,
}

impl GuardedStream {
    pub(crate) fn new(io: TcpStream, permit: ConnectionPermit, metrics: Metrics) -> GuardedStream {
        let since = Instant::now();
        GuardedStream {
            io,
            conversation: Rc::default(),
            metrics,
            turn: 0,
            n_read: 0,
            since,
            is_full: false,
            timer: Box::pin(tokio::time::sleep_until(since + HEAD_WITHIN)),
            stalled: None,
            words: Vec::new(),
            _permit: permit,
        }
    }

    pub(crate) fn conversation(&self) -> Rc<Conversation> {
        Rc::clone(&self.conversation)
    }

    /// What was read before a request began or ended was a part of it.
    fn catch_up(&mut self) {
        if self.turn != self.conversation.n_turns() {
            self.turn = self.conversation.n_turns();
            self.n_read = 0;
            self.since = Instant::now();
        }
    }

    /// When the client must have said something; while an answer is on its way it need not.
    fn deadline(&self) -> Option<Instant> {
        if self.conversation.is_in_progress() {
            return None;
        }
        let is_idle = self.n_read == 0 && self.conversation.has_begun();
        Some(self.since + if is_idle { KEEP_ALIVE } else { HEAD_WITHIN })
    }

    /// Ready when the client has been silent for too long. Only somebody who was asking is told.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline() else { return Poll::Pending };
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        ready!(self.timer.as_mut().poll(context));
        // The rest of a body that nobody read is no question.
        if self.n_read > 0 && !self.conversation.has_body() {
            let words = last_words::of(StatusCode::REQUEST_TIMEOUT, &self.metrics);
            // As much as fits; nothing else is on its way.
            let _ = self.io.try_write(&words);
        }
        Poll::Ready(())
    }

    /// Watches for the end of a connection without taking anything from it.
    fn poll_end(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut byte = [0];
        match ready!(self.io.poll_peek(context, &mut ReadBuf::new(&mut byte))) {
            Ok(0) => Poll::Ready(Ok(())),
            Ok(_) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.catch_up();
        if std::mem::take(&mut this.is_full) {
            // The decoder looks at what it has before it comes back.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.conversation.is_in_progress() {
            this.conversation.wake_at_end(context);
            if !this.conversation.has_body() || this.n_read >= BODY_AHEAD {
                return this.poll_end(context);
            }
        }
        let mut bytes = [0; AT_ONCE];
        let size = AT_ONCE.min(buffer.remaining());
        let mut read = ReadBuf::new(&mut bytes[..size]);
        if Pin::new(&mut this.io).poll_read(context, &mut read)?.is_pending() {
            ready!(this.poll_silence(context));
            // The end of the stream closes the connection without another word.
            return Poll::Ready(Ok(()));
        }
        if this.n_read == 0 {
            this.since = Instant::now();
        }
        this.n_read += read.filled().len();
        this.is_full = read.filled().len() == AT_ONCE;
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl GuardedStream {
    fn poll_taken(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write(context, bytes) {
            Poll::Pending => {
                let stalled =
                    self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(TAKEN_WITHIN)));
                ready!(stalled.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            taken => {
                self.stalled = None;
                taken
            }
        }
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.words.is_empty() {
            let bytes = match last_words::bare_answer(bytes) {
                None => bytes,
                Some((0, status)) => {
                    this.words = last_words::of(status, &this.metrics);
                    return self.poll_write(context, bytes);
                }
                Some((start, _)) => &bytes[..start],
            };
            return this.poll_taken(context, bytes);
        }
        let words = std::mem::take(&mut this.words);
        let mut n_taken = 0;
        while n_taken < words.len() {
            match this.poll_taken(context, &words[n_taken..])? {
                Poll::Ready(n) => n_taken += n.max(1),
                Poll::Pending => {
                    this.words = words[n_taken..].to_vec();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
