//! Faults that strike a party: when, which, and how it comes back.

use super::OtherPast;
use super::{Event, World};
use crate::bank::{Began, MustFind};
use crate::planted::{OUTBOX, SHOP, STATEMENT};
use crate::switches::Kind;
use bancada_bank::proof::{Knowledge, Witness};
use bancada_fault_disk::{FaultJournal, SECTOR, SectorFate};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// So many bytes are the last few commits.
const NEAR_THE_END: usize = 12 * SECTOR;

/// What a fault is drawn from.
const FAULTS: [Kind; 17] = [
    Kind::BankEnds,
    Kind::PowerCut,
    Kind::PowerCut,
    Kind::LedgerRestarts,
    Kind::DiskError,
    Kind::DiskError,
    Kind::FullDisk,
    Kind::LyingDisk,
    Kind::LyingDisk,
    Kind::DamagedRow,
    Kind::ShopEnds,
    Kind::ShopDiskError,
    Kind::FullShopDisk,
    Kind::StatementEnds,
    Kind::StatementDiskError,
    Kind::ClockJump,
    Kind::WipedPartition,
];
/// How far the Bank's clock is set: by moments, by more than a hold lasts and an answer is kept,
/// and to before 1970.
const JUMPS_MS: [i64; 8] =
    [-9 * DAY_MS, -HOUR_MS, -1_000, 1_000, HOUR_MS, 7 * DAY_MS, 9 * DAY_MS, -60 * 365 * DAY_MS];
/// How far the shop's clock goes: a shop whose clock is a week ahead never asks about an order
/// again (`KEY_IS_KNOWN_MS`), and its order has no outcome in the end.
const SLOWEST: i64 = -12 * HOUR_MS;
const FASTEST: i64 = 6 * DAY_MS;

impl World {
    pub(super) fn fault(&mut self) {
        let in_ms = self.faults.between(10, 240);
        let (kind, n, ms) =
            (*self.faults.pick(&FAULTS), self.faults.below(8), self.faults.between(10, 200));
        if self.is_settling {
            return;
        }
        self.agenda.put(in_ms, Event::Fault);
        if !self.suffers(kind) {
            return;
        }
        self.note(format_args!("fault: {kind}"));
        match kind {
            Kind::BankEnds => self.strike_bank(false),
            // The mark is what finds a lie, and a power cut may take the mark's end.
            Kind::PowerCut => self.strike_bank(!self.bank.is_lied_to()),
            Kind::LyingDisk => self.lie(),
            Kind::DamagedRow => self.damage_row(n % 2 == 0, ms.unsigned_abs()),
            Kind::LedgerRestarts => self.restart_ledger(),
            Kind::DiskError => self.bank.disk.fail_after(Some(n as u64 / 2)),
            Kind::FullDisk => {
                let left = n * SECTOR;
                self.bank.disk.set_capacity(Some(self.bank.disk.n_bytes() + left));
                self.agenda.put(ms, Event::DiskHasRoom);
            }
            Kind::ShopEnds => self.end_shop(),
            Kind::ShopDiskError => self.shop.disk.failure = Some(n % 2 == 0),
            Kind::FullShopDisk => {
                self.shop.disk.is_full = true;
                self.agenda.put(ms, Event::ShopDiskHasRoom);
            }
            Kind::StatementEnds => self.end_statement(),
            Kind::StatementDiskError => {
                self.statement.calls_until_failure = u32::try_from(n * 2).ok();
            }
            Kind::ClockJump => {
                // Set by somebody, and set right again by somebody else.
                let jump = JUMPS_MS[n];
                let is_wrong = self.clock_offset_ms != 0 && self.faults.one_in(2);
                self.clock_offset_ms = if is_wrong { 0 } else { self.clock_offset_ms + jump };
                self.shop_offset_ms = (self.shop_offset_ms + jump).clamp(SLOWEST, FASTEST);
                let now = self.now().0;
                self.note(format_args!("the bank's clock is at {now}"));
            }
            _ => {
                let partition = self.broker.wipe();
                self.note(format_args!("partition {partition} begins anew"));
                self.poll_soon();
            }
        }
    }

    /// The Bank ends, in the middle of a commit if there is one; the power may go with it.
    fn strike_bank(&mut self, is_power_cut: bool) {
        if self.faults.one_in(2) {
            // The batch is written, and the sync does not come to pass.
            self.bank.take_batch();
            self.bank.disk.fail_after(Some(1));
            self.bank.commit();
            self.bank.disk.fail_after(None);
        }
        if is_power_cut {
            let faults = &mut self.faults;
            self.bank.disk.cut_power(|_| match faults.below(3) {
                0 => SectorFate::Written,
                1 => SectorFate::Lost,
                _ => SectorFate::Torn(faults.below(SECTOR)),
            });
        }
        if is_power_cut {
            self.bank.cut_power();
        }
        self.end_bank();
    }

    /// The Bank ends, and its disk gives back something else: what was synced, and perhaps
    /// answered, is not there any more. After a power cut the mark may be older: then a damage
    /// before later commits is seen, and an end that is missing where a neighbour knows of it.
    fn lie(&mut self) {
        if self.bank.is_lied_to() {
            return;
        }
        let cuts_power = self.faults.one_in(2);
        self.strike_bank(cuts_power);
        let after_power_cut = self.bank.had_power_cut();
        let faults = &mut self.faults;
        let image = self.bank.disk.image();
        if image.len() <= NEAR_THE_END {
            return;
        }
        let kind =
            if after_power_cut { *faults.pick(&[0, 1, 3, 3, 3, 4]) } else { faults.below(5) };
        // What others know besides the mark is at the end, and so is half of what is lost.
        let at = match faults.one_in(2) {
            true => image.len() - 1 - faults.below(NEAR_THE_END),
            false => faults.below(image.len()),
        };
        let (sector, other) = (at / SECTOR, faults.below(image.len() / SECTOR));
        let is_cut = kind > 2;
        let is_before_commits = kind < 2 && FaultJournal::is_before_two_commits(&image, at);
        if after_power_cut && !is_cut && !is_before_commits {
            return;
        }
        let neighbours = self.neighbours();
        let must = match after_power_cut && is_before_commits {
            true => MustFind::All,
            false => MustFind::WhatIsKnown(&neighbours),
        };
        let is_elsewhere = self.elsewhere & 1 == 1;
        let known_elsewhere = match is_elsewhere && self.may.has(Kind::LostElsewhere) {
            true => self.statement.reached_position(),
            false => 0,
        };
        self.note(format_args!("the bank's disk lies from byte {at}: {kind}"));
        self.bank.lie(must, known_elsewhere, |image| match kind {
            0 => image[at] ^= 1 << (at % 8),
            1 => image[sector * SECTOR..(sector + 1) * SECTOR].fill(0),
            2 => (0..SECTOR)
                .for_each(|byte| image.swap(sector * SECTOR + byte, other * SECTOR + byte)),
            // An older copy of a journal is a shorter one.
            3 => image[sector * SECTOR..].fill(0),
            _ => image.clear(),
        });
    }

    pub(super) fn end_bank(&mut self) {
        self.bank.end();
        self.bank_life += 1;
        self.is_commit_due = false;
        let in_ms = self.faults.between(5, 60);
        self.agenda.put(in_ms, Event::BankStarts);
    }

    pub(super) fn start_bank(&mut self) {
        if self.bank.is_up() {
            return;
        }
        let neighbours = self.neighbours();
        match self.bank.start(neighbours) {
            Ok(()) => {
                match self.bank.began() {
                    Began::OnTheTruth => {}
                    Began::OnALoss => {
                        self.fail("I9: the bank starts on a journal that lost its end".to_owned());
                    }
                    Began::WithoutItsEnd => {
                        self.counts.count(Kind::LostElsewhere);
                        self.note(format_args!("only the statement knows that an end is missing"));
                        self.other_past = OtherPast::Unnoticed { n_looks: 0 };
                        self.broker.forget_noted();
                    }
                }
                self.broker.bank_started();
                let n_events = self.bank.events().map_or(0, <[_]>::len);
                self.note(format_args!("the bank starts at position {n_events}"));
                // Everything costs as much as the journal is long, so it is looked at now and then.
                if self.faults.one_in(8)
                    && let Err(breach) = self.bank.examine()
                {
                    self.fail(breach);
                }
                self.relay_soon();
            }
            Err(error) if error.to_string().contains("the disk failed") => {
                self.note(format_args!("the bank does not start: {error}"));
                self.agenda.put(10, Event::BankStarts);
            }
            Err(error) if error.is_final() && self.bank.put_truth_back() => {
                self.note(format_args!("the bank refuses to start: {error}"));
                self.agenda.put(10, Event::BankStarts);
            }
            Err(error) => self.fail(format!("I1: the bank cannot start: {error}")),
        }
    }

    /// What others on the Bank's machine know of its journal.
    fn neighbours(&self) -> Vec<Witness> {
        let witness = |who: &str, knows| Witness { who: who.to_owned(), knows };
        let orders = self.shop.disk.orders();
        let paid = orders.filter_map(bancada_checkout::order::Order::payment);
        let of_shop = paid.map(|payment| witness(SHOP, Knowledge::Payment(payment)));
        let others = [
            witness(STATEMENT, self.statement.knows()),
            witness(OUTBOX, Knowledge::Event(self.broker.noted(), None)),
        ];
        let is_beside = |witness: &Witness| {
            let of_run = [STATEMENT, SHOP, OUTBOX].into_iter().zip(0..);
            of_run.filter(|(who, _)| *who == witness.who).all(|(_, n)| self.elsewhere >> n & 1 == 0)
        };
        others.into_iter().chain(of_shop).filter(is_beside).collect()
    }

    /// A process ends, and one of its rows is another when it starts again, or is gone. What was
    /// lost elsewhere meanwhile, and is known from these rows alone, would be lost for good.
    fn damage_row(&mut self, is_shop: bool, drawn: u64) {
        if self.bank.is_lied_to() || self.other_past != OtherPast::None {
            return;
        }
        let (nth, is_gone) = (usize::try_from(drawn / 2).unwrap_or(0), drawn.is_multiple_of(2));
        if is_shop && self.shop.is_up() {
            self.end_shop();
            self.shop.disk.damage(nth, is_gone);
        } else if self.statement.is_up {
            self.end_statement();
            self.statement.damage(nth, is_gone);
        }
    }

    fn restart_ledger(&mut self) {
        match self.bank.restart_ledger() {
            Some(Ok(replies)) => {
                replies.into_iter().for_each(|reply| self.send(Event::AtClient(reply)));
                self.relay_soon();
            }
            Some(Err(why)) => {
                self.note(format_args!("the bank ends: {why}"));
                self.end_bank();
            }
            None => {}
        }
    }

    pub(super) fn end_shop(&mut self) {
        if !self.shop.is_up() {
            return;
        }
        self.shop.end();
        self.shop_life += 1;
        let in_ms = self.faults.between(5, 60);
        self.agenda.put(in_ms, Event::ShopStarts);
    }

    pub(super) fn start_shop(&mut self) {
        match self.shop.start(self.shop_now()) {
            Some(acts) => {
                self.note(format_args!("the shop starts"));
                self.act(acts);
            }
            None => {
                self.note(format_args!("the shop refuses to start: its orders are damaged"));
                self.shop.disk.put_truth_back();
                self.agenda.put(10, Event::ShopStarts);
            }
        }
    }

    pub(super) fn end_statement(&mut self) {
        self.statement.is_up = false;
        let in_ms = self.faults.between(5, 60);
        self.agenda.put(in_ms, Event::StatementStarts);
    }
}
