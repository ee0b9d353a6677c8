//! What librdkafka says of itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientContext, Statistics};
use tokio::sync::watch;

use crate::statistics::Counted;
use crate::topic::Topic;

/// librdkafka says so with every attempt to connect.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// Writes connections that come and go as warnings: librdkafka connects again by itself.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Which side this is, in logs.
    side: &'static str,
    were_all_brokers_down: watch::Sender<bool>,
    said_at: Arc<Mutex<Option<Instant>>>,
    /// Why the last error was one.
    reason: Arc<Mutex<String>>,
    counted: Option<Arc<Counted>>,
    /// The topic that it reads.
    read: Option<Topic>,
}

impl Context {
    pub(crate) fn new(side: &'static str) -> Context {
        let were_all_brokers_down = watch::Sender::new(false);
        Context {
            side,
            were_all_brokers_down,
            said_at: Arc::default(),
            reason: Arc::default(),
            counted: None,
            read: None,
        }
    }

    /// The same with metrics.
    pub(crate) fn counted(side: &'static str, counted: Counted) -> Context {
        Context { counted: Some(Arc::new(counted)), ..Context::new(side) }
    }

    /// The same of a consumer: it knows where the topic cannot be read.
    pub(crate) fn reading(side: &'static str, counted: Counted, topic: &Topic) -> Context {
        Context { read: Some(topic.clone()), ..Context::counted(side, counted) }
    }

    /// What librdkafka said of the last error; what the consumer is given has only a code.
    pub(crate) fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there was a moment without any broker.
    pub(crate) fn were_all_brokers_down(&self) -> bool {
        *self.were_all_brokers_down.borrow()
    }

    /// Begins anew: a broker's first address may not be the one at which it answers.
    pub(crate) fn brokers_answer(&self) {
        self.were_all_brokers_down.send_replace(false);
    }

    /// Waits for a moment without any broker, or returns at once if there was one.
    pub(crate) async fn all_brokers_down(&self) {
        // Its sender is this context.
        let _ = self.were_all_brokers_down.subscribe().wait_for(|were_down| *were_down).await;
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

    fn stats(&self, statistics: Statistics) {
        self.counted.iter().for_each(|counted| counted.set(&statistics));
        if let Some(topic) = &self.read
            && let Some(of_topic) = statistics.topics.get(topic.name())
        {
            topic.trouble.look(topic.name(), of_topic, Instant::now());
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if let Some(topic) = &self.read {
            topic.trouble.failed(topic.name(), &error, reason, Instant::now());
        }
        reason.clone_into(&mut self.reason.lock().unwrap_or_else(PoisonError::into_inner));
        let side = self.side;
        match error.rdkafka_error_code() {
            // Said as well for each broker; once is enough.
            Some(RDKafkaErrorCode::AllBrokersDown) => {
                self.were_all_brokers_down.send_replace(true);
                let mut said_at = self.said_at.lock().unwrap_or_else(PoisonError::into_inner);
                if said_at.is_none_or(|said_at| said_at.elapsed() >= SAY_EVERY) {
                    *said_at = Some(Instant::now());
                    tracing::warn!(side, reason, "no kafka broker can be reached, it tries again");
                }
            }
            _ => tracing::debug!(side, %error, reason, "kafka client"),
        }
    }
}

impl ConsumerContext for Context {}
