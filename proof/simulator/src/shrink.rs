//! A failing run made smaller: fewer steps, fewer kinds of faults and of work, the same breach or
//! another.

use crate::history::Detail;
use crate::run::{Outcome, Plan, run};
use crate::switches::Kind;

/// The smallest failing run that was found.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// How to run it again.
    pub plan: Plan,
    /// How it ends, with every line of its history.
    pub outcome: Outcome,
    /// Runs that it took to find it.
    pub n_runs: u32,
}

/// Makes a failing plan smaller; `None` if it does not fail.
pub fn shrink(plan: &Plan) -> Option<Shrunk> {
    let mut n_runs = 1;
    if !fails(plan) {
        return None;
    }
    let mut smallest = *plan;
    loop {
        let before = smallest;
        smallest.steps = fewest_steps(&smallest, &mut n_runs);
        for kind in Kind::ALL.iter().copied().filter(|kind| before.may.has(*kind)) {
            let smaller = smallest.without(kind);
            n_runs += 1;
            if fails(&smaller) {
                smallest = smaller;
            }
        }
        if smallest == before {
            break;
        }
    }
    let outcome = run(&smallest, Detail::Lines);
    Some(Shrunk { plan: smallest, outcome, n_runs })
}

/// The fewest steps by halving. A run of fewer steps is the beginning of one of more, but it is
/// left in peace earlier, so that a smaller number than the one found may fail as well.
fn fewest_steps(plan: &Plan, n_runs: &mut u32) -> u64 {
    let (mut well, mut failing) = (0, plan.steps);
    while failing - well > 1 {
        let middle = well + (failing - well) / 2;
        *n_runs += 1;
        if fails(&Plan { steps: middle, ..*plan }) {
            failing = middle;
        } else {
            well = middle;
        }
    }
    failing
}

fn fails(plan: &Plan) -> bool {
    !run(plan, Detail::Nothing).breaches.is_empty()
}
