//! HTTP listeners as children of the tree.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bancada_http::{Admin, HttpServer, HttpServerParts, Service, Site};
use bancada_supervision::ChildSpec;

use crate::doors::Doors;
use crate::surroundings::RealSurroundings;

/// Longer than a server's own drain.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(7);

/// A listener for browsers.
pub(crate) fn pages(
    listener: &Arc<TcpListener>,
    services: Vec<Service>,
    doors: &Doors,
    surroundings: &RealSurroundings,
) -> ChildSpec<HttpServer> {
    let parts = HttpServerParts {
        listener: Arc::clone(listener),
        services,
        metrics: surroundings.metrics.clone(),
        n_workers: 2,
        allowed_hosts: Arc::clone(&doors.allowed_hosts),
        connections: doors.for_clients(),
    };
    server("http", parts)
}

/// A listener for operators.
pub(crate) fn admin(
    listener: &Arc<TcpListener>,
    admin: Admin,
    doors: &Doors,
    surroundings: &RealSurroundings,
) -> ChildSpec<HttpServer> {
    let parts = HttpServerParts {
        listener: Arc::clone(listener),
        services: vec![Service::Admin(admin)],
        metrics: surroundings.metrics.clone(),
        n_workers: 1,
        allowed_hosts: Arc::clone(&doors.allowed_hosts),
        connections: doors.for_admin(),
    };
    server("admin", parts)
}

fn server(id: &str, parts: HttpServerParts) -> ChildSpec<HttpServer> {
    ChildSpec::permanent(id, move |_| HttpServer::new(parts.clone()))
        .shutdown_within(SHUTDOWN_WITHIN)
}

/// The built pages; without them the APIs work all the same, and the pages say what to do.
pub(crate) fn site(folder: &Path) -> Arc<Site> {
    match Site::read(folder) {
        Ok(site) => Arc::new(site),
        Err(error) => {
            tracing::warn!(%error, "no web pages are served");
            Arc::default()
        }
    }
}
