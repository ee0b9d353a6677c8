//! Watching the connector: Kafka Connect never starts a task again that has failed, and some stand
//! still for ever without failing.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::documents::CONNECTOR_NAME;
use crate::error::{PipelineError, Server};
use crate::lag::{Lag, lag};
use crate::rest::Rest;
use crate::{Servers, connect, elasticsearch};

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
}

/// Looks for ever, and tells what was started again. Who does not answer is asked again later.
///
/// A task whose requests failed for long waits ever longer for the next one, up to a day, also
/// when Elasticsearch is back; in the eyes of Kafka Connect it runs. To start a task again is safe
/// at any time: it goes on at what it has committed, and documents know their version.
pub async fn watch(servers: &Servers, watch: Watch, mut on_restart: impl FnMut(&Restarted)) -> ! {
    let mut stall = Stall::default();
    loop {
        tokio::time::sleep(watch.every).await;
        match look(servers, watch, &mut stall).await {
            Ok(Some(restarted)) => {
                stall = Stall::default();
                on_restart(&restarted);
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

async fn look(
    servers: &Servers,
    watch: Watch,
    stall: &mut Stall,
) -> Result<Option<Restarted>, PipelineError> {
    let connect = Rest::new(Server::Connect, &servers.connect, Duration::ZERO);
    let Some(state) = connect::state(&connect, CONNECTOR_NAME).await? else { return Ok(None) };
    if let Some(why) = state.failure() {
        restart(&connect, true).await?;
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
    restart(&connect, false).await?;
    Ok(Some(Restarted::Stalled(lag.n_behind)))
}

async fn restart(connect: &Rest, only_failed: bool) -> Result<(), PipelineError> {
    let path =
        format!("/connectors/{CONNECTOR_NAME}/restart?includeTasks=true&onlyFailed={only_failed}");
    let answer = connect.send(Method::POST, &path, None).await?;
    connect.good(answer, &format!("POST {path}")).map(drop)
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
