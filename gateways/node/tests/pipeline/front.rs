//! A stand-in for one question, and nothing else: the Elasticsearch that can be had from Maven
//! Central is a build for tests without the module that answers `GET /`, which Confluent's
//! connector asks first. This stands before it, answers that one as the full build would, and
//! passes everything else on, unchanged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// In what an older client asks of a newer server, and wants to read in the answer.
const COMPATIBLE: &str = "compatible-with=";
const WHO: &str = r#"{"name":"node","cluster_name":"tests","cluster_uuid":"tests","version":{
"number":"8.19.0","build_flavor":"default","build_type":"zip","build_hash":"0","build_date":
"2025-07-23T22:10:18.138215839Z","build_snapshot":false,"lucene_version":"9.12.2",
"minimum_wire_compatibility_version":"7.17.0","minimum_index_compatibility_version":"7.0.0"},
"tagline":"You Know, for Search"}"#;

type Body = Either<Incoming, Full<Bytes>>;

/// Serves until it is dropped.
pub(crate) struct Front {
    port: u16,
    n_unanswered: Arc<AtomicU32>,
    _runtime: Runtime,
}

impl Front {
    /// In front of an Elasticsearch at `HOST:PORT`, which may come and go.
    pub(crate) fn start(behind: String) -> Front {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let n_unanswered = Arc::new(AtomicU32::new(0));
        runtime.spawn(serve(listener, Arc::from(behind), Arc::clone(&n_unanswered)));
        Front { port, n_unanswered, _runtime: runtime }
    }

    /// Does not answer so many of the next requests to write.
    pub(crate) fn leave_unanswered(&self, n: u32) {
        self.n_unanswered.store(n, Ordering::Relaxed);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn serve(listener: TcpListener, behind: Arc<str>, n_unanswered: Arc<AtomicU32>) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        let (client, behind) = (client.clone(), Arc::clone(&behind));
        let n_unanswered = Arc::clone(&n_unanswered);
        let service = service_fn(move |request: Request<Incoming>| {
            let (client, behind) = (client.clone(), Arc::clone(&behind));
            let is_write = request.uri().path().ends_with("/_bulk");
            let one_less = |n: u32| n.checked_sub(1).filter(|_| is_write);
            let order = Ordering::Relaxed;
            let is_left = n_unanswered.fetch_update(order, order, one_less).is_ok();
            async move {
                if is_left {
                    std::future::pending::<()>().await;
                }
                pass(client, behind, request).await
            }
        });
        let server = hyper::server::conn::http1::Builder::new();
        // An error closes the connection: so a server that is gone looks from outside.
        tokio::spawn(
            async move { server.serve_connection(TokioIo::new(connection), service).await },
        );
    }
}

async fn pass(
    client: Client<HttpConnector, Incoming>,
    behind: Arc<str>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, hyper_util::client::legacy::Error> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let asks_who = path == "/" && [Method::GET, Method::HEAD].contains(request.method());
    let accept = request.headers().get(ACCEPT).cloned();
    // Of a server that is not there nothing is told: it is asked something that it can answer.
    let path = if asks_who { "/_cluster/health" } else { &path };
    *request.uri_mut() = Uri::try_from(format!("http://{behind}{path}")).unwrap();
    let answer = client.request(request).await?;
    Ok(if asks_who { who(accept.as_ref()) } else { answer.map(Either::Left) })
}

fn who(accept: Option<&HeaderValue>) -> Response<Body> {
    let compatible = accept.filter(|it| it.to_str().is_ok_and(|it| it.contains(COMPATIBLE)));
    let json = HeaderValue::from_static("application/json");
    let mut answer = Response::new(Either::Right(Full::from(WHO)));
    answer.headers_mut().insert(CONTENT_TYPE, compatible.cloned().unwrap_or(json));
    answer.headers_mut().insert("x-elastic-product", HeaderValue::from_static("Elasticsearch"));
    answer
}
