//! Several ledgers in one Bank.

use std::collections::HashSet;

use bancada_bank::ledger::{Ledger, PaymentStatus, check};
use bancada_bank::{
    BankError, CardRequest, NumberedRequest, OperationRequest, PaymentQuery, PaymentRequest,
};
use bancada_kernel::{CardNumber, Currency, Money, PaymentId, Shard, ShardCount};
use futures_util::future::{join, join_all, join3};
use tokio::sync::{mpsc, oneshot};

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

pub(crate) const N_SHARDS: usize = 3;

/// A Bank of several shards with a card in each of them.
pub(crate) struct Shards {
    pub(crate) running: RunningBank,
    pub(crate) journals: Vec<MemoryJournal>,
    /// By shard.
    pub(crate) numbers: Vec<String>,
}

impl Shards {
    pub(crate) async fn start() -> Shards {
        let journals = vec![(); N_SHARDS].into_iter().map(|()| MemoryJournal::new()).collect();
        Shards::over(journals, Vec::new()).await
    }

    pub(crate) async fn over(journals: Vec<MemoryJournal>, numbers: Vec<String>) -> Shards {
        let running = RunningBank::over(&journals).await;
        let mut shards = Shards { running, journals, numbers };
        if shards.numbers.is_empty() {
            eventually("shards.running.bank.readiness().is_ok()", async || {
                shards.running.bank.readiness().is_ok()
            })
            .await;
            shards.issue_cards().await;
        }
        shards
    }

    /// One card for each shard, found by trying.
    async fn issue_cards(&mut self) {
        let count = self.running.bank.shards();
        let mut found: Vec<Option<String>> = vec![None; N_SHARDS];
        for n in 0.. {
            let Some(number) = (0..10)
                .map(|check| format!("40000000{n:07}{check}"))
                .find(|number| CardNumber::parse(number).is_ok())
            else {
                continue;
            };
            let request =
                CardRequest { number: CardNumber::parse(&number).unwrap(), ..card(1_000) };
            let issued = self.running.bank.issue_card(request).await.unwrap();
            let shard = usize::from(count.of_card(&issued.token).number());
            found[shard].get_or_insert(number);
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        self.numbers = found.into_iter().flatten().collect();
    }

    async fn restart(self) -> Shards {
        self.running.tree.shutdown().await;
        Shards::over(self.journals, self.numbers).await
    }

    pub(crate) fn sale(&self, shard: usize, key: &str, amount_minor: i64) -> PaymentRequest {
        PaymentRequest {
            number: CardNumber::parse(&self.numbers[shard]).unwrap(),
            ..sale(key, amount_minor)
        }
    }

    /// Stops, and holds every journal against the invariants; the payments of each shard.
    pub(crate) async fn stop_and_check(self) -> Vec<usize> {
        self.running.tree.shutdown().await;
        let mut sum = 0;
        let payments = self.journals.iter().map(|journal| {
            let entries = journal.entries();
            let mut ledger = Ledger::new(Currency::BRL);
            entries.iter().for_each(|entry| ledger.apply(entry));
            assert_eq!(check(&ledger, &entries), []);
            sum += ledger.books().map(|(_, sum)| sum).sum::<i128>();
            ledger.payments().count()
        });
        let payments = payments.collect();
        assert_eq!(sum, 0, "and in total");
        payments
    }
}

/// Waits for a condition; the test's own deadline is the limit.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    while !holds().await {
        tokio::task::yield_now().await;
    }
}

fn operation(key_text: &str, payment: PaymentId) -> OperationRequest {
    OperationRequest { merchant: merchant(), key: key(key_text), payment, trace: None }
}

#[test]
fn each_card_is_in_its_shard_and_everything_is_found_again() {
    run(async {
        let mut shards = Shards::start().await;
        let mut paid = Vec::new();
        for shard in 0..N_SHARDS {
            let request = shards.sale(shard, &format!("k{shard}"), 100);
            let payment = shards.running.bank.authorize(request).await.unwrap().payment;
            let count = shards.running.bank.shards();
            assert_eq!(count.of_payment(payment.id).map(Shard::number), Some(shard as u16));
            paid.push(payment);
        }
        for _ in 0..2 {
            let bank = &shards.running.bank;
            for (shard, payment) in paid.iter().enumerate() {
                let by_id = bank.find_payment(merchant(), PaymentQuery::Id(payment.id)).await;
                assert_eq!(by_id.unwrap().as_ref(), Some(payment));
                let by_key = PaymentQuery::Key(key(&format!("k{shard}")));
                assert_eq!(
                    bank.find_payment(merchant(), by_key).await.unwrap().as_ref(),
                    Some(payment)
                );
                let again = bank.authorize(shards.sale(shard, &format!("k{shard}"), 100)).await;
                assert!(again.unwrap().replayed);
            }
            let cards = bank.list_cards(None, 100).await.unwrap();
            assert!(cards.is_sorted_by_key(|card| card.token.clone()));
            assert!(cards.len() >= N_SHARDS);
            let first = bank.list_cards(None, 2).await.unwrap();
            let rest = bank.list_cards(Some(first[1].token.clone()), 100).await.unwrap();
            assert_eq!([first, rest].concat(), cards, "pages go across shards");
            shards = shards.restart().await;
            eventually("shards.running.bank.readiness().is_ok()", async || {
                shards.running.bank.readiness().is_ok()
            })
            .await;
        }
        assert_eq!(shards.stop_and_check().await, [1; N_SHARDS]);
    });
}

#[test]
fn a_key_has_one_effect_whatever_card_it_comes_with() {
    run(async {
        let mut shards = Shards::start().await;
        for round in 0..2 {
            let bank = &shards.running.bank;
            bank.authorize(shards.sale(0, "key", 100)).await.unwrap();
            for shard in 1..N_SHARDS {
                let reused = bank.authorize(shards.sale(shard, "key", 100)).await.unwrap_err();
                assert!(matches!(reused, BankError::Refused(_)), "{reused}");
            }
            // Refused without a record: the key is free for a card of another shard.
            let free = format!("free-{round}");
            let senseless = bank.authorize(shards.sale(0, &free, 0)).await.unwrap_err();
            assert!(matches!(senseless, BankError::Refused(_)), "{senseless}");
            assert!(!bank.authorize(shards.sale(1, &free, 5)).await.unwrap().replayed);
            // An abandoned key is closed for every shard.
            bank.abandon(merchant(), key("lost"), None).await.unwrap();
            for shard in 0..N_SHARDS {
                let late = bank.authorize(shards.sale(shard, "lost", 100)).await.unwrap();
                assert!(late.payment.status.decline().is_some() && late.replayed);
            }
            shards = shards.restart().await;
            eventually("shards.running.bank.readiness().is_ok()", async || {
                shards.running.bank.readiness().is_ok()
            })
            .await;
        }
        shards.stop_and_check().await;
    });
}

#[test]
fn a_hundred_requests_with_one_key_and_cards_of_all_shards_have_one_effect() {
    run(async {
        let shards = Shards::start().await;
        for round in 0..20 {
            let name = format!("same-{round}");
            let asked = (0..99).map(|n| {
                let request = shards.sale(n % N_SHARDS, &name, 1);
                let bank = shards.running.bank.clone();
                // Whoever came between two ledgers asks again, as every client does.
                async move {
                    loop {
                        match bank.authorize(request.clone()).await {
                            Err(BankError::Unavailable) => tokio::task::yield_now().await,
                            answer => return answer,
                        }
                    }
                }
            });
            let answers = join_all(asked).await;
            let ids: HashSet<_> =
                answers.iter().flatten().map(|answer| answer.payment.id).collect();
            assert_eq!(ids.len(), 1, "one payment");
            assert_eq!(answers.iter().flatten().filter(|answer| !answer.replayed).count(), 1);
            let refused = answers.iter().filter(|it| matches!(it, Err(BankError::Refused(_))));
            assert_eq!(refused.count() + answers.iter().flatten().count(), 99);
        }
        assert_eq!(shards.stop_and_check().await.iter().sum::<usize>(), 20);
    });
}

#[test]
fn a_key_that_moves_on_while_its_request_is_on_the_way_has_one_effect() {
    run(async {
        let shards = Shards::start().await;
        let (bank, world) = (&shards.running.bank, &shards.running.world);
        // Its home is the first shard, which has no answer to it.
        bank.authorize(shards.sale(0, "key", 0)).await.unwrap_err();
        // The first shard gives it to the second, but its word for it waits for its disk.
        shards.journals[0].set_disk(Disk::Stuck);
        let before = world.n_uuids();
        let slow = join3(
            bank.authorize(shards.sale(0, "stuck", 1)),
            bank.authorize(shards.sale(1, "key", 5)),
            bank.authorize(shards.sale(0, "behind", 1)),
        );
        // Meanwhile the second gives it to the third, which answers.
        let fast = async {
            // Every decision takes two ids: what is behind the question about the key is decided.
            eventually("world.n_uuids() >= before + 4", async || world.n_uuids() >= before + 4)
                .await;
            let paid = bank.authorize(shards.sale(2, "key", 7)).await;
            shards.journals[0].set_disk(Disk::Well);
            paid
        };
        let ((stuck, slow, behind), fast) = join(slow, fast).await;
        assert!(stuck.is_ok() && behind.is_ok() && !fast.unwrap().replayed);
        assert_eq!(slow, Err(BankError::Unavailable), "the key was its home's no more");
        let again = bank.authorize(shards.sale(1, "key", 5)).await.unwrap_err();
        assert!(matches!(again, BankError::Refused(_)), "{again}");
        assert_eq!(shards.stop_and_check().await, [2, 0, 1]);
    });
}

#[test]
fn a_key_that_moves_on_while_its_batch_is_put_together_has_one_effect() {
    run(async {
        let shards = Shards::start().await;
        let bank = shards.running.bank.clone();
        let batch: Vec<_> = ["key", "other"]
            .iter()
            .zip(0..)
            .map(|(name, id)| {
                let request = shards.sale(1, name, 5);
                NumberedRequest { id, request, deadline: None }
            })
            .collect();
        let (answers, mut answered) = mpsc::unbounded_channel();
        let (first_is_at_home, at_home) = oneshot::channel();
        let (go_on, may_go_on) = std::sync::mpsc::channel();
        let (asking, mut first_is_at_home) = (bank.clone(), Some(first_is_at_home));
        let asking = std::thread::spawn(move || {
            let mut n_looks = 0;
            at_the_clock(move || {
                n_looks += 1;
                if n_looks == 2 {
                    first_is_at_home.take().unwrap().send(()).unwrap();
                    may_go_on.recv().unwrap();
                }
            });
            asking.authorize_many(batch, &answers);
        });
        at_home.await.unwrap();
        assert!(!bank.authorize(shards.sale(2, "key", 7)).await.unwrap().replayed);
        go_on.send(()).unwrap();
        let mut told = [answered.recv().await.unwrap(), answered.recv().await.unwrap()];
        told.sort_by_key(|(id, _)| *id);
        let [(_, moved), (_, other)] = told;
        assert_eq!(moved, Err(BankError::Unavailable), "the key was its home's no more");
        assert!(other.is_ok());
        asking.join().unwrap();
        assert_eq!(shards.stop_and_check().await, [0, 1, 1]);
    });
}

#[test]
fn a_payment_is_captured_and_returned_in_its_own_shard() {
    run(async {
        let shards = Shards::start().await;
        let bank = &shards.running.bank;
        for shard in 0..N_SHARDS {
            let hold =
                PaymentRequest { capture: false, ..shards.sale(shard, &format!("h{shard}"), 50) };
            let id = bank.authorize(hold).await.unwrap().payment.id;
            let captured = bank.capture(operation(&format!("c{shard}"), id), Money::brl(40)).await;
            assert_eq!(captured.unwrap().outcome.unwrap().status, PaymentStatus::Captured);
            let refunded = bank.refund(operation(&format!("r{shard}"), id), Money::brl(40)).await;
            assert_eq!(refunded.unwrap().outcome.unwrap().status, PaymentStatus::Refunded);
            // The key of another shard's payment.
            let other = format!("c{}", (shard + N_SHARDS - 1) % N_SHARDS);
            if shard > 0 {
                let reused = bank.void(operation(&other, id)).await.unwrap_err();
                assert!(matches!(reused, BankError::Refused(_)), "{reused}");
            }
        }
        let nobodys = PaymentId::new(uuid::Uuid::from_u128(7));
        let unknown = bank.void(operation("v", nobodys)).await.unwrap_err();
        assert!(matches!(unknown, BankError::Refused(_)), "{unknown}");
        shards.stop_and_check().await;
    });
}

#[test]
fn a_shard_that_crashes_comes_back_and_the_others_go_on() {
    run(async {
        let shards = Shards::start().await;
        let bank = &shards.running.bank;
        for shard in 0..N_SHARDS {
            bank.authorize(shards.sale(shard, &format!("before-{shard}"), 1)).await.unwrap();
        }
        shards.running.tree.crash("bank/shard-1/ledger").await.unwrap();
        for shard in [0, 2] {
            bank.authorize(shards.sale(shard, &format!("while-{shard}"), 1)).await.unwrap();
        }
        until(async || bank.authorize(shards.sale(1, "after", 1)).await.is_ok()).await;
        assert!(bank.authorize(shards.sale(1, "before-1", 1)).await.unwrap().replayed);
        assert_eq!(shards.stop_and_check().await.iter().sum::<usize>(), 6);
    });
}

#[test]
fn every_shard_has_a_feed_whose_positions_name_it() {
    run(async {
        let shards = Shards::start().await;
        let bank = &shards.running.bank;
        let mut n_events = 0;
        for shard in bank.shards().shards() {
            let feed = bank.feed_of(shard).unwrap();
            let batch = feed.subscribe(0).next_batch().await.unwrap();
            for (event, expected) in batch.events.iter().zip(1..) {
                assert_eq!(Shard::of_position(event.position), shard);
                assert_eq!(Shard::in_journal(event.position), expected);
            }
            n_events += batch.events.len() as u64;
        }
        assert_eq!(n_events, bank.n_committed());
        let four = ShardCount::new(4).unwrap().shards().last().unwrap();
        assert!(bank.feed_of(four).is_none());
        shards.stop_and_check().await;
    });
}
