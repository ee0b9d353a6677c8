//! Goal: a fault in the code of a party is found, and soon. Method: each is planted, and seeds
//! are run until one finds it; the breach must be one that the fault leads to.

use crate::history::Detail;
use crate::planted::Planted;
use crate::run::{Plan, run};
use crate::shrink::shrink;

/// Seeds in which a fault must be found.
const N_SEEDS: u64 = 4_000;
const N_STEPS: u64 = 1_500;

fn plan(seed: u64, planted: Planted) -> Plan {
    Plan { planted, ..Plan::new(seed, N_STEPS) }
}

/// The first seed that finds it, and what it finds.
fn find(planted: Planted) -> Option<(u64, String)> {
    (1..=N_SEEDS).find_map(|seed| {
        let outcome = run(&plan(seed, planted), Detail::Nothing);
        outcome.breaches.into_iter().next().map(|breach| (seed, breach))
    })
}

#[test]
fn what_is_planted_in_the_code_is_found() {
    for (planted, ids) in [
        (Planted::AnswerBeforeSync, &["I1", "I2"][..]),
        // What was told of a card may be lost, and something else take its place.
        (Planted::ReadBeforeSync, &["I1", "I2"]),
        (Planted::ForgetKeys, &["L3", "I2"]),
        (Planted::ApplyTwice, &["L1", "L4", "L6"]),
        (Planted::RecordTwice, &["L1", "L3", "L4"]),
        (Planted::KeepWhatWasNotWritten, &["I9", "I1", "I6", "L1", "L2", "L4", "L5", "L6"]),
        (Planted::BelieveWhatIsRead, &["I1", "I2"]),
        (Planted::IgnoreTheMark, &["I9"]),
        (Planted::IgnoreTheStatement, &["I9"]),
        (Planted::IgnoreTheShop, &["I9"]),
        (Planted::IgnoreTheOutbox, &["I9"]),
        (Planted::IgnoreTheSnapshots, &["I9"]),
        (Planted::NeverProve, &["I9"]),
        (Planted::BelieveTheBroker, &["I9"]),
        (Planted::BelieveStatementRows, &["I6"]),
        (Planted::BelieveStatementTables, &["I6", "I7"]),
        (Planted::BelieveOrders, &["I1"]),
        (Planted::BelieveOrderTable, &["I1"]),
        (Planted::CutAtTheFirstDamage, &["I9"]),
        (Planted::MarkBeforeSync, &["I1"]),
        (Planted::IgnoreLimits, &["L2"]),
        (Planted::TakeAnyAmount, &["I4"]),
        (Planted::AgeByTheWallClock, &["I2"]),
        (Planted::PublishBeforeSync, &["I6", "I1", "I9"]),
        (Planted::BillsWithoutHomes, &["L3"]),
        (Planted::ForgetHomesOfKeys, &["L3"]),
        (Planted::YieldWhatIsAnswered, &["L3"]),
        (Planted::AnswerKeysOfOthers, &["L3"]),
        (Planted::AnswerBeforeAllAreLoaded, &["L3"]),
        (Planted::SendBeforeDurable, &["I1"]),
        (Planted::RepeatWithAnotherKey, &["I1", "I2"]),
        (Planted::CancelWhatIsFound, &["I1"]),
        (Planted::KeepHalfTransactions, &["I6", "I7"]),
        (Planted::IgnoreSequences, &["I6", "I7"]),
        (Planted::NeverRepair, &["I6"]),
    ] {
        let (seed, breach) = find(planted).unwrap_or_else(|| panic!("{planted:?} is not found"));
        println!("{planted:?}: seed {seed}: {breach}");
        assert!(ids.iter().any(|id| breach.starts_with(id)), "{planted:?}: {breach}");
    }
    let well = (1..=50).map(|seed| run(&plan(seed, Planted::Nothing), Detail::Nothing));
    assert_eq!(well.map(|outcome| outcome.breaches.len()).sum::<usize>(), 0);
}

#[test]
fn a_failing_run_is_made_smaller_and_can_be_run_again() {
    let planted = Planted::AnswerBeforeSync;
    let (seed, _) = find(planted).unwrap();
    let shrunk = shrink(&plan(seed, planted)).unwrap();
    assert!(shrunk.plan.steps < N_STEPS / 2, "{:?}", shrunk.plan);
    assert!(shrunk.plan.may.off().count() > 15, "few kinds are needed: {:?}", shrunk.plan);
    let again = run(&shrunk.plan, Detail::Lines);
    assert_eq!(again, shrunk.outcome);
    assert!(!again.breaches.is_empty() && !again.lines.is_empty());
    assert!(shrink(&plan(seed, Planted::Nothing)).is_none(), "there is nothing to shrink");
}
