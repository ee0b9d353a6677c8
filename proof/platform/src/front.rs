//! A stand-in for one question, and nothing else: the Elasticsearch that can be had from Maven
//! Central is a build for tests without the module that answers `GET /`, which Confluent's
//! connector asks first. This stands before it, answers that one as the full build would, and
//! passes everything else on, unchanged.

use std::net::SocketAddr;

use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Error;
use tokio::net::TcpListener;

use crate::forward::{Body, Doors, Forward, serve};

/// In what an older client asks of a newer server, and wants to read in the answer.
const COMPATIBLE: &str = "compatible-with=";
const WHO: &str = r#"{"name":"bancada","cluster_name":"bancada","cluster_uuid":"bancada",
"version":{"number":"8.19.0","build_flavor":"default","build_type":"zip","build_hash":"0",
"build_date":"2025-07-23T22:10:18.138215839Z","build_snapshot":false,"lucene_version":"9.12.2",
"minimum_wire_compatibility_version":"7.17.0","minimum_index_compatibility_version":"7.0.0"},
"tagline":"You Know, for Search"}"#;

/// Serves for ever, before an Elasticsearch that may come and go.
pub(crate) async fn stand_before(behind: SocketAddr, doors: Doors, listener: TcpListener) {
    let forward = Forward::new();
    serve(listener, doors, move |request| answer(forward.clone(), behind, request)).await;
}

async fn answer(
    forward: Forward,
    behind: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Error> {
    let asks_who =
        request.uri().path() == "/" && [Method::GET, Method::HEAD].contains(request.method());
    if !asks_who {
        return Ok(forward.pass(behind, request).await?.map(Either::Left));
    }
    let accept = request.headers().get(ACCEPT).cloned();
    // Of a server that is not there nothing is told: it is asked something that it can answer.
    forward.pass_to(behind, "/_cluster/health", request).await?;
    Ok(who(accept.as_ref()))
}

fn who(accept: Option<&HeaderValue>) -> Response<Body> {
    let compatible = accept.filter(|it| it.to_str().is_ok_and(|it| it.contains(COMPATIBLE)));
    let json = HeaderValue::from_static("application/json");
    let mut answer = Response::new(Either::Right(Full::from(WHO)));
    answer.headers_mut().insert(CONTENT_TYPE, compatible.cloned().unwrap_or(json));
    answer.headers_mut().insert("x-elastic-product", HeaderValue::from_static("Elasticsearch"));
    answer
}
