//! A million payments in every test run, over many seeds; more with `BANCADA_SIM_PAYMENTS`.

use std::collections::BTreeMap;
use std::time::Instant;

use bancada_kernel::{DeclineReason, EventKind};
use bancada_simulator::{Counts, Detail, Kind, Plan, Shrunk, run, shrink};

const N_PAYMENTS: u64 = 1_000_000;
/// Some end soon after a fault, some are long enough for many of them. None is so long that what
/// grows with the journal becomes expensive.
const N_STEPS: [u64; 4] = [300, 2_000, 2_000, 4_000];

#[test]
fn a_million_payments_under_every_fault_are_as_they_were_told() {
    let wanted = std::env::var("BANCADA_SIM_PAYMENTS").ok().and_then(|text| text.parse().ok());
    let wanted = wanted.unwrap_or(N_PAYMENTS);
    let started = Instant::now();
    let (mut n_payments, mut n_entries, mut n_answers) = (0, 0, 0);
    let mut counts = Counts::default();
    let mut events = BTreeMap::<&str, u64>::new();
    let mut seed: u64 = 0;
    while n_payments < wanted {
        let plan = Plan::new(seed, N_STEPS[seed as usize % N_STEPS.len()]);
        let outcome = run(&plan, Detail::Nothing);
        if !outcome.breaches.is_empty() {
            let Shrunk { plan: smallest, outcome: shrunk, .. } = shrink(&plan).unwrap();
            let off: Vec<_> = smallest.may.off().map(Kind::word).collect();
            let last = &shrunk.lines[shrunk.lines.len().saturating_sub(60)..];
            panic!(
                "seed {seed}: {:#?}\n{}\n{:#?}\nbancada sim --seed {seed} --steps {} --without {}",
                outcome.breaches,
                last.join("\n"),
                shrunk.breaches,
                smallest.steps,
                off.join(",")
            );
        }
        seed += 1;
        n_payments += outcome.n_payments;
        n_entries += outcome.n_entries;
        n_answers += outcome.n_answers;
        counts.add(&outcome.counts);
        outcome.events.iter().for_each(|(word, n)| *events.entry(word).or_default() += n);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{n_payments} payments, {n_entries} entries, {n_answers} answers, {seed} seeds, \
         {seconds:.1} s"
    );
    for kind in Kind::ALL {
        println!("{kind:>22} {}", counts.of(*kind));
        assert!(counts.of(*kind) > 0, "{kind} never happened");
    }
    println!("{events:?}");
    // A run that never meets a case says nothing of it.
    let reasons = [
        DeclineReason::UnknownCard,
        DeclineReason::CardCancelled,
        DeclineReason::CardBlocked,
        DeclineReason::ExpiredCard,
        DeclineReason::InsufficientFunds,
        DeclineReason::DoNotHonor,
        DeclineReason::Abandoned,
    ];
    // Whoever runs a Bank gives something up; here the disk gives back what it had.
    let kinds = EventKind::ALL.into_iter().filter(|kind| *kind != EventKind::LossAccepted);
    for word in kinds.map(EventKind::word).chain(reasons.map(|it| it.word())) {
        assert!(events.get(word).is_some_and(|n| *n > 100), "{word} is rare");
    }
}
