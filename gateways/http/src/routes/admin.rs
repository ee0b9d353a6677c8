//! The admin listener: metrics, probes, the supervision tree, and chaos where it is allowed.

mod dead_letters;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use bancada_extrato::ExtratoHandle;
use bancada_supervision::{CommandError, TreeHandle};
use bancada_telemetry::Metrics;
use serde::{Deserialize, Serialize};

use crate::answer::json;
use crate::problem::{ApiError, not_ready};
use crate::reader::Reader;
use crate::routes::{read, reading, takes};

/// A root that has not beaten for so long is not alive.
const LIVE_WITHIN: Duration = Duration::from_secs(15);
/// A child that is not there for longer is nothing that a test waits for, and a clock that counts
/// centuries overflows.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// How long a child may take to accept a chaos command.
const COMMAND_WITHIN: Duration = Duration::from_secs(5);

/// One thing that is looked at before traffic is sent here.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What is looked at.
    pub name: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// Whether no traffic must come while it is not. Others are for somebody to mend meanwhile.
    pub is_vital: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A topic, a partition and an offset to pass over; or why not.
pub type SetAside = Arc<dyn Fn(&str, i32, i64) -> Result<(), String> + Send + Sync>;

/// What the admin listener shows and commands.
#[derive(Clone)]
pub struct Admin {
    /// The process's tree, as soon as it has started: this listener is a part of it.
    pub tree: Arc<OnceLock<TreeHandle>>,
    /// The process's metrics.
    pub metrics: Metrics,
    /// The statement, where it is in this process.
    pub statement: Option<ExtratoHandle>,
    /// Copies what is only known elsewhere into the metrics; called before each scrape.
    pub refresh: Arc<dyn Fn() + Send + Sync>,
    /// Lets the consumer of a topic, by its name, pass over the records at a partition and an
    /// offset that it cannot read; or says why not. Where this process reads topics.
    pub set_aside: Option<SetAside>,
    /// Looks whether the process is ready.
    pub readiness: Arc<dyn Fn() -> Vec<Check> + Send + Sync>,
}

pub(crate) fn configure(config: &mut ServiceConfig, admin: Admin) {
    config
        .app_data(Data::new(admin))
        .service(read("/metrics", metrics))
        .service(read("/livez", livez))
        .service(read("/readyz", readyz))
        .service(read("/tree", tree))
        .service(read("/dead-letters", dead_letters::list))
        .service(
            takes("/dead-letters/{id}/replay", "POST").route(web::post().to(dead_letters::replay)),
        )
        .service(
            takes("/dead-letters/set-aside/{topic}/{partition}/{offset}", "POST")
                .route(web::post().to(dead_letters::set_aside)),
        )
        .service(
            takes("/dead-letters/{id}", "GET, HEAD, DELETE")
                .route(web::delete().to(dead_letters::discard))
                .route(reading().to(dead_letters::show)),
        )
        .service(takes("/chaos/crash/{child:.*}", "POST").route(web::post().to(crash)))
        .service(takes("/chaos/pause/{child:.*}", "POST").route(web::post().to(pause)));
}

async fn metrics(admin: Data<Admin>) -> HttpResponse {
    (admin.refresh)();
    let nodes = admin.tree.get().map(|tree| tree.snapshot().nodes).unwrap_or_default();
    for node in nodes {
        if let Some(count) = node.in_flight {
            admin.metrics.set_in_flight(&node.path, count);
        }
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(admin.metrics.text())
}

/// Alive as long as the root supervisor beats. Never looks at anything outside the process.
async fn livez(admin: Data<Admin>) -> HttpResponse {
    // A tree that is being started has its first beat before it.
    if admin.tree.get().is_none_or(|tree| tree.since_last_beat() < LIVE_WITHIN) {
        HttpResponse::Ok().body("ok\n")
    } else {
        HttpResponse::ServiceUnavailable().body("the supervision tree does not respond\n")
    }
}

async fn readyz(request: HttpRequest, admin: Data<Admin>) -> HttpResponse {
    let checks = (admin.readiness)();
    let ok = checks.iter().all(|check| check.ok || !check.is_vital);
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let is_verbose = request.query_string().split('&').any(|part| part.starts_with("verbose"));
    if !is_verbose {
        return HttpResponse::build(status).body(if ok { "ok\n" } else { "not ready\n" });
    }
    let lines = checks.iter().map(|check| {
        let sign = if check.ok { '+' } else { '-' };
        let detail = check.detail.as_deref().unwrap_or(if check.ok { "ok" } else { "not ready" });
        format!("[{sign}] {}: {detail}\n", check.name)
    });
    HttpResponse::build(status).body(lines.collect::<String>())
}

async fn tree(reader: Reader, admin: Data<Admin>) -> HttpResponse {
    reader.answer(started(&admin).map(|tree| json(StatusCode::OK, &tree.snapshot())))
}

fn started(admin: &Admin) -> Result<&TreeHandle, ApiError> {
    admin.tree.get().ok_or_else(not_ready)
}

async fn crash(
    reader: Reader,
    request: HttpRequest,
    child: Path<String>,
    admin: Data<Admin>,
) -> HttpResponse {
    let crashing = async {
        refuse_other_sites(&request)?;
        let taken = tokio::time::timeout(COMMAND_WITHIN, started(&admin)?.crash(&child)).await;
        command_result(taken)?;
        tracing::warn!(child = child.as_str(), "crashed by a chaos command");
        Ok(HttpResponse::NoContent().finish())
    };
    reader.answer(crashing.await)
}

#[derive(Deserialize)]
struct PauseQuery {
    r#for: Option<String>,
}

async fn pause(
    reader: Reader,
    request: HttpRequest,
    child: Path<String>,
    query: Query<PauseQuery>,
    admin: Data<Admin>,
) -> HttpResponse {
    let pausing = async {
        refuse_other_sites(&request)?;
        let duration = query.r#for.as_deref().and_then(|text| humantime::parse_duration(text).ok());
        let duration = duration.filter(|it| *it <= LONGEST_PAUSE).ok_or_else(|| {
            ApiError::bad_request(
                "duration_invalid",
                "Diga por quanto tempo, por exemplo ?for=2s; no máximo 1h.",
                "Say for how long, for example ?for=2s; 1h at most.",
            )
            .at("for")
        })?;
        let taken =
            tokio::time::timeout(COMMAND_WITHIN, started(&admin)?.pause(&child, duration)).await;
        command_result(taken)?;
        tracing::warn!(child = child.as_str(), ?duration, "paused by a chaos command");
        Ok(HttpResponse::NoContent().finish())
    };
    reader.answer(pausing.await)
}

/// A page of another site must not be able to break things through its visitor's browser.
fn refuse_other_sites(request: &HttpRequest) -> Result<(), ApiError> {
    let site = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let is_ours = matches!(site, None | Some("same-origin" | "none"));
    let has_origin = site.is_none() && request.headers().contains_key("origin");
    if is_ours && !has_origin {
        return Ok(());
    }
    Err(ApiError::new(
        403,
        "cross_site",
        ["Proibido", "Forbidden"],
        "Este comando não é aceito de outro site.",
        "This command is not taken from another site.",
    ))
}

fn command_result(
    taken: Result<Result<(), CommandError>, tokio::time::error::Elapsed>,
) -> Result<(), ApiError> {
    let error = match taken {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(_) => {
            return Err(ApiError::unavailable(
                "child_blocked",
                "O ator não aceitou o comando a tempo.",
                "The actor did not take the command in time.",
            ));
        }
    };
    let text = error.to_string();
    Err(match error {
        CommandError::ChaosDisabled => ApiError::new(
            403,
            "chaos_disabled",
            ["Proibido", "Forbidden"],
            "Comandos de caos não estão ligados; inicie com --chaos.",
            "Chaos commands are not enabled; start with --chaos.",
        ),
        CommandError::UnknownPath { .. } => ApiError::not_found("child_unknown", &text, &text),
        CommandError::NotAnActor(_) => ApiError::invalid("not_an_actor", &text, &text),
        CommandError::NotRunning(_) => {
            ApiError::new(409, "child_not_running", ["Conflito", "Conflict"], text.clone(), text)
        }
    })
}
