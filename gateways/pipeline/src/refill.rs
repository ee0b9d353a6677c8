//! Filling an index from the Bank's past, without Kafka: one that was deleted, or has holes.

use std::collections::HashMap;
use std::time::Duration;

use bancada_kernel::PaymentEvent;

use crate::HttpAddress;
use crate::document::{changes_payment, write};
use crate::documents::Documents;
use crate::elasticsearch;
use crate::error::{PipelineError, Server};
use crate::rest::Rest;

/// Documents that are written at once.
const BULK: usize = 1_000;

/// An index that is being filled. Kafka Connect may go on writing meanwhile: the version of a
/// document is its event's position for both.
pub struct Refill {
    elasticsearch: Rest,
    /// How many documents were not there, or older than the Bank's past.
    pub n_written: u64,
}

impl Refill {
    /// Makes the index where there is none.
    ///
    /// # Errors
    /// When Elasticsearch cannot be asked, or has an index with other fields.
    pub async fn begin(address: &HttpAddress, within: Duration) -> Result<Refill, PipelineError> {
        let rest = Rest::new(Server::Elasticsearch, address, within);
        elasticsearch::meet(&rest).await?;
        let documents = Documents::embedded();
        elasticsearch::apply_lifecycle(&rest, &documents).await?;
        elasticsearch::apply_template(&rest, &documents).await?;
        elasticsearch::apply_index(&rest, &documents).await?;
        Ok(Refill { elasticsearch: rest, n_written: 0 })
    }

    /// Writes what comes next of the Bank's past.
    ///
    /// # Errors
    /// When Elasticsearch cannot be asked, or refuses a document.
    pub async fn write(&mut self, events: &[PaymentEvent]) -> Result<(), PipelineError> {
        let mut last = HashMap::new();
        for event in events.iter().filter(|event| changes_payment(event)) {
            last.insert(event.transaction_id, event);
        }
        let last: Vec<_> = last.into_values().collect();
        for bulk in last.chunks(BULK) {
            self.n_written += write(&self.elasticsearch, bulk).await?;
        }
        Ok(())
    }
}
