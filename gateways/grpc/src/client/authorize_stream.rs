//! Coalesces concurrent authorizations into batches on one stream, without a timer.
//!
//! Whatever is asked for while a batch is on its way becomes the next batch: alone, a call leaves
//! at once; under load, batches grow by themselves. The stream is opened when it is needed and
//! opened anew after it broke.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::message::stream;

/// Items in one message, at most: the Bank reads messages of up to 64 KiB.
const MAX_BATCH: usize = 64;
/// Calls that wait to be sent; more wait in their callers.
const MAX_WAITING: usize = 1_024;

/// Calls of `Authorize` that travel together. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AuthorizeStream {
    channel: BankServiceClient<Channel>,
    calls: mpsc::Sender<Call>,
    /// The Bank has no such method; every call goes alone.
    is_refused: Arc<AtomicBool>,
    deadline: Duration,
}

struct Call {
    item: v1::AuthorizeItem,
    reply: oneshot::Sender<Result<v1::AuthorizeResponse, Status>>,
}

impl AuthorizeStream {
    /// Call it inside a tokio runtime. It ends with the last clone.
    pub(crate) fn new(channel: BankServiceClient<Channel>, deadline: Duration) -> AuthorizeStream {
        let (calls, waiting) = mpsc::channel(MAX_WAITING);
        let is_refused = Arc::new(AtomicBool::new(false));
        tokio::spawn(run(channel.clone(), waiting, deadline));
        AuthorizeStream { channel, calls, is_refused, deadline }
    }

    /// The same as the single call, which it falls back to where the Bank knows no stream.
    pub(crate) async fn authorize(
        mut self,
        request: Request<v1::AuthorizeRequest>,
    ) -> Result<Response<v1::AuthorizeResponse>, Status> {
        if !self.is_refused.load(Ordering::Relaxed) {
            match self.submit(&request).await {
                Err(status) if status.code() == Code::Unimplemented => {
                    self.is_refused.store(true, Ordering::Relaxed);
                }
                result => return result.map(Response::new),
            }
        }
        self.channel.authorize(request).await
    }

    async fn submit(
        &self,
        request: &Request<v1::AuthorizeRequest>,
    ) -> Result<v1::AuthorizeResponse, Status> {
        let trace = request.metadata().get("traceparent").and_then(|value| value.to_str().ok());
        let item = v1::AuthorizeItem {
            id: 0,
            request: Some(request.get_ref().clone()),
            traceparent: trace.unwrap_or_default().to_owned(),
            timeout_ms: u32::try_from(self.deadline.as_millis()).unwrap_or(u32::MAX),
        };
        let (reply, answer) = oneshot::channel();
        // The receiver lives as long as the task, which ends with the last sender.
        let _ = self.calls.send(Call { item, reply }).await;
        answer.await.unwrap_or_else(|_| Err(Status::unavailable("the stream's task has ended")))
    }
}

/// Opens a stream whenever there is something to send, and serves it until it breaks.
async fn run(
    mut channel: BankServiceClient<Channel>,
    mut calls: mpsc::Receiver<Call>,
    deadline: Duration,
) {
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() && calls.recv_many(&mut waiting, MAX_BATCH).await == 0 {
            return;
        }
        // One on its way, the next one collecting.
        let (batches, outgoing) = mpsc::channel(1);
        let opening = channel.authorize_stream(ReceiverStream::new(outgoing));
        let opened = tokio::time::timeout(deadline, opening).await;
        match opened.unwrap_or_else(|_| Err(Status::unavailable("the bank opens no stream"))) {
            Ok(outcomes) => {
                let open = Open { batches, waiting, in_progress: HashMap::new(), next: 0 };
                waiting = open.serve(outcomes.into_inner(), &mut calls).await;
            }
            Err(status) => {
                for call in waiting.drain(..) {
                    let _ = call.reply.send(Err(status.clone()));
                }
            }
        }
    }
}

enum Happened {
    Received(Result<Option<v1::AuthorizeOutcomes>, Status>),
    Called {
        n_calls: usize,
    },
    /// The last batch has left, if the stream is still there.
    Room(Option<mpsc::OwnedPermit<v1::AuthorizeBatch>>),
}

/// A stream that is open.
struct Open {
    batches: mpsc::Sender<v1::AuthorizeBatch>,
    /// Not sent yet.
    waiting: Vec<Call>,
    in_progress: HashMap<u64, oneshot::Sender<Result<v1::AuthorizeResponse, Status>>>,
    next: u64,
}

impl Open {
    /// Sends and receives until the stream ends. Nobody knows what became of what was sent and
    /// not answered; returns what was not sent.
    async fn serve(
        mut self,
        mut outcomes: Streaming<v1::AuthorizeOutcomes>,
        calls: &mut mpsc::Receiver<Call>,
    ) -> Vec<Call> {
        let status = self.converse(&mut outcomes, calls).await;
        for (_, reply) in self.in_progress {
            let _ = reply.send(Err(status.clone()));
        }
        self.waiting
    }

    async fn converse(
        &mut self,
        outcomes: &mut Streaming<v1::AuthorizeOutcomes>,
        calls: &mut mpsc::Receiver<Call>,
    ) -> Status {
        let mut may_come = true;
        while may_come || !self.waiting.is_empty() || !self.in_progress.is_empty() {
            let room = MAX_BATCH - self.waiting.len();
            let is_any = !self.waiting.is_empty();
            let happened = tokio::select! {
                received = outcomes.message() => Happened::Received(received),
                n_calls = calls.recv_many(&mut self.waiting, room), if may_come && room > 0 => {
                    Happened::Called { n_calls }
                }
                permit = self.batches.clone().reserve_owned(), if is_any => {
                    Happened::Room(permit.ok())
                }
            };
            match happened {
                Happened::Received(Ok(Some(message))) => self.answer(message),
                Happened::Received(Ok(None)) => {
                    return Status::unavailable("the bank ended the stream");
                }
                Happened::Received(Err(status)) => return status,
                Happened::Called { n_calls } => may_come = n_calls > 0,
                Happened::Room(Some(permit)) => drop(permit.send(self.take_batch())),
                Happened::Room(None) => {
                    return Status::unavailable("the stream to the bank broke");
                }
            }
        }
        Status::cancelled("nobody is left to call")
    }

    fn take_batch(&mut self) -> v1::AuthorizeBatch {
        let mut items = Vec::with_capacity(self.waiting.len());
        // Whoever has given up is not sent any more.
        for Call { mut item, reply } in
            self.waiting.drain(..).filter(|call| !call.reply.is_closed())
        {
            item.id = self.next;
            self.next += 1;
            self.in_progress.insert(item.id, reply);
            items.push(item);
        }
        v1::AuthorizeBatch { items }
    }

    fn answer(&mut self, message: v1::AuthorizeOutcomes) {
        for outcome in message.outcomes {
            if let Some(reply) = self.in_progress.remove(&outcome.id) {
                // A caller whose deadline has passed asks again with the same key.
                let _ = reply.send(stream::result(outcome.outcome));
            }
        }
    }
}
