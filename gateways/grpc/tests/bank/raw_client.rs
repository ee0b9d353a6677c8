//! A client that says what it is told to: any host, any deadline, any bytes. The library's own
//! has deadlines of its own and sends only what it can encode.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::http::HeaderMap;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tonic::Status;

/// One connection.
#[derive(Clone)]
pub(crate) struct RawClient {
    connection: SendRequest<Full<Bytes>>,
    /// What it says the host is.
    pub(crate) host: String,
}

impl RawClient {
    pub(crate) async fn connect(url: &str) -> RawClient {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let io = TcpStream::connect(&host).await.unwrap();
        io.set_nodelay(true).unwrap();
        let handshake =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(io));
        let (connection, driver) = handshake.await.unwrap();
        tokio::spawn(driver);
        RawClient { connection, host }
    }

    /// Sends one message of these bytes, and returns the answer as it begins.
    pub(crate) async fn send(
        &mut self,
        path: &str,
        message: &[u8],
        timeout: Option<Duration>,
    ) -> hyper::Result<Response<Incoming>> {
        let mut frame = vec![0];
        frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(message);
        let mut request = Request::post(format!("http://{}/{path}", self.host))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(timeout) = timeout {
            request = request.header("grpc-timeout", format!("{}m", timeout.as_millis()));
        }
        self.connection.ready().await?;
        self.connection.send_request(request.body(Full::from(frame)).unwrap()).await
    }

    /// The status with which a call ends.
    pub(crate) async fn status(
        &mut self,
        path: &str,
        message: &impl Message,
        timeout: Option<Duration>,
    ) -> Status {
        let answer = self.send(path, &message.encode_to_vec(), timeout).await.unwrap();
        status_of(answer).await
    }
}

/// The status of an answer, from its head or from its trailers.
pub(crate) async fn status_of(answer: Response<Incoming>) -> Status {
    if let Some(status) = status_in(answer.headers()) {
        return status;
    }
    let collected = answer.into_body().collect().await.unwrap();
    status_in(collected.trailers().unwrap()).unwrap()
}

fn status_in(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers)
}
