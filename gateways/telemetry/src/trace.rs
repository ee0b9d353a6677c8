//! Trace ids for requests that bring none, and span ids for those that do (W3C Trace Context).

use bancada_kernel::TraceContext;

/// The request's trace with a span of our own, or a new trace.
pub fn continue_or_start(header: Option<&str>) -> TraceContext {
    match header.and_then(TraceContext::parse) {
        Some(parent) => parent.child(rand::random::<u64>().max(1)),
        None => start(),
    }
}

/// A new trace.
pub fn start() -> TraceContext {
    loop {
        // Zero is no id; it is drawn once in 2^64.
        if let Some(trace) = TraceContext::new(rand::random(), rand::random()) {
            return trace;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_continued_under_a_span_of_its_own() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let continued = continue_or_start(Some(header));
        assert_eq!(continued.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(continued.to_string(), header);
        for broken in [None, Some("no trace at all")] {
            assert_ne!(continue_or_start(broken).trace_id(), continued.trace_id());
        }
    }
}
