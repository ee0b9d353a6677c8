//! An HTTP server as an actor: actix-web's workers under the supervision tree.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Supervised};
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request};
use actix_service::{
    IntoServiceFactory as _, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::dev::{AppConfig, Extensions, Server, ServerHandle, ServiceResponse};
use actix_web::error::{InternalError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, QueryConfig, ServiceConfig};
use actix_web::{App, HttpRequest, middleware};
use bancada_checkout::CheckoutHandle;
use bancada_checkout::catalogue::Catalogue;
use bancada_edge::{AllowedHosts, ConnectionLimit};
use bancada_extrato::ExtratoHandle;
use bancada_proto::web::SystemStatus;
use bancada_supervision::{ExitContext as _, SupervisedActor};
use bancada_telemetry::Metrics;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::conversation::BodyInProgress;
use crate::guarded_stream::{GuardedStream, KEEP_ALIVE};
use crate::headers::finish;
use crate::host::refuse_other_hosts;
use crate::last_words;
use crate::problem::ApiError;
use crate::reader::Reader;
use crate::routes::admin::{self, Admin};
use crate::routes::extrato::{self, Stopping};
use crate::routes::{checkout, pages, status};
use crate::site::Site;

/// What is left of a request that was answered early is read for so long, so that the answer is
/// not lost with it.
const LINGER: Duration = Duration::from_secs(2);
/// Seconds that requests in progress have when the server stops.
const DRAIN_SECONDS: u64 = 5;

/// What a listener serves.
#[derive(Clone)]
pub enum Service {
    /// The frontends.
    Pages {
        /// As built.
        site: Arc<Site>,
        /// For its drawings.
        catalogue: Arc<Catalogue>,
        /// What `/api/status` says.
        status: Arc<dyn Fn() -> SystemStatus + Send + Sync>,
    },
    /// The shop's API.
    Checkout(CheckoutHandle),
    /// The statement's API.
    Extrato(ExtratoHandle),
    /// Metrics, probes, tree, chaos.
    Admin(Admin),
}

/// What a server is made of.
#[derive(Clone)]
pub struct HttpServerParts {
    /// Bound before the tree starts, so that a port in use is a clear error of the start.
    pub listener: Arc<TcpListener>,
    /// What it serves.
    pub services: Vec<Service>,
    /// Where requests are counted.
    pub metrics: Metrics,
    /// Threads.
    pub n_workers: usize,
    /// Which hosts it answers to.
    pub allowed_hosts: Arc<AllowedHosts>,
    /// How many connections it has at once.
    pub connections: ConnectionLimit,
}

/// The actor.
pub struct HttpServer {
    parts: HttpServerParts,
    running: Option<ServerHandle>,
    /// Becomes true when the server stops; tells endless answers.
    stopping: watch::Sender<bool>,
}

impl HttpServer {
    /// A server that starts with the actor.
    pub fn new(parts: HttpServerParts) -> HttpServer {
        HttpServer { parts, running: None, stopping: watch::Sender::new(false) }
    }

    fn bind(&self) -> std::io::Result<Server> {
        let parts = self.parts.clone();
        let listener = parts.listener.try_clone()?;
        let stopping = self.stopping.subscribe();
        let builder = Server::build()
            .workers(parts.n_workers)
            .shutdown_timeout(DRAIN_SECONDS)
            .disable_signals();
        let draining = builder.graceful_shutdown_signal();
        let server = builder.listen("http", listener, move || {
            let draining = draining.clone();
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let draining = draining.clone();
                    async move { draining.notified().await }
                })
                .keep_alive(KEEP_ALIVE)
                // The stream has its own deadline, for every head and not only the first.
                .client_request_timeout(Duration::ZERO)
                .client_disconnect_timeout(LINGER)
                .on_connect_ext(|stream: &GuardedStream, data: &mut Extensions| {
                    data.insert(stream.conversation());
                })
                .finish(map_config(app(&parts, &stopping), |()| AppConfig::default()));
            let (connections, metrics) = (parts.connections.clone(), parts.metrics.clone());
            fn_service(move |io: TcpStream| accept(io, connections.clone(), metrics.clone()))
                .and_then(http)
        })?;
        Ok(server.run())
    }
}

/// A connection within the limits; one beyond them is told so and closed.
async fn accept(
    io: TcpStream,
    connections: ConnectionLimit,
    metrics: Metrics,
) -> Result<(GuardedStream, Protocol, Option<SocketAddr>), DispatchError> {
    let peer = io.peer_addr()?;
    let _ = io.set_nodelay(true);
    match connections.take(peer.ip()) {
        Some(permit) => {
            let stream = GuardedStream::new(io, permit, metrics);
            Ok((stream, Protocol::Http1, Some(peer)))
        }
        None => {
            // Its buffer is empty: it takes all of it at once.
            io.writable().await?;
            let _ = io.try_write(&last_words::of(StatusCode::SERVICE_UNAVAILABLE, &metrics));
            Err(DispatchError::Io(io::ErrorKind::ConnectionRefused.into()))
        }
    }
}

fn app(
    parts: &HttpServerParts,
    stopping: &Stopping,
) -> impl ServiceFactory<
    Request,
    Config = AppConfig,
    Response = ServiceResponse<BodyInProgress>,
    Error = actix_web::Error,
    InitError = (),
    Service: actix_service::Service<Request, Future: 'static>,
> + use<> {
    let HttpServerParts { services, metrics, allowed_hosts, .. } = parts.clone();
    let stopping = stopping.clone();
    App::new()
        .app_data(Data::new(metrics))
        .app_data(Data::from(allowed_hosts))
        .app_data(QueryConfig::default().error_handler(query_unreadable))
        .wrap(middleware::from_fn(refuse_other_hosts))
        .wrap(middleware::from_fn(finish))
        .configure(move |config| configure(config, services, &stopping))
        .default_service(web::route().to(pages::elsewhere))
        .into_factory()
}

fn configure(config: &mut ServiceConfig, services: Vec<Service>, stopping: &Stopping) {
    for service in services {
        match service {
            Service::Pages { site, catalogue, status } => {
                status::configure(config, status);
                pages::configure(config, site, catalogue);
            }
            Service::Checkout(handle) => checkout::configure(config, handle),
            Service::Extrato(handle) => extrato::configure(config, handle, stopping.clone()),
            Service::Admin(admin) => admin::configure(config, admin),
        }
    }
}

/// A query that is none, or that says something twice.
fn query_unreadable(error: QueryPayloadError, request: &HttpRequest) -> actix_web::Error {
    let problem = ApiError::bad_request(
        "query_invalid",
        "Os parâmetros do endereço não podem ser lidos; envie cada um só uma vez.",
        "The address's parameters cannot be read; send each of them only once.",
    );
    InternalError::from_response(error, Reader::of(request).problem(&problem)).into()
}

impl Actor for HttpServer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let server = match self.bind() {
            Ok(server) => server,
            Err(error) => {
                ctx.fail(format!("the HTTP server cannot be started: {error}"));
                return;
            }
        };
        self.running = Some(server.handle());
        ctx.spawn(wrap_future::<_, Self>(server).map(|end, actor, ctx| match end {
            Ok(()) if *actor.stopping.borrow() => ctx.stop(),
            Ok(()) => ctx.fail("the HTTP server ended"),
            Err(error) => ctx.fail(format!("the HTTP server failed: {error}")),
        }));
    }
}

impl Supervised for HttpServer {
    fn restarting(&mut self, _: &mut Self::Context) {
        if let Some(server) = self.running.take() {
            // Its future is dropped with the crash; this tells its workers.
            drop(server.stop(false));
        }
    }
}

impl SupervisedActor for HttpServer {
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        self.stopping.send_replace(true);
        match self.running.take() {
            // The end of the server stops the actor.
            Some(server) => drop(ctx.spawn(wrap_future(server.stop(true)))),
            None => ctx.stop(),
        }
    }
}
