//! One key, one effect, whichever ledgers of a Bank it is brought to.

use std::sync::atomic::Ordering;

use bancada_bank::ledger::ANSWERS_KEPT_MS;
use bancada_bank::{BankError, BillRequest, Vault};
use bancada_kernel::{CardNumber, EventKind, Money};
use futures_util::future::join_all;

use crate::running_bank::*;
use crate::shards::{N_SHARDS, Shards};
use bancada_testbed::MemoryJournal;

/// What a cardholder pays on the card of a shard.
fn bill(shards: &Shards, shard: usize, name: &str, minor: i64) -> BillRequest {
    let number = CardNumber::parse(&shards.numbers[shard]).unwrap();
    let token = Vault::new([7; 32]).token(&number);
    BillRequest { key: key(name), token, amount: Money::brl(minor), trace: None }
}

#[test]
fn a_bills_key_has_one_effect_whichever_shards_it_is_brought_to_also_after_a_restart() {
    run(async {
        let shards = Shards::start().await;
        let bank = &shards.running.bank;
        // All at once.
        let asked = (0..N_SHARDS).map(|shard| bank.pay_bill(bill(&shards, shard, "bill", 100)));
        let answers = join_all(asked).await;
        let paid: Vec<usize> = (0..N_SHARDS).filter(|shard| answers[*shard].is_ok()).collect();
        let [first] = paid[..] else { panic!("one of them is booked: {answers:?}") };
        for shard in 0..N_SHARDS {
            let again = bank.pay_bill(bill(&shards, shard, "bill", 100)).await;
            match again {
                Ok(again) => assert!(shard == first && again.replayed),
                Err(error) => assert!(matches!(error, BankError::Refused(_)), "{error}"),
            }
        }
        // A key that led to nothing is free for another card.
        let senseless = bank.pay_bill(bill(&shards, 0, "free", 0)).await.unwrap_err();
        assert!(matches!(senseless, BankError::Refused(_)), "{senseless}");
        assert!(!bank.pay_bill(bill(&shards, 1, "free", 5)).await.unwrap().replayed);
        let (journals, numbers) = (shards.journals.clone(), shards.numbers.clone());
        shards.stop_and_check().await;

        let shards = Shards::over(journals, numbers).await;
        let bank = &shards.running.bank;
        eventually("bank.readiness().is_ok()", async || bank.readiness().is_ok()).await;
        for shard in 0..N_SHARDS {
            let again = bank.pay_bill(bill(&shards, shard, "bill", 100)).await;
            assert_eq!(again.is_ok(), shard == first, "after a restart: {again:?}");
            let free = bank.pay_bill(bill(&shards, shard, "free", 5)).await;
            assert_eq!(free.is_ok_and(|it| it.replayed), shard == 1);
        }
        let n_bills: usize = shards.journals.iter().map(n_bills).sum();
        assert_eq!(n_bills, 2, "one for each key");
        shards.stop_and_check().await;
    });
}

fn n_bills(journal: &MemoryJournal) -> usize {
    let entries = journal.entries();
    entries.iter().filter(|entry| entry.event.kind == EventKind::BillPaid).count()
}

#[test]
fn a_wall_clock_that_jumps_makes_no_key_a_second_charge_in_any_shard() {
    run(async {
        let shards = Shards::start().await;
        let (bank, world) = (&shards.running.bank, &shards.running.world);
        let first = bank.authorize(shards.sale(0, "key", 5)).await.unwrap().payment;
        let kept_ms = i64::try_from(ANSWERS_KEPT_MS).unwrap();
        // Ahead twice, so that whatever went by this clock were forgotten, and then back.
        let jumps = [&[2 * kept_ms, 2 * kept_ms][..], &[-4 * kept_ms], &[-NOW.0], &[9 * kept_ms]];
        for jumps in jumps {
            for jump in jumps {
                let now = world.now_ms.fetch_add(*jump, Ordering::Relaxed);
                // Every ledger, and the homes of many keys, look at their clocks.
                for n in 0..96 {
                    let name = format!("{now}-{jump}-{n}");
                    bank.authorize(shards.sale(n % N_SHARDS, &name, 1)).await.unwrap();
                }
            }
            let other = bank.authorize(shards.sale(1, "key", 5)).await.unwrap_err();
            assert!(matches!(other, BankError::Refused(_)), "{other}");
            let again = bank.authorize(shards.sale(0, "key", 5)).await.unwrap();
            assert!(again.replayed && again.payment.id == first.id, "after {jumps:?}");
        }
        shards.stop_and_check().await;
    });
}
