//! One run from its seed to its verdict.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bancada_kernel::EventKind;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::auditor::audit;
use crate::evidence::Evidence;
use crate::history::Detail;
use crate::planted::Planted;
use crate::shards;
use crate::switches::{Counts, Kind, Switches};
use crate::world::World;

/// What is run. The same plan gives the same history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Decides everything.
    pub seed: u64,
    /// Things that happen while there are faults; afterwards it becomes quiet.
    pub steps: u64,
    /// What may happen.
    pub may: Switches,
    pub(crate) planted: Planted,
}

impl Plan {
    /// A plan in which everything may happen.
    pub fn new(seed: u64, steps: u64) -> Plan {
        Plan { seed, steps, may: Switches::ALL, planted: Planted::Nothing }
    }

    /// The same without a kind of fault or of work.
    #[must_use]
    pub fn without(self, kind: Kind) -> Plan {
        Plan { may: self.may.without(kind), ..self }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Payments that were decided about, approved or declined, and are in the journal.
    pub n_payments: u64,
    /// Entries of the journal.
    pub n_entries: u64,
    /// Answers that were held against the journal.
    pub n_answers: u64,
    /// How often each kind of fault and of work happened.
    pub counts: Counts,
    /// How often each kind of event is in the journal, and each reason to decline.
    pub events: BTreeMap<&'static str, u64>,
    /// Of the whole history; 0 when none was kept.
    pub digest: u64,
    /// What is wrong, the first of it first; empty when all is well.
    pub breaches: Vec<String>,
    /// What happened, where it was kept.
    pub lines: Vec<String>,
}

/// A Bank of several ledgers runs beside the other, for fewer steps.
const STEPS_OF_SHARDS: u64 = 4;

/// Runs a plan. A panic of the code under test is a breach like any other. What that code logs is
/// for whoever runs a Bank, and is not of one: nobody hears it.
pub fn run(plan: &Plan, detail: Detail) -> Outcome {
    with_default(NoSubscriber::new(), || run_unheard(plan, detail))
}

fn run_unheard(plan: &Plan, detail: Detail) -> Outcome {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(plan.seed, plan.may, detail, plan.planted);
        let of_shards = shards::breaches(plan.seed, plan.steps / STEPS_OF_SHARDS, plan.planted);
        for _ in 0..plan.steps {
            if !world.step() {
                return (world, of_shards);
            }
        }
        world.settle();
        (world, of_shards)
    }));
    match ran {
        Ok((world, of_shards)) => {
            let mut outcome = judge(world);
            outcome.breaches.extend(of_shards);
            outcome
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            let breaches = vec![format!("panic: {}", text.unwrap_or_default())];
            Outcome {
                n_payments: 0,
                n_entries: 0,
                n_answers: 0,
                counts: Counts::default(),
                events: BTreeMap::new(),
                digest: 0,
                breaches,
                lines: Vec::new(),
            }
        }
    }
}

fn judge(world: World) -> Outcome {
    let counts = world.counts;
    let is_of_other_past = world.is_of_other_past();
    let (failure, evidence, history) = world.end();
    let breaches = match failure {
        Some(failure) => vec![failure],
        None if is_of_other_past => Vec::new(),
        None => audit(&evidence),
    };
    let (digest, lines) = history.end();
    Outcome {
        n_payments: n_payments(&evidence),
        n_entries: evidence.journal.len() as u64,
        n_answers: evidence.asked.iter().map(|asked| asked.heard.len() as u64).sum(),
        counts,
        events: events(&evidence),
        digest,
        breaches,
        lines,
    }
}

fn events(evidence: &Evidence) -> BTreeMap<&'static str, u64> {
    let mut events = BTreeMap::new();
    for event in evidence.journal.iter().map(|entry| &entry.event) {
        *events.entry(event.kind.word()).or_default() += 1;
        if let Some(reason) = event.decline {
            *events.entry(reason.word()).or_default() += 1;
        }
    }
    events
}

/// A payment is decided about once: a hold, a refusal, or a charge that no hold came before. Only
/// the one decision is asked for by an authorization, so captures of holds are taken away again.
fn n_payments(evidence: &Evidence) -> u64 {
    let mut ids = std::collections::HashSet::new();
    for entry in &evidence.journal {
        let decides = matches!(
            entry.event.kind,
            EventKind::PaymentAuthorized | EventKind::PaymentCaptured | EventKind::PaymentDeclined
        );
        if decides {
            ids.insert(entry.event.transaction_id);
        }
    }
    ids.len() as u64
}
