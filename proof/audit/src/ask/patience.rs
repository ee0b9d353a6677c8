//! How long a place is looked at again: it may be behind, and an error may pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::ReadError;
use crate::verdict::Comparison;

/// Within this, an error passes or is one that stays: a broker or a node that is elected anew, a
/// file that is being replaced, a busy machine.
const ERRORS_PASS_WITHIN: Duration = Duration::from_secs(10);

/// Looks until all is well, or until it may take no longer; a place that cannot be read at the end
/// is a comparison that says so.
pub(crate) async fn until_well(
    unread: impl FnOnce(ReadError) -> Comparison,
    within: Duration,
    every: Duration,
    mut look: impl AsyncFnMut() -> Result<Comparison, ReadError>,
) -> Comparison {
    let deadline = Instant::now() + within;
    let mut failing_since = None;
    loop {
        let looked = look().await;
        let is_late = Instant::now() >= deadline;
        match looked {
            Ok(result) if result.is_well() || is_late => return result,
            Ok(_) => failing_since = None,
            Err(error) => {
                let since = *failing_since.get_or_insert_with(Instant::now);
                if is_late && since.elapsed() >= ERRORS_PASS_WITHIN {
                    return unread(error);
                }
            }
        }
        sleep(every).await;
    }
}

/// Asks until there is an answer, or an error stays.
pub(crate) async fn until_answered<T>(
    every: Duration,
    mut ask: impl AsyncFnMut() -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    let began = Instant::now();
    loop {
        match ask().await {
            Err(_) if began.elapsed() < ERRORS_PASS_WITHIN => sleep(every).await,
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::error::in_a_line;

    const EVERY: Duration = Duration::from_millis(100);

    /// Looks at a place whose answers are errors for so long, and agree afterwards.
    async fn look_at(failing_for: Duration, within: Duration) -> (Comparison, Duration) {
        let began = Instant::now();
        let look = async || {
            if began.elapsed() < failing_for {
                return Err(ReadError::Feed("the broker is busy".to_owned()));
            }
            Ok(Comparison::new("kafka", "owed"))
        };
        let unread = |error| Comparison::unread("kafka", "owed", in_a_line(&error));
        (until_well(unread, within, EVERY, look).await, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_passes_is_none() {
        for within in [Duration::ZERO, Duration::from_secs(30)] {
            let (result, _) = look_at(Duration::from_secs(8), within).await;
            assert!(result.is_well(), "{result}");
        }
        let (result, took) = look_at(Duration::from_secs(29), Duration::from_secs(30)).await;
        assert!(result.is_well() && took < Duration::from_secs(30), "{result}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_stays_is_told_of_its_place() {
        let (result, took) = look_at(Duration::from_secs(900), Duration::ZERO).await;
        assert_eq!(result.to_string(), "kafka: cannot be read: the broker is busy");
        assert!(!result.is_well() && took < Duration::from_secs(11), "{took:?}");
        let asked =
            until_answered(EVERY, async || Err(ReadError::FeedEnded) as Result<(), ReadError>);
        assert!(asked.await.is_err());
    }
}
