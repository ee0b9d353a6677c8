//! What librdkafka says of itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Writes connections that come and go as warnings: librdkafka connects again by itself.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Which side this is, in logs.
    side: &'static str,
    were_all_brokers_down: Arc<AtomicBool>,
}

impl Context {
    pub(crate) fn new(side: &'static str) -> Context {
        Context { side, were_all_brokers_down: Arc::default() }
    }

    /// Whether there was a moment without any broker.
    pub(crate) fn were_all_brokers_down(&self) -> bool {
        self.were_all_brokers_down.load(Ordering::Relaxed)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let side = self.side;
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(side, facility, message, "librdkafka");
            }
            // A connection that fails, once more for each attempt.
            _ if facility == "FAIL" => tracing::debug!(side, facility, message, "librdkafka"),
            RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
                tracing::warn!(side, facility, message, "librdkafka");
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(side, facility, message, "librdkafka");
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let side = self.side;
        match error.rdkafka_error_code() {
            // Said as well for each broker; once is enough.
            Some(RDKafkaErrorCode::AllBrokersDown) => {
                self.were_all_brokers_down.store(true, Ordering::Relaxed);
                tracing::warn!(side, reason, "no kafka broker can be reached, it tries again");
            }
            _ => tracing::debug!(side, %error, reason, "kafka client"),
        }
    }
}

impl ConsumerContext for Context {}
