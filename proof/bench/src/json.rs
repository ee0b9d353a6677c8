//! Paying over HTTP/1.1 and JSON, on connections that stay open.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::cards::Cards;
use crate::load::{Paid, Target, fresh_key};
use crate::side::json_front::{Answer, Payment};

/// One connection; HTTP/1.1 has one request in progress on each.
#[derive(Clone)]
pub(crate) struct Json {
    connection: Arc<Mutex<SendRequest<Full<Bytes>>>>,
    cards: Cards,
    /// Payments in one request: more than one goes to the endpoint for many.
    n_payments: usize,
}

impl Json {
    /// So many connections.
    pub(crate) async fn targets(
        address: SocketAddr,
        cards: &Cards,
        n_connections: usize,
        n_payments: usize,
    ) -> anyhow::Result<Vec<Json>> {
        let mut targets = Vec::with_capacity(n_connections);
        for _ in 0..n_connections {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(driver);
            let connection = Arc::new(Mutex::new(connection));
            targets.push(Json { connection, cards: cards.clone(), n_payments });
        }
        Ok(targets)
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = Request::post(path)
            .header("host", "bench")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let mut connection = self.connection.lock().await;
        connection.ready().await?;
        let answer = connection.send_request(request).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}

impl Target for Json {
    async fn pay(&mut self, key: String) -> anyhow::Result<Paid> {
        let first = Payment::of(self.cards.request(key));
        if self.n_payments == 1 {
            let (status, body) = self.post("/authorize", serde_json::to_vec(&first)?).await?;
            if status == StatusCode::TOO_MANY_REQUESTS {
                return Ok(Paid::Overloaded);
            }
            anyhow::ensure!(status == StatusCode::OK, "the JSON front answered {status}");
            let answer: Answer = serde_json::from_slice(&body)?;
            anyhow::ensure!(answer.status == "captured", "a payment was declined");
            return Ok(Paid::Approved);
        }
        let more = (1..self.n_payments).map(|_| Payment::of(self.cards.request(fresh_key())));
        let all: Vec<_> = std::iter::once(first).chain(more).collect();
        let (status, body) = self.post("/authorizations", serde_json::to_vec(&all)?).await?;
        anyhow::ensure!(status == StatusCode::OK, "the JSON front answered {status}");
        let answers: Vec<Answer> = serde_json::from_slice(&body)?;
        let is_well = answers.iter().all(|answer| answer.status == "captured");
        (is_well && answers.len() == self.n_payments)
            .then_some(Paid::Approved)
            .context("payments were declined")
    }
}
