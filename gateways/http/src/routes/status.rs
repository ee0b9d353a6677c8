//! `/api/status`: what is up, for the landing page.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use bancada_proto::web::SystemStatus;

use crate::answer::json;
use crate::routes::read;

/// Looks at the parts of the system; quick, never blocks.
pub(crate) type Probe = Arc<dyn Fn() -> SystemStatus + Send + Sync>;

pub(crate) fn configure(config: &mut ServiceConfig, probe: Probe) {
    config.app_data(Data::new(probe)).service(read("/api/status", status));
}

async fn status(probe: Data<Probe>) -> HttpResponse {
    json(StatusCode::OK, &probe())
}
