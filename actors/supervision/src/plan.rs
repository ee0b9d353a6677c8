//! Which siblings stop and start when one child has failed.

use crate::spec::{ChildId, Restart, Strategy};

/// A child as the plan sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub id: ChildId,
    /// A temporary sibling is stopped with the others, but not started again.
    pub restart: Restart,
}

/// What to do, in order: first everything in `stop`, then everything in `start`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Latest started first, the failed child included.
    pub stop: Vec<ChildId>,
    /// Earliest started first.
    pub start: Vec<ChildId>,
}

/// The plan for `failed`, one of `children`, which stand in start order.
///
/// The failed child itself is always started again: whether it should be was asked before.
pub fn plan(strategy: Strategy, children: &[Planned], failed: &ChildId) -> Plan {
    let Some(failed_index) = children.iter().position(|child| child.id == *failed) else {
        return Plan { stop: Vec::new(), start: Vec::new() };
    };
    let affected = match strategy {
        Strategy::OneForOne => &children[failed_index..=failed_index],
        Strategy::OneForAll => children,
        Strategy::RestForOne => &children[failed_index..],
    };
    let starts = |child: &&Planned| child.id == *failed || child.restart != Restart::Temporary;
    Plan {
        stop: affected.iter().rev().map(|child| child.id.clone()).collect(),
        start: affected.iter().filter(starts).map(|child| child.id.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, Strategy as Draw, prop_assert, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::*;

    fn children(restarts: &[Restart]) -> Vec<Planned> {
        let child = |(i, restart): (usize, &Restart)| Planned {
            id: ChildId::new(format!("c{i}")),
            restart: *restart,
        };
        restarts.iter().enumerate().map(child).collect()
    }

    #[track_caller]
    fn check(strategy: Strategy, failed: &str, stop: &str, start: &str) {
        let children = children(&[Restart::Permanent; 4]);
        let plan = plan(strategy, &children, &failed.into());
        let words = |ids: &[ChildId]| ids.iter().map(ChildId::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!((words(&plan.stop).as_str(), words(&plan.start).as_str()), (stop, start));
    }

    #[test]
    fn each_strategy_has_its_reach() {
        check(Strategy::OneForOne, "c1", "c1", "c1");
        check(Strategy::RestForOne, "c1", "c3 c2 c1", "c1 c2 c3");
        check(Strategy::RestForOne, "c3", "c3", "c3");
        check(Strategy::OneForAll, "c1", "c3 c2 c1 c0", "c0 c1 c2 c3");
        check(Strategy::OneForAll, "stranger", "", "");
    }

    #[test]
    fn a_temporary_sibling_is_stopped_and_not_started() {
        let children = children(&[Restart::Permanent, Restart::Temporary, Restart::Transient]);
        let plan = plan(Strategy::OneForAll, &children, &"c0".into());
        assert_eq!(plan.stop, ["c2".into(), "c1".into(), "c0".into()]);
        assert_eq!(plan.start, ["c0".into(), "c2".into()]);
    }

    fn any_case() -> impl Draw<Value = (Strategy, Vec<Planned>, usize)> {
        let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
        let restarts = [Restart::Permanent, Restart::Transient, Restart::Temporary];
        (select(strategies.to_vec()), vec(select(restarts.to_vec()), 1..9)).prop_flat_map(
            |(strategy, restarts)| (Just(strategy), Just(children(&restarts)), 0..restarts.len()),
        )
    }

    proptest! {
        #[test]
        fn whoever_starts_was_stopped_in_the_opposite_order(case in any_case()) {
            let (strategy, children, failed) = case;
            let failed = children[failed].id.clone();
            let plan = plan(strategy, &children, &failed);
            prop_assert!(plan.start.contains(&failed));
            let mut restarted = plan.stop.clone();
            restarted.reverse();
            restarted.retain(|id| plan.start.contains(id));
            prop_assert_eq!(restarted, plan.start);
        }

        #[test]
        fn rest_for_one_leaves_earlier_siblings_alone(case in any_case()) {
            let (_, children, failed) = case;
            let plan = plan(Strategy::RestForOne, &children, &children[failed].id);
            for earlier in &children[..failed] {
                prop_assert!(!plan.stop.contains(&earlier.id));
            }
            prop_assert_eq!(plan.stop.len(), children.len() - failed);
        }
    }
}
