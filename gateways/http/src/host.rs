//! Requests for other hosts than ours.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Version, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use bancada_edge::AllowedHosts;

use crate::problem::ApiError;
use crate::reader::Reader;

/// Passes on what was meant for us, and refuses the rest before anybody looks at it.
pub(crate) async fn refuse_other_hosts(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match judge(&request) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(problem) => {
            let answer = Reader::of(request.request()).problem(&problem);
            Ok(request.into_response(answer))
        }
    }
}

fn judge(request: &ServiceRequest) -> Result<(), ApiError> {
    let mut hosts = request.headers().get_all(header::HOST);
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.to_str().map_err(|_| ApiError::host_invalid())?),
        // Before HTTP/1.1 nobody had to say it, and no browser is as old.
        (None, _) if request.version() < Version::HTTP_11 => None,
        // RFC 9112, 3.2.
        _ => return Err(ApiError::host_invalid()),
    };
    let allowed = request.app_data::<Data<AllowedHosts>>();
    let admits = |host: &str| allowed.is_some_and(|allowed| allowed.admits(host));
    // A request's target may name a host as well, and then counts before the header.
    let target = request.uri().authority().map(|authority| authority.as_str());
    if host.into_iter().chain(target).all(admits) { Ok(()) } else { Err(ApiError::misdirected()) }
}
