//! How much a stranger may make the Bank hold: every number with its reason.
//!
//! A connection costs what its windows and streams hold, a stream what it buffers. All together
//! stay below a gigabyte, whoever asks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Extensions, Status};

use crate::status::too_many_streams;

/// A request is a card and some short texts.
pub(super) const MAX_REQUEST_BYTES: usize = 16 * 1024;
/// A batch of them.
pub(super) const MAX_BATCH_BYTES: usize = 64 * 1024;
/// A call that takes longer is answered, although its payment may still be decided.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Finds peers that vanished without a word.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(20);
/// How long they may take to answer that.
pub(super) const KEEPALIVE_WITHIN: Duration = Duration::from_secs(10);
/// From the connection to the first words of HTTP/2, which clients say at once.
pub(super) const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// Calls on one connection: all that a Bank takes (4,096 in progress), for a shop has one or two.
pub(super) const CALLS_PER_CONNECTION: u32 = 4_096;
/// Calls on all connections: twice what a Bank takes, so that it is the Bank that refuses.
pub(super) const CALLS: usize = 8_192;
/// Calls that were cancelled before they were looked at: as many as there may be. With h2's 20, a
/// burst of cancelled calls ended the connection, and other callers' calls with it.
pub(super) const CANCELLED_AHEAD: usize = CALLS_PER_CONNECTION as usize;

/// Bytes that a connection receives ahead of those who read them. What is held is bounded by the
/// windows of calls and streams, and by their numbers; this one is large because h2 takes small
/// frames beyond a part of it for an attack, and ends the connection: 256 bytes for each of all
/// calls at once, twice.
pub(super) const CONNECTION_WINDOW: u32 = 2 * 256 * CALLS_PER_CONNECTION;
/// The same for one call: a batch.
pub(super) const STREAM_WINDOW: u32 = 64 * 1024;

/// Feeds on one connection: two followers of a Bank with 64 shards.
const FEEDS_PER_CONNECTION: usize = 128;
/// Feeds on all. One that nobody reads holds some 280 KiB.
const FEEDS: usize = 256;
/// Authorization streams on one connection; a shop has one.
const STREAMS_PER_CONNECTION: usize = 64;
/// Authorization streams on all. One that is idle holds some 80 KiB.
const STREAMS: usize = 1_024;
/// Streams of the standard services (health, reflection) on all connections: probes and people.
pub(super) const STANDARD_STREAMS: usize = 256;

/// Threads that read the journal's past for feeds and questions. More of them wait.
pub(super) const READING_THREADS: usize = 16;

/// Places for what goes on without an end.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    feeds: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// A place; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Place {
    _all: OwnedSemaphorePermit,
    /// Absent where the server is not behind one of our listeners.
    _connection: Option<OwnedSemaphorePermit>,
}

impl Places {
    pub(crate) fn of_server() -> Places {
        Places { feeds: semaphore(FEEDS), streams: semaphore(STREAMS) }
    }

    pub(crate) fn of_connection() -> Places {
        Places {
            feeds: semaphore(FEEDS_PER_CONNECTION),
            streams: semaphore(STREAMS_PER_CONNECTION),
        }
    }

    /// A place for a feed of the connection that this call came by.
    pub(crate) fn take_feed(&self, call: &Extensions) -> Result<Place, Status> {
        take(&self.feeds, call.get::<Places>().map(|places| &places.feeds))
    }

    /// A place for an authorization stream of the connection that this call came by.
    pub(crate) fn take_stream(&self, call: &Extensions) -> Result<Place, Status> {
        take(&self.streams, call.get::<Places>().map(|places| &places.streams))
    }
}

fn semaphore(places: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places))
}

fn take(all: &Arc<Semaphore>, connection: Option<&Arc<Semaphore>>) -> Result<Place, Status> {
    let place =
        |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_owned().map_err(|_| too_many_streams());
    Ok(Place { _connection: connection.map(place).transpose()?, _all: place(all)? })
}
