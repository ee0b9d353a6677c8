//! What becomes of a payment after its authorization: at once, across crashes, and in time.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bancada_bank::ledger::{
    CaptureError, CaptureRefusal, ChangeLimitError, HOLD_MS, PaymentStatus, RefundRefusal,
    VoidRefusal,
};
use bancada_bank::{BankError, LimitRequest, PaymentRequest};
use bancada_kernel::{Money, Timestamp};
use futures_util::future::{join, join_all};

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

/// From here on a hold that was placed at the start has expired.
const OVER: Timestamp = Timestamp(NOW.0 + HOLD_MS);

#[test]
fn a_hold_is_captured_in_part_and_returned_in_parts() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let id = running.hold("hold", 500).await;
        let captured = running.capture("c", id, 300).await.unwrap();
        assert!(!captured.replayed);
        assert_eq!(captured.outcome.as_ref().unwrap().captured_minor, 300);
        for (key, minor) in [("r1", 100), ("r2", 200)] {
            assert!(running.refund(key, id, minor).await.unwrap().outcome.is_ok());
        }
        let again = running.capture("c", id, 300).await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.outcome, captured.outcome, "as it was, before anything was returned");
        let more = running.refund("r3", id, 1).await.unwrap();
        assert_eq!(more.outcome, Err(RefundRefusal::MoreThanCaptured));
        assert_eq!(running.status(id).await, PaymentStatus::Refunded);
        let ledger = running.stop_and_check().await;
        assert_eq!(ledger.card(&token()).unwrap().available_minor(), 1_000);
    });
}

#[test]
fn a_key_belongs_to_one_request_of_any_kind() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let id = running.hold("hold", 500).await;
        running.capture("c", id, 300).await.unwrap().outcome.unwrap();
        let is_reused = |text: String| assert!(text.contains("used before"), "{text}");
        is_reused(running.capture("c", id, 301).await.unwrap_err().to_string());
        is_reused(running.capture("hold", id, 300).await.unwrap_err().to_string());
        is_reused(running.refund("c", id, 300).await.unwrap_err().to_string());
        is_reused(running.void("c", id).await.unwrap_err().to_string());
        is_reused(running.pay("c", 300).await.unwrap_err().to_string());
        let closing = running.bank.abandon(merchant(), key("c"), None).await;
        is_reused(closing.unwrap_err().to_string());
        let nothing = running.capture("zero", id, 0).await;
        assert_eq!(nothing, Err(BankError::Refused(CaptureError::AmountNotPositive)));
        running.stop_and_check().await;
    });
}

#[test]
fn of_many_who_want_the_hold_one_gets_it() {
    run(async {
        let running = RunningBank::with_limit(100_000).await;
        for round in 0..20 {
            let id = running.hold(&format!("hold{round}"), 100).await;
            let captures = join_all((0..8).map(|n| {
                let running = &running;
                // Four keys, each used by two requests.
                let key = format!("c{round}-{}", n % 4);
                async move { running.capture(&key, id, 60).await.unwrap() }
            }));
            let void_key = format!("v{round}");
            let (captures, void) = join(captures, running.void(&void_key, id)).await;
            let n_captured =
                captures.iter().filter(|answer| answer.outcome.is_ok() && !answer.replayed).count();
            let is_void = void.unwrap().outcome.is_ok();
            assert_eq!(n_captured + usize::from(is_void), 1);
            for (n, answer) in captures.iter().enumerate().take(4) {
                assert_eq!(answer.outcome, captures[n + 4].outcome, "one key, one answer");
            }
        }
        running.stop_and_check().await;
    });
}

/// Places, captures and returns, or places and gives up, 20 at once, while something is disturbed.
async fn live_through(disturb: impl AsyncFnOnce(&RunningBank)) {
    let running = RunningBank::with_limit(100_000_000).await;
    let is_over = Cell::new(false);
    let lives = join_all((0..20).map(|merchant| {
        let (running, is_over) = (&running, &is_over);
        async move {
            let mut n_kept = 0;
            for n in 0.. {
                if is_over.get() {
                    break;
                }
                let key = |of: &str| format!("{of}-{merchant}-{n}");
                let id = running.hold(&key("hold"), 10).await;
                if n % 3 == 0 {
                    let answer = until_known(async || running.void(&key("v"), id).await).await;
                    assert_eq!(answer.outcome.unwrap().status, PaymentStatus::Voided);
                } else {
                    let capture = async || running.capture(&key("c"), id, 7).await;
                    assert_eq!(until_known(capture).await.outcome.unwrap().captured_minor, 7);
                    let refund = async || running.refund(&key("r"), id, 2).await;
                    assert_eq!(until_known(refund).await.outcome.unwrap().refunded_minor, 2);
                    let void = until_known(async || running.void(&key("v"), id).await).await;
                    assert_eq!(void.outcome, Err(VoidRefusal::Captured));
                    n_kept += 5;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            n_kept
        }
    }));
    let disturbing = async {
        disturb(&running).await;
        is_over.set(true);
    };
    let (kept, ()) = join(lives, disturbing).await;
    let ledger = running.stop_and_check().await;
    let card = ledger.card(&token()).unwrap();
    assert_eq!((card.balance.minor, card.held.minor), (kept.iter().sum(), 0));
}

#[test]
fn a_ledger_that_crashes_loses_and_doubles_nothing_of_a_life() {
    run(live_through(async |running| {
        for generation in 2..=4 {
            let seen = running.journal.n_entries();
            eventually("running.journal.n_entries() >= seen + 40", async || {
                running.journal.n_entries() >= seen + 40
            })
            .await;
            running.tree.crash("bank/ledger").await.unwrap();
            running.is_running_again("bank/ledger", generation).await;
        }
    }));
}

#[test]
fn a_journal_that_crashes_loses_and_doubles_nothing_of_a_life() {
    run(live_through(async |running| {
        eventually("running.journal.n_entries() >= 80", async || running.journal.n_entries() >= 80)
            .await;
        running.tree.crash("bank/journal").await.unwrap();
        running.is_running_again("bank/ledger", 2).await;
        let seen = running.journal.n_entries();
        eventually("running.journal.n_entries() >= seen + 80", async || {
            running.journal.n_entries() >= seen + 80
        })
        .await;
        running.journal.set_disk(Disk::Panicking);
        running.is_running_again("bank/ledger", 3).await;
    }));
}

#[test]
fn a_restarted_bank_gives_the_answers_it_gave() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let id = running.hold("hold", 500).await;
        let early = running.refund("early", id, 100).await.unwrap();
        assert_eq!(early.outcome, Err(RefundRefusal::NotCaptured));
        let captured = running.capture("c", id, 300).await.unwrap();
        let refunded = running.refund("r", id, 300).await.unwrap();
        let twice = running.capture("twice", id, 300).await.unwrap();
        assert_eq!(twice.outcome, Err(CaptureRefusal::AlreadyCaptured));
        let journal = running.journal.clone();
        let before = running.stop_and_check().await;

        let again = RunningBank::start(&journal, 16).await;
        let repeated = again.refund("early", id, 100).await.unwrap();
        assert_eq!((&repeated.outcome, repeated.replayed), (&early.outcome, true));
        assert_eq!(again.capture("c", id, 300).await.unwrap().outcome, captured.outcome);
        assert_eq!(again.refund("r", id, 300).await.unwrap().outcome, refunded.outcome);
        assert_eq!(again.capture("twice", id, 300).await.unwrap().outcome, twice.outcome);
        let held = PaymentRequest { capture: false, ..sale("hold", 500) };
        let held = again.bank.authorize(held).await.unwrap().payment;
        assert_eq!(held.status, PaymentStatus::Authorized, "as it was answered");
        let after = again.stop_and_check().await;
        assert_eq!(after.state_hash(), before.state_hash(), "nothing new was recorded");
    });
}

#[test]
fn a_hold_expires_while_the_bank_runs() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let id = running.hold("hold", 400).await;
        let kept = running.hold("kept", 100).await;
        running.capture("c", kept, 100).await.unwrap().outcome.unwrap();
        running.world.now_ms.store(OVER.0, Ordering::Relaxed);
        let n_entries = running.journal.n_entries();
        eventually("running.journal.n_entries() > n_entries", async || {
            running.journal.n_entries() > n_entries
        })
        .await;
        assert_eq!(running.status(id).await, PaymentStatus::Expired);
        assert_eq!(running.status(kept).await, PaymentStatus::Captured);
        let late = running.capture("late", id, 400).await.unwrap();
        assert_eq!(late.outcome, Err(CaptureRefusal::Expired));
        let ledger = running.stop_and_check().await;
        assert_eq!(ledger.card(&token()).unwrap().available_minor(), 900);
    });
}

#[test]
fn a_hold_that_ended_while_the_bank_was_away_expires_once_it_is_back() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let id = running.hold("hold", 400).await;
        let journal = running.journal.clone();
        running.stop_and_check().await;

        let n_entries = journal.n_entries();
        let again = RunningBank::start_at(&journal, 16, OVER).await;
        // A capture that comes before anybody looked is late all the same.
        let late = until_known(async || again.capture("late", id, 400).await).await;
        assert_eq!(late.outcome, Err(CaptureRefusal::Expired));
        eventually("journal.n_entries() >= n_entries + 2", async || {
            journal.n_entries() >= n_entries + 2
        })
        .await;
        assert_eq!(again.status(id).await, PaymentStatus::Expired);
        // It is recorded: a ledger that crashes does not do it again.
        again.tree.crash("bank/ledger").await.unwrap();
        again.is_running_again("bank/ledger", 2).await;
        until_known(async || again.bank.find_card(token()).await).await;
        again.stop_and_check().await;
        assert_eq!(journal.n_entries(), n_entries + 2, "one refusal and one expiry");

        let third = RunningBank::start_at(&journal, 16, NOW).await;
        let late = until_known(async || third.capture("late", id, 400).await).await;
        assert_eq!(late.outcome, Err(CaptureRefusal::Expired), "also with a clock set back");
        third.stop_and_check().await;
    });
}

#[test]
fn holds_end_in_a_race_with_captures_and_each_ends_once() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let keys: Vec<_> = (0..300).map(|n| format!("{n}")).collect();
        let mut ids = Vec::new();
        for key in &keys {
            ids.push(running.hold(&format!("hold{key}"), 10).await);
        }
        running.world.now_ms.store(OVER.0 - 1, Ordering::Relaxed);
        let n_entries = running.journal.n_entries();
        let captures = join_all(keys.iter().zip(&ids).enumerate().map(|(n, (key, id))| {
            let running = &running;
            async move {
                if n == 100 {
                    running.world.now_ms.store(OVER.0, Ordering::Relaxed);
                }
                running.capture(&format!("c{key}"), *id, 10).await.unwrap().outcome.is_ok()
            }
        }));
        let n_captured = captures.await.into_iter().filter(|is_captured| *is_captured).count();
        // Every capture was answered; what is left expires.
        eventually("every entry is written", async || {
            running.journal.n_entries() == n_entries + 300 + 300 - n_captured
        })
        .await;
        let ledger = running.stop_and_check().await;
        let card = ledger.card(&token()).unwrap();
        assert_eq!(usize::try_from(card.balance.minor).unwrap(), n_captured * 10);
        assert_eq!(card.held.minor, 0);
    });
}

#[test]
fn a_full_disk_lets_nothing_expire_until_it_has_room() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let id = running.hold("hold", 400).await;
        running.journal.set_disk(Disk::Full);
        assert_eq!(running.pay("k", 1).await.unwrap_err(), BankError::StorageFull);
        running.world.now_ms.store(OVER.0, Ordering::Relaxed);
        until_known(async || running.bank.find_card(token()).await).await;
        assert_eq!(running.void("v", id).await, Err(BankError::StorageFull));
        let (n_refused, n_probes) = running.journal.n_refused_and_probes();
        // The journal looks for room four times as often as the ledger looks for ended holds.
        eventually("running.journal.n_refused_and_probes().1 >= n_probes + 8", async || {
            running.journal.n_refused_and_probes().1 >= n_probes + 8
        })
        .await;
        assert_eq!(running.journal.n_refused_and_probes().0, n_refused, "nothing was tried");
        running.journal.set_disk(Disk::Well);
        let n_entries = running.journal.n_entries();
        eventually("running.journal.n_entries() > n_entries", async || {
            running.journal.n_entries() > n_entries
        })
        .await;
        assert_eq!(running.status(id).await, PaymentStatus::Expired);
        running.stop_and_check().await;
    });
}

#[test]
fn a_limit_that_changed_decides_from_then_on() {
    run(async {
        let running = RunningBank::start(&MemoryJournal::new(), 16).await;
        running.bank.issue_card(card(100)).await.unwrap();
        assert!(!is_approved(&running.pay("before", 500).await.unwrap().payment));
        let request = |minor| LimitRequest { token: token(), limit: Money::brl(minor) };
        let changed = running.bank.set_card_limit(request(500)).await.unwrap();
        assert_eq!((changed.limit, changed.sequence), (Money::brl(500), 3));
        let same = running.bank.set_card_limit(request(500)).await.unwrap();
        assert_eq!(same, changed, "a repetition is harmless");
        assert!(is_approved(&running.pay("after", 500).await.unwrap().payment));
        let negative = running.bank.set_card_limit(request(-1)).await;
        assert_eq!(negative, Err(BankError::Refused(ChangeLimitError::LimitNegative)));
        running.stop_and_check().await;
    });
}
