//! Records that a consumer cannot get past, and that somebody tells it to pass over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bancada_event_record::{Place, Unreadable};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;

use crate::context::Context;
use crate::past::TopicPast;
use crate::topic::{ANSWER_WITHIN, Topic};

/// The places that the consumer was told to pass over and has not passed yet. Its clones know the
/// same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<Place>>>);

impl Asked {
    fn lock(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The consumer of this process does not stand at the place that it was told to pass over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the consumer of {topic} in this process does not stand at {place}: {stands}")]
pub struct NotStuck {
    topic: String,
    place: String,
    stands: String,
}

impl Topic {
    /// Tells the consumer of this process to go on behind the records that begin at this place and
    /// that it cannot read. Those in a row become one dead letter, with their place.
    ///
    /// # Errors
    /// When it does not stand there: nothing that can be read is passed over.
    pub fn set_aside(&self, place: Place) -> Result<(), NotStuck> {
        let stuck = self.trouble.places();
        if !stuck.contains(&place) {
            let stuck: Vec<_> = stuck.into_iter().map(in_words).collect();
            let stands = match stuck.is_empty() {
                true => "it stands nowhere".to_owned(),
                false => format!("it stands at {}", stuck.join(", ")),
            };
            let (topic, place) = (self.name().to_owned(), in_words(place));
            return Err(NotStuck { topic, place, stands });
        }
        let mut asked = self.asked.lock();
        if !asked.contains(&place) {
            asked.push(place);
        }
        Ok(())
    }

    /// Lets the consumer pass over a place, if it was told to; the records that it has passed.
    /// Called by the thread that reads.
    pub(crate) fn pass_over(&self, consumer: &BaseConsumer<Context>) -> Option<Unreadable> {
        let place = self.asked.lock().pop()?;
        let (topic, partition, offset) = (self.name(), place.0, place.1);
        match self.seek_behind(consumer, place) {
            Ok(Some(passed)) => {
                let last = passed.last.1;
                tracing::warn!(topic, partition, offset, last, "records are put aside unread");
                self.trouble.read(topic, partition, last);
                Some(passed)
            }
            Ok(None) => {
                tracing::info!(topic, partition, offset, "the record can be read, and is");
                None
            }
            Err(error) => {
                tracing::warn!(topic, partition, offset, %error, "records are not put aside");
                None
            }
        }
    }

    fn seek_behind(
        &self,
        consumer: &BaseConsumer<Context>,
        place: Place,
    ) -> Result<Option<Unreadable>, KafkaError> {
        // Since somebody asked, they may have been mended and read.
        if !self.trouble.places().contains(&place) {
            return Ok(None);
        }
        let unreadable = TopicPast::from(self.clone(), place.0, place.1).unreadable_now()?;
        if let Some(Unreadable { last, .. }) = &unreadable {
            consumer.seek(self.name(), place.0, Offset::Offset(last.1 + 1), ANSWER_WITHIN)?;
        }
        Ok(unreadable)
    }
}

/// Why records that were passed over are a dead letter.
pub(crate) fn why(passed: &Unreadable) -> String {
    let (Place(partition, first), Place(_, last)) = (passed.first, passed.last);
    let why = &passed.why;
    format!("offsets {first} to {last} of partition {partition} cannot be read: {why}")
}

/// As places are written where somebody types them.
fn in_words(Place(partition, offset): Place) -> String {
    format!("{partition}/{offset}")
}
