//! What a supervisor does about a child that is down.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use crate::exit::ExitReason;
use crate::intensity::Verdict;
use crate::plan::plan;
use crate::signal::{Control, Down};
use crate::slot::{Running, Slot};
use crate::snapshot::State;
use crate::spec::ChildId;
use crate::supervisor::{Node, Step};
use crate::tree::Member;

impl Node {
    /// A child's report of its end.
    pub(crate) async fn on_down(&mut self, down: Down) -> Step {
        let Down { child, incarnation, reason, is_final } = down;
        let Some(index) = self.index(&child) else { return Step::Continue(()) };
        let slot = &mut self.slots[index];
        if slot.incarnation != incarnation || slot.running.is_none() {
            // It was stopped, or created anew, while its report was on the way.
            return Step::Continue(());
        }
        if is_final {
            tracing::info!(child.id = slot.node.path(), %reason, "child has ended for good");
            self.finish(index);
            return Step::Continue(());
        }
        if matches!(slot.member, Member::Supervisor(_)) {
            slot.running = None;
        }
        self.on_failure(index, reason).await
    }

    /// A child is down and is to be restarted, together with whom the strategy says, if the
    /// intensity allows it.
    pub(crate) async fn on_failure(&mut self, index: usize, reason: ExitReason) -> Step {
        if matches!(reason, ExitReason::Frozen(_)) {
            return Step::Break(Err(reason));
        }
        let now = Instant::now();
        let slot = &mut self.slots[index];
        if self.meter.record(now.into_std()) == Verdict::Escalate {
            let cause = format!("{} {reason}", slot.node.path());
            return Step::Break(Err(ExitReason::Escalated(cause)));
        }
        let delay = slot.backoff.next(now.into_std(), random_unit());
        let failed = slot.id().clone();
        self.announce(index, &reason, delay);
        let children: Vec<_> =
            self.slots.iter().filter(|slot| !slot.is_finished).map(Slot::planned).collect();
        let plan = plan(self.spec.strategy, &children, &failed);
        if plan.stop.len() == 1
            && let Some(Running::Actor { control, .. }) = &self.slots[index].running
        {
            // Nobody else is concerned, so the child keeps its mailbox and its address.
            let _ = control.send(Control::Restart(delay));
            return Step::Continue(());
        }
        for id in &plan.stop {
            if let Some(index) = self.index(id) {
                self.slots[index].stop(&self.place).await;
                if !plan.start.contains(id) {
                    self.finish(index);
                }
            }
        }
        self.schedule(&plan.start, &failed, now + delay, delay);
        Step::Continue(())
    }

    /// Children that depend on each other come back together, when the last of them may.
    fn schedule(&mut self, ids: &[ChildId], failed: &ChildId, at: Instant, delay: Duration) {
        let indices: Vec<_> = ids.iter().filter_map(|id| self.index(id)).collect();
        let pending = indices.iter().filter_map(|index| self.slots[*index].start_at).max();
        let at = pending.map_or(at, |pending| pending.max(at));
        for index in indices {
            let slot = &mut self.slots[index];
            slot.start_at = Some(at);
            slot.node.set_state(State::Restarting);
            if slot.id() != failed {
                self.announce(index, &ExitReason::Sibling(failed.clone()), delay);
            }
        }
    }

    fn announce(&self, index: usize, reason: &ExitReason, delay: Duration) {
        let node = &self.slots[index].node;
        let (path, delay_ms) = (node.path(), delay.as_millis());
        tracing::warn!(child.id = path, %reason, delay_ms, "child restarts");
        node.record_restart(reason.clone());
        if let Some(observer) = &self.shared.options.observer {
            observer.on_restart(path, reason);
        }
    }
}

/// A random draw from 0 to 1. Jitter needs no more than what the standard library's hash keys
/// give.
fn random_unit() -> f64 {
    let draw = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(draw >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
