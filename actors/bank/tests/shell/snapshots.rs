//! Snapshots: made beside the payments, believed only where the journal agrees.

use std::time::Duration;

use bancada_bank::ledger::Ledger;
use bancada_bank::proof::Loss;
use bancada_kernel::Currency;

use crate::memory_snapshots::{MemorySnapshots, Room};
use crate::running_bank::*;
use bancada_testbed::MemoryJournal;

const EVERY: u64 = 10;
/// The actor looks four times in a second.
const SEVERAL_LOOKS: Duration = Duration::from_secs(1);

struct World {
    journal: MemoryJournal,
    snapshots: MemorySnapshots,
}

impl World {
    fn new() -> World {
        World { journal: MemoryJournal::new(), snapshots: MemorySnapshots::default() }
    }

    async fn start(&self) -> RunningBank {
        let snapshots = self.snapshots.every(EVERY, &self.journal);
        let running = RunningBank::start_with(&self.journal, 64, NOW, snapshots).await;
        until_known(async || running.bank.find_card(token()).await).await;
        running
    }

    /// Why no bank starts; it decides nothing meanwhile.
    async fn refusal(&self) -> Loss {
        let snapshots = self.snapshots.every(EVERY, &self.journal);
        let running = RunningBank::start_with(&self.journal, 64, NOW, snapshots).await;
        let refusal = running.refusal().await;
        running.tree.shutdown().await;
        refusal
    }

    /// A bank with a card and two snapshots behind it.
    async fn start_with_two(&self) -> RunningBank {
        let running = self.start().await;
        running.bank.issue_card(card(1_000_000)).await.unwrap();
        for n in 0..2 {
            let before = self.snapshots.newest();
            self.pay_until(&running, &format!("s{n}"), || self.snapshots.newest() > before).await;
        }
        // What was paid while the second was made may have made a third one due.
        let n_since = || running.bank.n_committed() - self.snapshots.newest();
        for n in 0.. {
            eventually("n_since() < EVERY", async || n_since() < EVERY).await;
            // What the tests pay next makes none due either.
            if n_since() + 2 < EVERY {
                break;
            }
            running.pay_until_known(&format!("quiet-{n}"), 1).await;
        }
        running
    }

    /// Pays until something holds.
    async fn pay_until(&self, running: &RunningBank, name: &str, holds: impl Fn() -> bool) {
        let mut n = 0;
        while !holds() {
            running.pay_until_known(&format!("{name}-{n}"), 1).await;
            n += 1;
        }
    }

    /// What the whole journal says.
    fn replayed(&self, up_to: u64) -> Ledger {
        let mut ledger = Ledger::new(Currency::BRL);
        let entries = self.journal.entries();
        let entries = entries.iter().filter(|entry| entry.event.position <= up_to);
        entries.for_each(|entry| ledger.apply(entry));
        ledger
    }

    /// Stops, starts again, and holds the new bank against the journal; after which positions it
    /// was replayed.
    async fn restart(&self, running: RunningBank) -> Vec<u64> {
        let paid = running.pay("before", 5).await.unwrap().payment;
        running.stop_and_check().await;
        let n_replays = self.journal.replays().len();
        let again = self.start().await;
        let replays = self.journal.replays()[n_replays..].to_vec();
        let repeated = again.pay("before", 5).await.unwrap();
        assert!(repeated.replayed && repeated.payment == paid);
        let owed = again.bank.find_card(token()).await.unwrap().unwrap().balance;
        let ledger = self.replayed(u64::MAX);
        assert_eq!(ledger.card(&token()).unwrap().balance, owed);
        again.stop_and_check().await;
        replays
    }
}

#[test]
fn a_snapshot_is_made_when_the_journal_has_grown_and_a_start_reads_only_what_follows() {
    run(async {
        let world = World::new();
        let running = world.start_with_two().await;
        let made = world.snapshots.tried();
        assert!(made[0] >= EVERY && made[1] >= made[0] + EVERY, "{made:?}");
        for position in made {
            let snapshot = world.snapshots.ledger(position);
            assert_eq!(snapshot, world.replayed(position), "taken while payments flow");
        }
        let newest = world.snapshots.newest();
        assert_eq!(world.restart(running).await, [newest - 1]);
    });
}

#[test]
fn a_ledger_that_crashes_is_back_from_the_snapshot() {
    run(async {
        let world = World::new();
        let running = world.start_with_two().await;
        let paid = running.pay("kept", 7).await.unwrap().payment;
        running.tree.crash("bank/ledger").await.unwrap();
        running.is_running_again("bank/ledger", 2).await;
        let answer = until_known(async || running.pay("kept", 7).await).await;
        assert!(answer.replayed && answer.payment == paid);
        assert!(*world.journal.replays().last().unwrap() >= EVERY - 1);
        running.stop_and_check().await;
    });
}

#[test]
fn damaged_snapshots_are_passed_over_for_an_older_one_and_then_for_the_whole_journal() {
    run(async {
        let world = World::new();
        let running = world.start_with_two().await;
        let newest = world.snapshots.newest();
        world.snapshots.damage(newest);
        let replays = world.restart(running).await;
        assert!(replays.len() == 1 && (EVERY - 1..newest - 1).contains(&replays[0]), "{replays:?}");
        for position in world.snapshots.tried() {
            world.snapshots.damage(position);
        }
        let running = world.start().await;
        assert_eq!(world.journal.replays().last(), Some(&0));
        running.stop_and_check().await;
    });
}

#[test]
fn a_journal_that_ends_before_a_snapshot_is_refused() {
    run(async {
        let world = World::new();
        let running = world.start_with_two().await;
        running.stop_and_check().await;
        let newest = world.snapshots.newest();
        world.journal.cut_after(usize::try_from(newest).unwrap() - 1);
        let who = format!("the snapshot of position {newest}");
        let loss = Loss::Shorter { end: newest - 1, known: newest, who };
        assert_eq!(world.refusal().await, loss);
        // Whether it can be read does not matter: it got its name when it was whole.
        world.snapshots.damage(newest);
        assert_eq!(world.refusal().await, loss);
    });
}

#[test]
fn a_journal_with_another_past_than_a_snapshot_is_refused() {
    run(async {
        let world = World::new();
        let running = world.start_with_two().await;
        running.stop_and_check().await;
        // A backup was put back in place, and paid on by a program that knew of no snapshots.
        let newest = world.snapshots.newest();
        world.journal.cut_after(usize::try_from(newest).unwrap() - 1);
        let other = RunningBank::start_with(&world.journal, 64, NOW, None).await;
        for n in 0..3 {
            other.pay_until_known(&format!("another-past-{n}"), 3).await;
        }
        other.stop_and_check().await;
        let who = format!("the snapshot of position {newest}");
        assert_eq!(world.refusal().await, Loss::Another { position: newest, who });
    });
}

#[test]
fn what_goes_wrong_with_a_snapshot_harms_no_payment_and_is_not_tried_at_once_again() {
    run(async {
        let world = World::new();
        let running = world.start_with_two().await;
        for (room, name) in [(Room::None, "full"), (Room::Panics, "panics")] {
            let before = world.snapshots.tried().len();
            world.snapshots.set_room(room);
            world.pay_until(&running, name, || world.snapshots.tried().len() > before).await;
            // The journal grows no more, but for what was paid during the try; looks go by.
            let tried_again =
                eventually("world.snapshots.tried().len() > before + 2", async || {
                    world.snapshots.tried().len() > before + 2
                });
            assert!(tokio::time::timeout(SEVERAL_LOOKS, tried_again).await.is_err());
            world.snapshots.set_room(Room::Enough);
            let newest = world.snapshots.newest();
            let again = format!("{name}-again");
            world.pay_until(&running, &again, || world.snapshots.newest() > newest).await;
            let tried = world.snapshots.tried();
            assert!(tried.windows(2).all(|pair| pair[1] >= pair[0] + EVERY), "{tried:?}");
        }
        running.is_running_again("bank/snapshots", 2).await;
        let snapshot = running.tree.snapshot();
        let restarted = snapshot.nodes.iter().filter(|node| node.generation > 1);
        let restarted: Vec<_> = restarted.map(|node| node.path.to_string()).collect();
        assert_eq!(restarted, ["bank/snapshots"]);
        running.stop_and_check().await;
    });
}

#[test]
fn a_crash_of_the_snapshots_actor_is_restarted_and_harms_nothing() {
    run(async {
        let world = World::new();
        let running = world.start_with_two().await;
        running.tree.crash("bank/snapshots").await.unwrap();
        running.is_running_again("bank/snapshots", 2).await;
        let newest = world.snapshots.newest();
        world.pay_until(&running, "after", || world.snapshots.newest() > newest).await;
        let newest = world.snapshots.newest();
        assert_eq!(world.restart(running).await, [newest - 1]);
    });
}
