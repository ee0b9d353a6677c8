//! The statement, against the books.

use std::collections::{BTreeMap, HashMap};

use bancada_kernel::CardToken;

use super::books::Books;
use crate::evidence::{Line, StatementCopy};

pub(super) fn check(statement: &StatementCopy, books: &Books, breaches: &mut Vec<String>) {
    let mut seen: HashMap<u64, (u32, &Line)> = HashMap::new();
    let mut last: HashMap<&CardToken, u64> = HashMap::new();
    for line in &statement.lines {
        let times = seen.entry(line.position).or_insert((0, line));
        times.0 += 1;
        let before = last.insert(&line.card, line.position);
        if before.is_some_and(|before| before > line.position) {
            let (card, position) = (&line.card, line.position);
            breaches.push(format!("I7: the line of {position} of {card} came after a later one"));
        }
    }
    for line in &books.lines {
        let position = line.position;
        match seen.remove(&position) {
            None => breaches.push(format!("I6: the event at {position} is on no statement")),
            Some((1, found)) if found == line => {}
            Some((1, _)) => breaches.push(format!("I6: the line of {position} is another")),
            Some((times, _)) => {
                breaches.push(format!("I6: the event at {position} has {times} lines"));
            }
        }
    }
    let mut unknown: Vec<u64> = seen.into_keys().collect();
    unknown.sort_unstable();
    for position in unknown {
        breaches.push(format!("I6: the line of {position} is of no event"));
    }
    let shown: BTreeMap<_, _> = statement.cards.iter().map(|card| (&card.token, card)).collect();
    let faturas: BTreeMap<_, _> =
        statement.faturas.iter().map(|(card, sum)| (card, *sum)).collect();
    for (token, card) in &books.cards {
        let found = shown.get(token).map(|found| (found.sequence, Some(&found.now)));
        if found != Some((card.sequence, card.stood.last())) {
            breaches.push(format!("I6: card {token} stands otherwise on its statement"));
        }
        let charged = faturas.get(token).copied().unwrap_or(0);
        let bought = card.balance_minor + card.paid_minor;
        if charged != bought {
            breaches.push(format!("I6: the faturas of {token} sum to {charged}, not {bought}"));
        }
    }
    for card in statement.cards.iter().filter(|card| !books.cards.contains_key(&card.token)) {
        breaches.push(format!("I6: card {} is on a statement, and not in the journal", card.token));
    }
}
