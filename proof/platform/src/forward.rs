//! Passing HTTP requests on.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bancada_edge::{AllowedHosts, ConnectionLimit, HostName, Shares, raise_descriptor_limit};
use http_body_util::{BodyExt as _, Either, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;

/// After a connection that could not be taken.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// From the connection, or from the answer before, to the end of a head. Browsers keep a silent
/// connection as long, and open another one when they need it.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Who is let in.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) allowed_hosts: Rc<AllowedHosts>,
    pub(crate) connections: ConnectionLimit,
    /// How long a head may take.
    pub(crate) head_within: Duration,
}

impl Doors {
    /// For one of `n_listeners` of this process.
    pub(crate) fn new(names: &[HostName], n_listeners: usize) -> Doors {
        let shares = Shares::of(raise_descriptor_limit(), n_listeners);
        Doors {
            allowed_hosts: Rc::new(AllowedHosts::new(names.iter().cloned())),
            // Each of them has another to whom it is passed on.
            connections: ConnectionLimit::new(shares.clients / 2, None),
            head_within: HEAD_WITHIN,
        }
    }
}

/// Whether a request is for us: see [`AllowedHosts`].
fn admits(hosts: &AllowedHosts, request: &Request<Incoming>) -> bool {
    let said = request.headers().get_all(HOST).iter().map(|it| it.to_str().unwrap_or_default());
    let target = request.uri().authority().map(|authority| authority.as_str());
    said.chain(target).all(|host| hosts.admits(host))
}

/// RFC 9457, as the services themselves would say it.
fn misdirected() -> Response<Body> {
    let problem = json!({
        "type": "urn:bancada:problem:host_not_allowed",
        "title": "Misdirected request",
        "status": 421,
        "code": "host_not_allowed",
        "detail": "This server does not answer to this name. Use localhost, an IP address, or a \
                   name that was given with --allowed-host.",
    });
    let mut answer = Response::new(Either::Right(Full::from(problem.to_string())));
    *answer.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    let kind = HeaderValue::from_static("application/problem+json");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

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
    doors: Doors,
    answer: impl Fn(Request<Incoming>) -> Answer + 'static,
) where
    Answer: Future<Output = Result<Response<Body>, Error>> + 'static,
{
    let answer = Rc::new(answer);
    loop {
        // Also while there are too many connections.
        let Ok((connection, peer)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            continue;
        };
        // One too many is closed at once.
        let Some(permit) = doors.connections.take(peer.ip()) else { continue };
        let _ = connection.set_nodelay(true);
        let (answer, hosts) = (Rc::clone(&answer), Rc::clone(&doors.allowed_hosts));
        let service = service_fn(move |request| {
            let answered = admits(&hosts, &request).then(|| answer(request));
            async move {
                match answered {
                    Some(answer) => answer.await,
                    None => Ok(misdirected()),
                }
            }
        });
        let mut server = hyper::server::conn::http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(doors.head_within);
        tokio::task::spawn_local(async move {
            let served = server.serve_connection(TokioIo::new(connection), service).await;
            drop(permit);
            served
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    /// What a server that answers everything with "well" says to these bytes, until it closes.
    fn said_to(request: &str) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let names = ["shop.example".parse().unwrap()];
            let doors = Doors { head_within: Duration::from_millis(200), ..Doors::new(&names, 1) };
            tokio::task::spawn_local(serve(listener, doors, |_| async {
                Ok(Response::new(Either::Right(Full::from("well"))))
            }));
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(request.as_bytes()).await.unwrap();
            let mut said = String::new();
            let closed = connection.read_to_string(&mut said);
            let closed = tokio::time::timeout(Duration::from_secs(10), closed).await;
            closed.expect("it is never closed").unwrap();
            said
        })
    }

    fn asked(host: &str) -> String {
        said_to(&format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    }

    #[test]
    fn only_names_of_ours_are_passed_on() {
        for host in ["localhost:8080", "127.0.0.1", "192.0.2.7", "[::1]:8080", "shop.example"] {
            assert!(asked(host).ends_with("well"), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", ""] {
            let said = asked(host);
            assert!(said.starts_with("HTTP/1.1 421 "), "{host}: {said}");
            assert!(said.contains("host_not_allowed"), "{host}: {said}");
        }
    }

    #[test]
    fn a_head_that_does_not_come_closes_the_connection() {
        for head in ["", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
            let said = said_to(head);
            assert!(!said.contains("well"), "{said}");
        }
    }
}
