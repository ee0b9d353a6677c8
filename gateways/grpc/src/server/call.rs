//! What every call has: a trace, and a place in the metrics.

use std::future::Future;
use std::time::Instant;

use bancada_kernel::TraceContext;
use bancada_telemetry::{Metrics, trace};
use tonic::{Code, Request, Response, Status};

/// The call's trace, from its metadata, or a new one.
pub(crate) fn trace_of<T>(request: &Request<T>) -> TraceContext {
    let header = request.metadata().get("traceparent").and_then(|value| value.to_str().ok());
    trace::continue_or_start(header)
}

/// Serves a call and counts it under `method`, e.g. `BankService/Authorize`.
pub(crate) async fn metered<T>(
    metrics: &Metrics,
    method: &str,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<Response<T>, Status> {
    let started = Instant::now();
    let result = call.await;
    let code = result.as_ref().map_or_else(Status::code, |_| Code::Ok);
    metrics.grpc_answered("server", method, &format!("{code:?}"), started.elapsed());
    if let Err(status) = &result
        && matches!(code, Code::Unknown | Code::Internal | Code::DataLoss)
    {
        tracing::warn!(method, ?code, message = status.message(), "call failed");
    }
    result
}
