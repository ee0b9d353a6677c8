//! One client for every side: the same payments, the same loops.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::Semaphore;

/// Where payments go. A clone shares its connection.
pub(crate) trait Target: Clone + Send + 'static {
    /// Pays under this key.
    fn pay(&mut self, key: String) -> impl Future<Output = anyhow::Result<Paid>> + Send;
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    /// Approved, and durable where the side has a disk.
    Approved,
    /// Refused at once: there was no room.
    Overloaded,
}

/// What one round measured.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    /// Payments that were approved, per second.
    pub(crate) per_second: f64,
    pub(crate) n_approved: u64,
    /// Payments that were refused for want of room, or not answered at all.
    pub(crate) n_refused: u64,
    /// Of approved payments, in microseconds.
    pub(crate) latency: Histogram<u64>,
}

impl Round {
    /// A quantile of the latency in milliseconds.
    pub(crate) fn ms(&self, quantile: f64) -> f64 {
        ms_at(&self.latency, quantile)
    }

    pub(crate) fn of(latency: Histogram<u64>, n_refused: u64, took: Duration) -> Round {
        #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
        let per_second = latency.len() as f64 / took.as_secs_f64();
        Round { per_second, n_approved: latency.len(), n_refused, latency }
    }
}

/// A key that no payment of this process had before.
pub(crate) fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("bench-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A closed loop: `concurrency` callers, each of whom pays again as soon as it is answered.
pub(crate) async fn closed<T: Target>(
    targets: &[T],
    concurrency: usize,
    duration: Duration,
) -> anyhow::Result<Round> {
    let started = Instant::now();
    let callers: Vec<_> = (0..concurrency)
        .map(|caller| {
            let target = targets[caller % targets.len()].clone();
            tokio::spawn(pay_until(started + duration, target))
        })
        .collect();
    let (mut latency, mut n_refused) = (histogram(), 0);
    for caller in callers {
        let (of_caller, overloaded) = caller.await??;
        latency.add(of_caller)?;
        n_refused += overloaded;
    }
    Ok(Round::of(latency, n_refused, started.elapsed()))
}

async fn pay_until<T: Target>(
    end: Instant,
    mut target: T,
) -> anyhow::Result<(Histogram<u64>, u64)> {
    let (mut latency, mut n_refused) = (histogram(), 0);
    while Instant::now() < end {
        let sent = Instant::now();
        match target.pay(fresh_key()).await? {
            Paid::Approved => record(&mut latency, sent.elapsed()),
            Paid::Overloaded => n_refused += 1,
        }
    }
    Ok((latency, n_refused))
}

/// An open loop: payments begin at a fixed rate, whether earlier ones have been answered or not,
/// and their latency counts from when they should have begun (no coordinated omission). At most
/// `max_outstanding` are in progress: a client has limits of its own.
pub(crate) async fn open<T: Target>(
    targets: &[T],
    per_second: f64,
    max_outstanding: usize,
    duration: Duration,
) -> anyhow::Result<Round> {
    let measured = Arc::new(Mutex::new((histogram(), 0_u64)));
    let outstanding = Arc::new(Semaphore::new(max_outstanding));
    let started = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut n_begun = 0_u32;
    loop {
        ticks.tick().await;
        let elapsed = started.elapsed();
        if elapsed >= duration {
            break;
        }
        while f64::from(n_begun) < elapsed.as_secs_f64() * per_second {
            let due = started + Duration::from_secs_f64(f64::from(n_begun) / per_second);
            let mut target = targets[n_begun as usize % targets.len()].clone();
            n_begun += 1;
            let permit = Arc::clone(&outstanding).acquire_owned().await?;
            let measured = Arc::clone(&measured);
            tokio::spawn(async move {
                let paid = target.pay(fresh_key()).await;
                let mut measured = measured.lock().unwrap_or_else(PoisonError::into_inner);
                match paid {
                    Ok(Paid::Approved) => record(&mut measured.0, due.elapsed()),
                    Ok(Paid::Overloaded) | Err(_) => measured.1 += 1,
                }
                drop(permit);
            });
        }
    }
    let took = started.elapsed();
    // The rest is answered, so that the next round finds nothing in progress.
    let all = outstanding.acquire_many(u32::try_from(max_outstanding)?).await?;
    drop(all);
    let measured = measured.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Round::of(measured.0.clone(), measured.1, took))
}

/// A quantile in milliseconds, of what was measured in microseconds.
pub(crate) fn ms_at(times: &Histogram<u64>, quantile: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a few seconds")]
    let us = times.value_at_quantile(quantile) as f64;
    us / 1_000.0
}

pub(crate) fn record(latency: &mut Histogram<u64>, took: Duration) {
    latency.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
}

pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(60_000_000, 3).expect("constants within the library's bounds")
}
