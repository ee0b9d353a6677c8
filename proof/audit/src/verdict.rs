//! The verdict: what matches, what does not, and the money on both sides.

use std::fmt;

use serde::Serialize;

use crate::bank::{AcceptedLoss, BankView};

/// Examples that are printed of each kind.
const MAX_EXAMPLES: usize = 10;

/// One party held against the Bank.
#[derive(Debug, Serialize)]
pub struct Comparison {
    name: &'static str,
    pub(crate) matched: u64,
    missing: u64,
    duplicate: u64,
    mismatch: u64,
    /// Not known to the party; not an error.
    pub(crate) unknown: u64,
    /// Told more than once by a party that may do so; not an error.
    pub(crate) repeated: u64,
    /// Told by the party, and not of this system; not an error.
    pub(crate) foreign: u64,
    /// What the two sums are of, as a word: payers know what was charged, a statement what is owed.
    #[serde(skip)]
    sum_of: &'static str,
    /// By the Bank. As wide as no sum of amounts can outgrow, also of an old journal.
    pub(crate) bank_minor: i128,
    /// By the party.
    pub(crate) other_minor: i128,
    examples: Vec<String>,
    /// Why the party could not be asked, if it could not: then nothing is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<String>,
}

impl Comparison {
    pub(crate) fn new(name: &'static str, sum_of: &'static str) -> Comparison {
        Comparison {
            name,
            matched: 0,
            missing: 0,
            duplicate: 0,
            mismatch: 0,
            unknown: 0,
            repeated: 0,
            foreign: 0,
            sum_of,
            bank_minor: 0,
            other_minor: 0,
            examples: Vec::new(),
            unread: None,
        }
    }

    /// Of a party that cannot be asked.
    pub fn unread(name: &'static str, sum_of: &'static str, why: String) -> Comparison {
        Comparison { unread: Some(why), ..Comparison::new(name, sum_of) }
    }

    /// Whether the party knows what the Bank knows.
    pub fn is_well(&self) -> bool {
        (self.missing, self.duplicate, self.mismatch) == (0, 0, 0) && self.unread.is_none()
    }

    /// When all was compared: sums that differ are a mismatch of their own.
    pub(crate) fn closed(mut self) -> Comparison {
        if self.bank_minor != self.other_minor {
            let [bank, other] = [self.bank_minor, self.other_minor].map(reais);
            self.mismatch(format!("{} {bank} at the bank, {other} here", self.sum_of));
        }
        self
    }

    pub(crate) fn missing(&mut self, what: String) {
        self.missing += 1;
        self.example("missing", what);
    }

    pub(crate) fn duplicate(&mut self, what: String) {
        self.duplicate += 1;
        self.example("duplicate", what);
    }

    pub(crate) fn mismatch(&mut self, what: String) {
        self.mismatch += 1;
        self.example("mismatch", what);
    }

    fn example(&mut self, kind: &str, what: String) {
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(format!("{kind}: {what}"));
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { name, matched, missing, duplicate, mismatch, unknown, .. } = self;
        if let Some(why) = &self.unread {
            return write!(out, "{name}: cannot be read: {why}");
        }
        write!(
            out,
            "{name}: match {matched}, missing {missing}, duplicate {duplicate}, \
             mismatch {mismatch}, unknown {unknown}; {} {} at the bank, {} here",
            self.sum_of,
            reais(self.bank_minor),
            reais(self.other_minor),
        )?;
        if self.repeated + self.foreign == 0 {
            return Ok(());
        }
        let (repeated, foreign) = (self.repeated, self.foreign);
        write!(out, "\n  repeated {repeated}, foreign {foreign}; both are passed over")
    }
}

/// What a verdict comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everybody knows what the Bank knows.
    Well,
    /// Something is lost, doubled, overspent or different; or the load log is cut.
    Found,
    /// Nothing was found, and somebody could not be read.
    Unproven,
}

/// Everything together.
#[derive(Debug, Serialize)]
pub struct Verdict {
    position: u64,
    payments: usize,
    lost: u64,
    duplicate: u64,
    mismatch: u64,
    overspent: usize,
    /// Parties that could not be asked.
    #[serde(skip_serializing_if = "is_zero")]
    unread: usize,
    /// What of the mismatch is the Bank's own: events and balances that do not add up.
    bank_mismatch: usize,
    /// What was given up once, for as long as the Bank keeps its journal; not an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_loss: Option<AcceptedLoss>,
    comparisons: Vec<Comparison>,
    examples: Vec<String>,
    /// Why the load log may lack payments, if it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_log: Option<String>,
    /// Whether it may, and whoever asked knows.
    #[serde(skip)]
    may_be_cut: bool,
}

impl Verdict {
    /// Adds up what the comparisons and the Bank's own history say.
    pub fn new(bank: &BankView, comparisons: Vec<Comparison>) -> Verdict {
        let sum = |of: fn(&Comparison) -> u64| comparisons.iter().map(of).sum::<u64>();
        let unread = comparisons.iter().filter(|it| it.unread.is_some()).count();
        Verdict {
            position: bank.n_events(),
            payments: bank.payments.len(),
            lost: sum(|it| it.missing),
            duplicate: sum(|it| it.duplicate),
            mismatch: sum(|it| it.mismatch) + bank.broken.len() as u64,
            overspent: bank.overspent.len(),
            unread,
            bank_mismatch: bank.broken.len(),
            accepted_loss: bank.accepted_loss.clone(),
            examples: bank.overspent.iter().chain(&bank.broken).take(10).cloned().collect(),
            comparisons,
            cut_log: None,
            may_be_cut: false,
        }
    }

    /// With what is known of the load log: why it may lack payments, and whether that is known.
    #[must_use]
    pub fn of_log(self, cut_log: Option<String>, may_be_cut: bool) -> Verdict {
        Verdict { cut_log, may_be_cut, ..self }
    }

    /// What it comes to: whoever could not be asked proves nothing.
    pub fn outcome(&self) -> Outcome {
        let is_whole = self.may_be_cut || self.cut_log.is_none();
        let found = [self.lost, self.duplicate, self.mismatch, self.overspent as u64];
        match (found == [0; 4] && is_whole, self.unread) {
            (false, _) => Outcome::Found,
            (true, 0) => Outcome::Well,
            (true, _) => Outcome::Unproven,
        }
    }
}

/// For people, as many lines as it takes.
impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "bank: {} payments, {} events", self.payments, self.position)?;
        match self.bank_mismatch {
            0 => writeln!(out)?,
            mismatch => writeln!(out, ", mismatch {mismatch}")?,
        }
        for it in &self.comparisons {
            writeln!(out, "{it}")?;
            for example in &it.examples {
                writeln!(out, "  {example}")?;
            }
        }
        for example in &self.examples {
            writeln!(out, "  bank: {example}")?;
        }
        if let Some(AcceptedLoss { n_times, n_events, moved_minor }) = &self.accepted_loss {
            let moved = reais(*moved_minor);
            writeln!(
                out,
                "accepted loss: {n_events} events, {moved} moved in them ({n_times} times)"
            )?;
        }
        if let Some(cut) = &self.cut_log {
            writeln!(out, "{cut}")?;
        }
        let Verdict { lost, duplicate, mismatch, overspent, .. } = self;
        write!(
            out,
            "lost {lost}, duplicate {duplicate}, mismatch {mismatch}, overspent {overspent}"
        )?;
        match self.unread {
            0 => Ok(()),
            unread => write!(out, ", not read {unread}"),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn reais(minor: i128) -> String {
    let (sign, minor) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    format!("{sign}R$ {}.{:02}", minor / 100, minor % 100)
}
