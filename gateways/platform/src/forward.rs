//! Passing HTTP requests on.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Either, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

/// After a connection that could not be taken.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What is passed on, or said in its place.
pub(crate) type Body = Either<Incoming, Full<Bytes>>;

/// Passes requests on, over connections that are kept.
#[derive(Clone)]
pub(crate) struct Forward(Client<HttpConnector, Incoming>);

impl Forward {
    pub(crate) fn new() -> Forward {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Forward(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Passes a request on to this address, as it is.
    pub(crate) async fn pass(
        &self,
        to: SocketAddr,
        request: Request<Incoming>,
    ) -> Result<Response<Incoming>, Error> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        self.pass_to(to, &path, request).await
    }

    /// The same to another path.
    pub(crate) async fn pass_to(
        &self,
        to: SocketAddr,
        path: &str,
        mut request: Request<Incoming>,
    ) -> Result<Response<Incoming>, Error> {
        let uri = Uri::try_from(format!("http://{to}{path}"));
        *request.uri_mut() = uri.expect("a path that was asked for, or is ours, is one");
        self.0.request(request).await
    }
}

/// Whether a GET is answered with success, and what with.
pub(crate) async fn get(to: SocketAddr, path: &str) -> Option<Bytes> {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let uri = Uri::try_from(format!("http://{to}{path}")).ok()?;
    let answer = client.get(uri).await.ok()?;
    if answer.status() != StatusCode::OK {
        return None;
    }
    Some(answer.into_body().collect().await.ok()?.to_bytes())
}

/// Serves for ever. An error of an answer closes its connection: so a server that is gone looks
/// from outside.
pub(crate) async fn serve<Answer>(
    listener: TcpListener,
    answer: impl Fn(Request<Incoming>) -> Answer + 'static,
) where
    Answer: Future<Output = Result<Response<Body>, Error>> + 'static,
{
    let answer = Rc::new(answer);
    loop {
        // Also while there are too many connections.
        let Ok((connection, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            continue;
        };
        let _ = connection.set_nodelay(true);
        let answer = Rc::clone(&answer);
        let service = service_fn(move |request| answer(request));
        let server = hyper::server::conn::http1::Builder::new();
        tokio::task::spawn_local(async move {
            server.serve_connection(TokioIo::new(connection), service).await
        });
    }
}
