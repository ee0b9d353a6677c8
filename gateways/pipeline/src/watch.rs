//! Watching the connector: Kafka Connect never starts a task again that has failed, and some stand
//! still for ever without failing.

use std::fmt;
use std::time::{Duration, Instant};

use bancada_event_record::Place;

use crate::aside::{last_foreign, set_aside};
use crate::documents::CONNECTOR_NAME;
use crate::error::{PipelineError, Server};
use crate::lag::{Lag, Standing, lag, standing_still, standings};
use crate::rest::Rest;
use crate::{Servers, connect, elasticsearch};

/// Kafka Connect tells and does nothing while its workers divide their work.
const REBALANCES_WITHIN: Duration = Duration::from_secs(30);

/// How often it is looked, and what is too long.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Between two looks.
    pub every: Duration,
    /// How long records may wait, with Elasticsearch there, and none be committed. More than
    /// Kafka Connect's `offset.flush.interval.ms`.
    pub stalled_after: Duration,
}

/// Why tasks were started again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restarted {
    /// They had failed, for this reason.
    Failed(String),
    /// They had committed nothing, though so many records waited.
    Stalled(u64),
    /// They were started again twice at the same places: partitions, and the first offsets that
    /// are not committed.
    Stuck(Vec<Place>),
    /// The Bank cannot have written what was there: these records became dead letters.
    SetAside(Vec<Place>),
    /// That could not be done, for this reason; it is tried again.
    NotSetAside(String),
}

impl fmt::Display for Restarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Restarted::Failed(why) => write!(f, "tasks had failed, started again: {why}"),
            Restarted::Stalled(n) => {
                write!(f, "tasks stood still with {n} records, started again")
            }
            Restarted::Stuck(places) => {
                write!(f, "tasks were started again twice, and get no further than ")?;
                list(f, places)
            }
            Restarted::SetAside(places) => {
                write!(f, "put aside as dead letters: ")?;
                list(f, places)
            }
            Restarted::NotSetAside(why) => write!(f, "a record cannot be put aside now: {why}"),
        }
    }
}

/// As `bancada pipeline set-aside` takes them.
fn list(f: &mut fmt::Formatter<'_>, places: &[Place]) -> fmt::Result {
    for (n, Place(partition, offset)) in places.iter().enumerate() {
        write!(f, "{}{partition}/{offset}", if n > 0 { ", " } else { "" })?;
    }
    Ok(())
}

/// Looks for ever, and tells what was started again. Who does not answer is asked again later.
///
/// A task whose requests failed for long waits ever longer for the next one, up to a day, also
/// when Elasticsearch is back; in the eyes of Kafka Connect it runs. To start a task again is safe
/// at any time: it goes on at what it has committed, and documents know their version.
pub async fn watch(servers: &Servers, watch: Watch, mut on_restart: impl FnMut(&Restarted)) -> ! {
    let mut stall = Stall::default();
    let mut restarted_at = Vec::new();
    loop {
        tokio::time::sleep(watch.every).await;
        match look(servers, watch, &mut stall).await {
            Ok(Some(restarted)) => {
                stall = Stall::default();
                on_restart(&restarted);
                // Who does not answer now is asked at the next restart.
                let Ok(now) = standings(&servers.kafka).await else { continue };
                let stuck = standing_still(&restarted_at, &now);
                restarted_at = now;
                if !stuck.is_empty() {
                    let places = stuck.iter().map(|it| Place(it.partition, it.next)).collect();
                    on_restart(&Restarted::Stuck(places));
                    put_foreign_aside(servers, &stuck, &mut on_restart).await;
                }
            }
            Ok(None) => {}
            Err(error) => {
                // Nobody stands still for want of somebody who is not there.
                stall = Stall::default();
                tracing::debug!(%error, "the pipeline cannot be looked at");
            }
        }
    }
}

/// What foreigners have written is no reason to stand still for ever; what the Bank has written is
/// for people to look at.
async fn put_foreign_aside(
    servers: &Servers,
    stuck: &[Standing],
    on_restart: &mut impl FnMut(&Restarted),
) {
    let patient = Servers { within: REBALANCES_WITHIN, ..servers.clone() };
    for standing in stuck {
        let put = async {
            match last_foreign(&patient, standing).await? {
                Some(place) => set_aside(&patient, place).await,
                None => Ok(Vec::new()),
            }
        };
        match put.await {
            Ok(places) if places.is_empty() => {}
            Ok(places) => on_restart(&Restarted::SetAside(places)),
            Err(error) => on_restart(&Restarted::NotSetAside(error.to_string())),
        }
    }
}

async fn look(
    servers: &Servers,
    watch: Watch,
    stall: &mut Stall,
) -> Result<Option<Restarted>, PipelineError> {
    let connect = Rest::new(Server::Connect, &servers.connect, Duration::ZERO);
    let Some(state) = connect::state(&connect, CONNECTOR_NAME).await? else { return Ok(None) };
    if let Some(why) = state.failure() {
        connect::restart(&connect, CONNECTOR_NAME, true).await?;
        return Ok(Some(Restarted::Failed(why)));
    }
    // A connector that somebody has paused, or is starting, is left alone.
    if !state.runs() {
        return Ok(None);
    }
    let rest = Rest::new(Server::Elasticsearch, &servers.elasticsearch, Duration::ZERO);
    elasticsearch::meet(&rest).await?;
    let lag = lag(&servers.kafka).await?;
    if stall.lasts(lag, Instant::now()) < watch.stalled_after {
        return Ok(None);
    }
    connect::restart(&connect, CONNECTOR_NAME, false).await?;
    Ok(Some(Restarted::Stalled(lag.n_behind)))
}

/// Since when nothing was committed.
#[derive(Default)]
struct Stall(Option<(Instant, u64)>);

impl Stall {
    /// For how long records have waited and none was committed.
    fn lasts(&mut self, lag: Lag, now: Instant) -> Duration {
        let n_committed = lag.n_records.saturating_sub(lag.n_behind);
        match self.0 {
            Some((since, last)) if lag.n_behind > 0 && n_committed == last => now - since,
            _ => {
                self.0 = Some((now, n_committed));
                Duration::ZERO
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_waiting_without_a_commit_is_a_stall() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut stall = Stall::default();
        for (n_records, n_behind, seconds, expected) in [
            (10, 10, 0, 0),
            (10, 10, 7, 7),
            // More comes, nothing goes.
            (12, 12, 9, 9),
            (12, 11, 20, 0),
            (30, 29, 25, 5),
            (30, 0, 30, 0),
            (30, 0, 90, 0),
            (31, 1, 100, 10),
        ] {
            let lag = Lag { n_records, n_behind };
            let expected = Duration::from_secs(expected);
            assert_eq!(stall.lasts(lag, at(seconds)), expected, "{lag:?} at {seconds}");
        }
    }
}
