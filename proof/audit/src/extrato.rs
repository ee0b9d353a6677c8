//! The statement, against what the Bank holds.

use std::collections::HashMap;

use bancada_kernel::{CardToken, Timestamp};
use bancada_proto::web::{LineKind, StatementCard, StatementLine};

use crate::bank::shown::{CARD, LINE};
use crate::bank::{BankView, Latest};
use crate::facts::Facts;
use crate::verdict::Comparison;

pub(crate) const NAME: &str = "extrato";
pub(crate) const SUM_OF: &str = "owed";
/// What events change that are no line.
const CHANGES_WITHOUT_LINE: [&str; 3] = ["status", "limit", "available"];

/// Every card and its lines.
pub type Lines = Vec<(StatementCard, Vec<StatementLine>)>;

/// Holds a statement against the Bank; `now` decides which fatura is open.
pub fn compare(lines: &Lines, bank: &BankView, latest: &Latest, now: Timestamp) -> Comparison {
    let mut result = Comparison::new(NAME, SUM_OF);
    let mut seen: HashMap<u64, u32> = HashMap::new();
    for (card, lines) in lines {
        let token = CardToken::parse(&card.token).ok();
        let known = token.as_ref().and_then(|token| bank.cards.get(token));
        match known.map(|known| known.shown(now)) {
            None => result.mismatch(format!("card {} is not at the bank", card.token)),
            // Later events may have changed it since.
            Some(_) if lines.iter().any(|line| !bank.covers(line.position)) => {}
            Some(known) => {
                let differences = card_differences(card, known.as_ref(), bank, latest);
                if !differences.is_empty() {
                    let (token, parts) = (&card.token, differences.join(", "));
                    result.mismatch(format!("card {token} is another at the bank: {parts}"));
                }
            }
        }
        for line in lines.iter().filter(|line| latest.lacks(line.position)) {
            let (id, position) = (&line.transaction_id, line.position);
            result.mismatch(format!("line {position} of {id} is beyond the bank's last event"));
        }
        for line in lines.iter().filter(|line| bank.covers(line.position)) {
            let (id, moved) = (line.transaction_id.as_str(), i128::from(line.amount.amount_minor));
            *seen.entry(line.position).or_default() += 1;
            result.other_minor += match line.kind {
                LineKind::Purchase => moved,
                LineKind::Refund | LineKind::BillPayment => -moved,
                LineKind::Hold | LineKind::Void | LineKind::Decline => 0,
            };
            let Some(found) = bank.lines.get(&line.position) else {
                result.mismatch(format!("line {} of {id} is not at the bank", line.position));
                continue;
            };
            let new = StatementLine { has_ended: false, ..line.clone() };
            let mut differences = Facts::of(LINE, &new).differences(LINE, &found.shown);
            // A hold may have ended since the Bank was read.
            let may_have_ended = line.has_ended && latest.is_later_than(bank);
            let is_as_known = line.has_ended == found.has_ended || may_have_ended;
            differences.extend((!is_as_known).then_some("has_ended"));
            differences.extend((Some(&found.card) != token.as_ref()).then_some("card"));
            if differences.is_empty() {
                result.matched += 1;
            } else {
                let parts = differences.join(", ");
                result.mismatch(format!("line {} of {id} is another: {parts}", line.position));
            }
        }
    }
    for (position, line) in &bank.lines {
        result.bank_minor += line.owed_minor;
        let id = &line.payment;
        match seen.get(position) {
            None => result.missing(format!("event {position} of {id} is on no statement")),
            Some(1) => {}
            Some(times) => result.duplicate(format!("event {position} of {id} has {times} lines")),
        }
    }
    result.closed()
}

/// In what a card is another than at the Bank. What a line changes can be told by the lines; what
/// changes without one may have changed since the Bank was read.
fn card_differences(
    card: &StatementCard,
    known: Option<&Facts>,
    bank: &BankView,
    latest: &Latest,
) -> Vec<&'static str> {
    let Some(known) = known else { return vec!["token"] };
    let mut differences = Facts::of(CARD, card).differences(CARD, known);
    if latest.is_later_than(bank) {
        differences.retain(|name| !CHANGES_WITHOUT_LINE.contains(name));
    }
    differences
}
