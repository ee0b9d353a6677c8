//! Brokers that are lost while payments flow: nobody who pays finds out.

use std::time::{Duration, Instant};

use crate::load::{Load, was_answered_at_once};
use crate::parts::Parts;
use crate::program::*;
use bancada_testbed::kafka::Broker;

/// Payments in a second: enough to pile up, and few enough to be audited.
const RATE: u32 = 300;

#[test]
fn one_broker_of_three_is_lost_under_load_and_everything_goes_on() {
    let brokers = Broker::start_three();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let addresses = brokers.each_ref().map(Broker::address).join(",");
        let parts = Parts::new(data.path()).through_kafka(&addresses);
        let system = &parts.system;
        let (bank, extrato, checkout) = (parts.bank(), parts.extrato(), parts.checkout());
        system.is_ready().await;
        let load = Load::start_paced(&system.bank, &system.data, "60s", RATE);
        system.advances(300).await;
        // The one that is asked first, and leads a third of the partitions.
        brokers[0].kill();
        system.advances(600).await;
        let log = load.stop().await;
        was_answered_at_once(&log);
        // The two others have all of it.
        system.passes_audit(Some(&log)).await;
        eventually("everything is on the topic", async || {
            system.counted_at(&system.admin, "bancada_outbox_lag_events").await == 0
        })
        .await;
        for program in [bank, extrato, checkout] {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}

/// How long the broker is away; `BANCADA_TEST_OUTAGE_SECONDS` makes it longer.
fn outage() -> Duration {
    let seconds = std::env::var("BANCADA_TEST_OUTAGE_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(15))
}

#[test]
fn a_broker_that_is_away_for_a_while_is_noticed_by_no_payer() {
    let broker = Broker::start();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).through_kafka(&broker.address());
        let system = &parts.system;
        let (bank, extrato, checkout) = (parts.bank(), parts.extrato(), parts.checkout());
        system.is_ready().await;
        let load = Load::start_paced(&system.bank, &system.data, "1h", RATE);
        system.advances(300).await;
        broker.kill();
        let away = Instant::now();
        while away.elapsed() < outage() {
            system.advances(100).await;
        }
        let lag = system.counted_at(&system.admin, "bancada_outbox_lag_events").await;
        assert!(lag > 500, "what is paid meanwhile waits: {lag}");
        broker.start_again();
        system.advances(300).await;
        eventually("what has waited is delivered, while payments go on", async || {
            system.counted_at(&system.admin, "bancada_outbox_lag_events").await < 100
        })
        .await;
        let log = load.stop().await;
        was_answered_at_once(&log);
        system.passes_audit(Some(&log)).await;
        for program in [bank, extrato, checkout] {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}
