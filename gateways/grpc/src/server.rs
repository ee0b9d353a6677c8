//! The Bank's gRPC server: an actor that owns a thread with a runtime of its own.

mod authorize_stream;
mod bank;
mod call;
mod card;
pub(crate) mod codebank;
mod feed;
mod gate;
mod incoming;
mod limits;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Supervised};
use bancada_bank::BankHandle;
use bancada_edge::{AllowedHosts, ConnectionLimit};
use bancada_proto::bank::v1::bank_service_server::BankServiceServer;
use bancada_proto::bank::v1::card_service_server::CardServiceServer;
use bancada_proto::bank::v1::event_feed_server::EventFeedServer;
use bancada_proto::codebank::payment_service_server::PaymentServiceServer;
use bancada_supervision::{ExitContext as _, SupervisedActor};
use bancada_telemetry::Metrics;
use tokio::sync::{oneshot, watch};
use tokio::time::MissedTickBehavior;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use gate::Gate;
use incoming::incoming;
use limits::{
    CALLS_PER_CONNECTION, CANCELLED_AHEAD, CONNECTION_WINDOW, KEEPALIVE, KEEPALIVE_WITHIN,
    MAX_BATCH_BYTES, MAX_REQUEST_BYTES, Places, READING_THREADS, STREAM_WINDOW,
};

/// How often readiness is copied into the health service.
const HEALTH_EVERY: Duration = Duration::from_millis(200);

/// What the server is made of.
#[derive(Clone)]
pub struct GrpcServerParts {
    /// Bound before the tree starts, so that a port in use is a clear error of the start.
    pub listener: Arc<TcpListener>,
    /// Whom it serves.
    pub bank: BankHandle,
    /// Where calls are counted.
    pub metrics: Metrics,
    /// Which hosts it answers to.
    pub allowed_hosts: Arc<AllowedHosts>,
    /// How many connections it has at once.
    pub connections: ConnectionLimit,
}

/// The actor.
pub struct GrpcServer {
    parts: GrpcServerParts,
    stop: Option<watch::Sender<bool>>,
}

impl GrpcServer {
    /// A server that starts with the actor.
    pub fn new(parts: GrpcServerParts) -> GrpcServer {
        GrpcServer { parts, stop: None }
    }

    fn start_thread(&mut self) -> io::Result<oneshot::Receiver<Result<(), String>>> {
        let (stop, stopping) = watch::channel(false);
        let (ended, end) = oneshot::channel();
        let parts = self.parts.clone();
        std::thread::Builder::new().name("grpc".to_owned()).spawn(move || {
            // Nobody listens any more when the actor is gone.
            let _ = ended.send(run(parts, stopping));
        })?;
        self.stop = Some(stop);
        Ok(end)
    }
}

impl Actor for GrpcServer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        match self.start_thread() {
            Err(error) => ctx.fail(format!("its thread cannot be started: {error}")),
            Ok(end) => {
                ctx.spawn(wrap_future::<_, Self>(end).map(|end, actor, ctx| match end {
                    Ok(Ok(())) if actor.stop.as_ref().is_some_and(|stop| *stop.borrow()) => {
                        ctx.stop();
                    }
                    Ok(Ok(())) => ctx.fail("the server ended"),
                    Ok(Err(error)) => ctx.fail(error),
                    Err(_) => ctx.fail("the server's thread panicked"),
                }));
            }
        }
    }
}

impl Supervised for GrpcServer {
    fn restarting(&mut self, _: &mut Self::Context) {
        // Dropping the sender stops a thread that is still there.
        self.stop = None;
    }
}

impl SupervisedActor for GrpcServer {
    /// Stops accepting, lets calls in progress end; the thread's end stops the actor.
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        match &self.stop {
            Some(stop) => {
                stop.send_replace(true);
            }
            None => ctx.stop(),
        }
    }
}

fn run(parts: GrpcServerParts, stopping: watch::Receiver<bool>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("grpc-worker")
        .max_blocking_threads(READING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| format!("its runtime cannot be started: {error}"))?;
    let result = runtime.block_on(serve(parts, stopping));
    runtime.shutdown_timeout(Duration::from_secs(1));
    result.map_err(|error| format!("the server failed: {error}"))
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

async fn serve(
    parts: GrpcServerParts,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), BoxError> {
    let GrpcServerParts { listener, bank, metrics, allowed_hosts, connections } = parts;
    let listener = listener.try_clone()?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (reporter, health) = tonic_health::server::health_reporter();
    tokio::spawn(report_health(reporter, bank.clone()));
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(bancada_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // What the details of our statuses are.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    let places = Places::of_server();
    let bank_api = bank::BankApi {
        bank: bank.clone(),
        metrics: metrics.clone(),
        stopping: stopping.clone(),
        places: places.clone(),
    };
    let card_api = card::CardApi { bank: bank.clone(), metrics: metrics.clone() };
    let codebank_api = codebank::CodebankApi { bank: bank.clone(), metrics: metrics.clone() };
    let feed_api = feed::FeedApi { bank, stopping: stopping.clone(), places };
    let routes =
        Routes::new(BankServiceServer::new(bank_api).max_decoding_message_size(MAX_BATCH_BYTES))
            .add_service(
                CardServiceServer::new(card_api).max_decoding_message_size(MAX_REQUEST_BYTES),
            )
            .add_service(
                PaymentServiceServer::new(codebank_api)
                    .max_decoding_message_size(MAX_REQUEST_BYTES),
            )
            .add_service(
                EventFeedServer::new(feed_api).max_decoding_message_size(MAX_REQUEST_BYTES),
            )
            .add_service(health)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?);
    tonic::transport::Server::builder()
        .max_concurrent_streams(CALLS_PER_CONNECTION)
        .http2_max_pending_accept_reset_streams(Some(CANCELLED_AHEAD))
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_WITHIN))
        .serve_with_incoming_shutdown(
            Gate::new(routes, allowed_hosts, metrics),
            incoming(listener, connections),
            async move {
                // An error means that the actor is gone: stop as well.
                let _ = stopping.wait_for(|stopping| *stopping).await;
            },
        )
        .await?;
    Ok(())
}

/// Tells health checkers what `readiness` says, for the whole server and for each service.
async fn report_health(reporter: HealthReporter, bank: BankHandle) {
    let mut ticks = tokio::time::interval(HEALTH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reported = None;
    loop {
        ticks.tick().await;
        let is_ready = bank.readiness().is_ok();
        if reported.replace(is_ready) == Some(is_ready) {
            continue;
        }
        let status = if is_ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in ["", "bank.v1.BankService", "bank.v1.CardService", "payment.PaymentService"]
        {
            reporter.set_service_status(service, status).await;
        }
        reporter.set_service_status("bank.v1.EventFeed", ServingStatus::Serving).await;
    }
}
