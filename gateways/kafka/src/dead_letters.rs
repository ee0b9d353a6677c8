//! Records of the topic of payments that the statement could not read, on a topic of their own.

use async_trait::async_trait;
use bancada_extrato::ports::{DeadLetterSink, DeadLetterSinkError};
use bancada_extrato::statement::DeadLetter;
use bancada_kernel::CardToken;
use bancada_supervision::Link;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};

use crate::topic::TopicError;
use crate::writer::{Record, RecordWriter, WriteError, write_through};

/// The headers of a dead letter: what is wrong with it, and where it was.
pub(crate) fn headers(why: &str, place: Option<&str>) -> OwnedHeaders {
    let headers =
        OwnedHeaders::new_with_capacity(2).insert(Header { key: "why", value: Some(why) });
    match place {
        Some(place) => headers.insert(Header { key: "place", value: Some(place) }),
        None => headers,
    }
}

/// The statement's port to the topic of dead letters.
#[derive(Clone, Debug)]
pub struct KafkaDeadLetters {
    writer: Link<RecordWriter>,
}

impl KafkaDeadLetters {
    /// Writes through the actor that this link leads to.
    pub fn new(writer: &Link<RecordWriter>) -> KafkaDeadLetters {
        KafkaDeadLetters { writer: writer.clone() }
    }
}

#[async_trait]
impl DeadLetterSink for KafkaDeadLetters {
    async fn put(&self, letter: &DeadLetter) -> Result<(), DeadLetterSinkError> {
        let place = letter.at.map(|at| format!("{}/{}", at.partition, at.offset));
        let record = Record {
            key: letter.card.as_ref().map(CardToken::to_string),
            value: letter.raw.clone(),
            headers: headers(&letter.why, place.as_deref()),
            timestamp: None,
        };
        write_through(&self.writer, record).await.map_err(|error| {
            let said = error.to_string();
            if is_too_large(&error) {
                DeadLetterSinkError::Refused(said)
            } else {
                DeadLetterSinkError::Away(said)
            }
        })
    }
}

/// Whether it is the record: with its headers it may be larger than it was without.
fn is_too_large(error: &WriteError) -> bool {
    let WriteError::Topic(TopicError::Kafka(KafkaError::MessageProduction(code))) = error else {
        return false;
    };
    *code == RDKafkaErrorCode::MessageSizeTooLarge
}
