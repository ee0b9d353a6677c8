//! One `BankService/AuthorizeStream`: batches in, batches out.
//!
//! One task reads and answers, so that a client that does not take its answers is not read any
//! more either: the stream's own flow control is the back-pressure.

use std::pin::Pin;
use std::time::Instant;

use bancada_bank::{Answers, BankHandle, PaymentAnswer, PaymentError};
use bancada_proto::bank::v1;
use bancada_telemetry::Metrics;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{mpsc, watch};
use tonic::{Status, Streaming};

use super::bank::outcome;
use super::limits::Place;
use crate::message::stream;
use crate::status::of_library;

/// Items in progress on one stream, at which no more are read.
const WINDOW: usize = 1_024;
/// Answers in one message, at most.
const MAX_OUTCOMES: usize = 256;

/// What the server sends.
pub(crate) type Outcomes =
    Pin<Box<dyn Stream<Item = Result<v1::AuthorizeOutcomes, Status>> + Send>>;

/// Serves a stream until its client ends it, or until the server stops: what is in progress then
/// is still answered.
pub(crate) fn serve(
    bank: BankHandle,
    metrics: Metrics,
    batches: Streaming<v1::AuthorizeBatch>,
    stopping: watch::Receiver<bool>,
    place: Place,
) -> Outcomes {
    let (answers, answered) = mpsc::unbounded_channel();
    let conversation = Conversation {
        bank,
        metrics,
        batches: Some(batches),
        stopping,
        answers,
        answered,
        n_in_progress: 0,
        end: None,
        _place: place,
    };
    Box::pin(unfold(conversation, |mut conversation| async move {
        let outcomes = conversation.next().await?;
        Some((outcomes.map(|outcomes| v1::AuthorizeOutcomes { outcomes }), conversation))
    }))
}

enum Received {
    Answers,
    Batch(Result<Option<v1::AuthorizeBatch>, Status>),
    End,
}

struct Conversation {
    bank: BankHandle,
    metrics: Metrics,
    /// Absent when nothing more is read.
    batches: Option<Streaming<v1::AuthorizeBatch>>,
    stopping: watch::Receiver<bool>,
    /// Kept, so that the channel stays open between two requests.
    answers: Answers,
    answered: mpsc::UnboundedReceiver<(u64, Result<PaymentAnswer, PaymentError>)>,
    n_in_progress: usize,
    /// With what it ends, once everything that was asked for is answered.
    end: Option<Status>,
    _place: Place,
}

impl Conversation {
    /// The next answers; `None` at the end.
    async fn next(&mut self) -> Option<Result<Vec<v1::AuthorizeOutcome>, Status>> {
        let mut answers = Vec::with_capacity(MAX_OUTCOMES);
        loop {
            let may_read = self.n_in_progress < WINDOW;
            let Some(batches) = &mut self.batches else {
                return match self.next_of_the_rest(answers).await {
                    Some(outcomes) => Some(Ok(outcomes)),
                    None => self.end.take().map(Err),
                };
            };
            let received = tokio::select! {
                biased;
                _ = self.answered.recv_many(&mut answers, MAX_OUTCOMES) => Received::Answers,
                batch = batches.message(), if may_read => Received::Batch(batch),
                _ = self.stopping.wait_for(|stopping| *stopping) => Received::End,
            };
            match received {
                Received::Answers => return Some(Ok(self.outcomes(answers))),
                Received::Batch(Ok(Some(batch))) => {
                    let failures = self.submit(batch);
                    if !failures.is_empty() {
                        return Some(Ok(failures));
                    }
                }
                // The client is gone, or speaks another language. What it asked for before is
                // answered first: it may have been charged.
                Received::Batch(Err(status)) => {
                    self.batches = None;
                    self.end = Some(of_library(&status).unwrap_or(status));
                }
                Received::Batch(Ok(None)) | Received::End => self.batches = None,
            }
        }
    }

    async fn next_of_the_rest(
        &mut self,
        mut answers: Vec<(u64, Result<PaymentAnswer, PaymentError>)>,
    ) -> Option<Vec<v1::AuthorizeOutcome>> {
        if self.n_in_progress == 0 {
            return None;
        }
        self.answered.recv_many(&mut answers, MAX_OUTCOMES).await;
        Some(self.outcomes(answers))
    }

    /// Asks for the payments of a batch; what cannot be read is answered at once.
    fn submit(&mut self, batch: v1::AuthorizeBatch) -> Vec<v1::AuthorizeOutcome> {
        let now = Instant::now();
        let mut requests = Vec::with_capacity(batch.items.len());
        let mut failures = Vec::new();
        for item in batch.items {
            let id = item.id;
            match stream::request(item, now) {
                Ok(request) => requests.push(request),
                Err(status) => failures.push(stream::failure(id, &status)),
            }
        }
        self.n_in_progress += requests.len();
        self.bank.authorize_many(requests, &self.answers);
        failures
    }

    fn outcomes(
        &mut self,
        answers: Vec<(u64, Result<PaymentAnswer, PaymentError>)>,
    ) -> Vec<v1::AuthorizeOutcome> {
        self.n_in_progress -= answers.len();
        let outcomes = answers.into_iter().map(|(id, answer)| {
            self.metrics.authorized(outcome(&answer));
            stream::outcome(id, answer)
        });
        outcomes.collect()
    }
}
