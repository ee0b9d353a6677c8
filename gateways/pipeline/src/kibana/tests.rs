//! What Kibana is sent. Kibana itself is in no registry that tests could take it from, so this
//! listens in its place, and holds what comes against what its documentation asks for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::error::Server;

/// One request: method and path, the header without which nothing is written, and the body.
type Heard = (String, bool, String);

#[derive(Default)]
struct State {
    version: String,
    heard: Vec<Heard>,
    dashboard: Option<Value>,
    import_fails: bool,
}

/// Listens for as long as the runtime lives.
async fn listen(version: &str) -> (Rest, Arc<Mutex<State>>) {
    let state = State { version: version.to_owned(), ..State::default() };
    let state = Arc::new(Mutex::new(state));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://name:pass@{}", listener.local_addr().unwrap());
    let listening = Arc::clone(&state);
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let state = Arc::clone(&listening);
            let service = service_fn(move |request| answer(Arc::clone(&state), request));
            let server = hyper::server::conn::http1::Builder::new();
            let serving = server.serve_connection(TokioIo::new(connection), service);
            tokio::spawn(serving);
        }
    });
    (Rest::new(Server::Kibana, &address.parse().unwrap(), Duration::ZERO), state)
}

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut state = state.lock().unwrap();
    let what = format!("{} {}", head.method, head.uri);
    assert_eq!(head.headers["authorization"], "Basic bmFtZTpwYXNz", "{what}");
    let (status, said) = match what.as_str() {
        "GET /api/status" => (200, json!({ "version": { "number": state.version } })),
        "GET /api/dashboards/bancada-payments" => match &state.dashboard {
            Some(dashboard) => (200, json!({ "id": "bancada-payments", "data": dashboard })),
            None => (404, json!({ "message": "not found" })),
        },
        "PUT /api/dashboards/bancada-payments" => {
            let mut kept: Value = serde_json::from_slice(&body).unwrap();
            // Kibana fills in what was left out.
            kept["options"] = json!({ "use_margins": true });
            state.dashboard = Some(kept.clone());
            (200, json!({ "id": "bancada-payments", "data": kept }))
        }
        "POST /api/saved_objects/_import?overwrite=true" => {
            let fails = state.import_fails;
            (200, json!({ "success": !fails, "errors": [{ "id": "bancada-payments" }] }))
        }
        _ => (404, json!({ "message": what })),
    };
    let is_marked = head.headers.get("kbn-xsrf").is_some_and(|it| it == "true");
    state.heard.push((what, is_marked, String::from_utf8_lossy(&body).into_owned()));
    let answer = Response::builder().status(status);
    Ok(answer.body(Full::from(said.to_string())).unwrap())
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn versions_are_compared_as_numbers() {
    assert!(major_and_minor("8.19.0").unwrap() < DASHBOARDS_API_SINCE);
    assert!(major_and_minor("9.10.1-SNAPSHOT").unwrap() > DASHBOARDS_API_SINCE);
    assert_eq!(major_and_minor("latest"), None);
}

#[test]
fn a_new_kibana_is_given_the_dashboard_once() {
    run(async {
        let (kibana, state) = listen("9.5.1").await;
        let documents = Documents::embedded();
        assert_eq!(apply(&kibana, &documents).await.unwrap(), Outcome::Created);
        assert_eq!(apply(&kibana, &documents).await.unwrap(), Outcome::Unchanged);
        state.lock().unwrap().dashboard.as_mut().unwrap()["title"] = json!("Mine");
        assert_eq!(apply(&kibana, &documents).await.unwrap(), Outcome::Changed);
        let heard = &state.lock().unwrap().heard;
        let written: Vec<_> = heard.iter().filter(|it| it.0.starts_with("PUT")).collect();
        assert_eq!(written.len(), 2);
        for (what, is_marked, body) in written {
            assert!(is_marked, "{what}");
            assert_eq!(serde_json::from_str::<Value>(body).unwrap(), documents.dashboard);
        }
    });
}

#[test]
fn an_old_kibana_is_given_saved_objects_to_import() {
    run(async {
        let (kibana, state) = listen("8.19.0").await;
        let documents = Documents::embedded();
        assert_eq!(apply(&kibana, &documents).await.unwrap(), Outcome::Imported);
        let (what, is_marked, body) = state.lock().unwrap().heard.last().cloned().unwrap();
        assert!(what.starts_with("POST /api/saved_objects/_import") && is_marked, "{what}");
        assert!(body.contains("name=\"file\"; filename=\"bancada.ndjson\""), "{body}");
        assert!(body.contains(&documents.saved_objects), "{body}");

        state.lock().unwrap().import_fails = true;
        let told = apply(&kibana, &documents).await.unwrap_err().to_string();
        assert!(told.contains("the import of the dashboard") && told.contains("bancada-payments"));
    });
}

#[test]
fn what_is_no_kibana_is_told_so() {
    run(async {
        let (kibana, _) = listen("").await;
        let told = apply(&kibana, &Documents::embedded()).await.unwrap_err().to_string();
        assert!(told.contains("is not Kibana: ") && told.contains("--kibana"), "{told}");
    });
}
