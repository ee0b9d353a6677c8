//! A seed says everything.

use bancada_simulator::{Detail, Kind, Plan, run};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Metadata, Subscriber};

#[test]
fn the_same_seed_gives_the_same_history_to_the_byte() {
    for seed in 1..=20 {
        let plan = Plan::new(seed, 1_000);
        let first = run(&plan, Detail::Lines);
        let again = run(&plan, Detail::Lines);
        assert!(!first.lines.is_empty());
        assert_eq!(first, again, "seed {seed}");
        let counted = run(&plan, Detail::Digest);
        assert_eq!((counted.digest, counted.lines.len()), (first.digest, 0));
        assert_ne!(run(&Plan::new(seed + 100, 1_000), Detail::Digest).digest, first.digest);
    }
}

#[test]
fn a_shorter_run_is_the_beginning_of_a_longer_one() {
    let (short, long) = (Plan::new(5, 300), Plan::new(5, 900));
    let [short, long] = [short, long].map(|plan| run(&plan, Detail::Lines).lines);
    let end = short.iter().position(|line| line.ends_with("no more faults")).unwrap();
    assert!(end > 100);
    assert_eq!(short[..end], long[..end]);
}

#[test]
fn what_is_switched_off_does_not_happen() {
    for kind in Kind::ALL.iter().copied() {
        let plan = Plan::new(11, 1_500).without(kind);
        let outcome = run(&plan, Detail::Nothing);
        assert_eq!((outcome.counts.of(kind), outcome.breaches), (0, Vec::new()), "{kind}");
    }
}

/// Who hears of anything, fails.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        panic!("a run logs: {event:?}");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn nothing_is_logged_of_a_bank_that_is_simulated() {
    with_default(Listener, || {
        for seed in 1..=60 {
            assert_eq!(run(&Plan::new(seed, 2_000), Detail::Nothing).breaches, [""; 0], "{seed}");
        }
    });
}
