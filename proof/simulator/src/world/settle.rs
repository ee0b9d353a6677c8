//! The end of a run: no more faults and no new work, until everybody knows everything.

use std::collections::BTreeSet;

use super::{START, World};
use crate::evidence::What;

/// Steps in which all must be quiet, besides a number for each request.
const N_STEPS: usize = 40_000;

impl World {
    /// Lets everything come to its end, and takes down what is left.
    pub(crate) fn settle(&mut self) {
        self.is_settling = true;
        self.note(format_args!("no more faults"));
        self.bank.disk.fail_after(None);
        self.bank.disk.set_capacity(None);
        self.bank.probe();
        self.shop.disk.failure = None;
        self.shop.disk.is_full = false;
        self.statement.calls_until_failure = None;
        for request in 0..self.requests.len() {
            if self.evidence.asked[request].heard.is_empty() {
                self.send_request(request);
            }
        }
        for buyer in 0..self.places.len() {
            if self.evidence.bought[buyer].heard.is_empty() {
                self.send_place(buyer);
            }
        }
        self.go_on_until(|world| world.is_answered() && world.is_read());
        // What a card missed shows itself only by what comes after it: one more event for each.
        let cards = self.bank.events().into_iter().flatten().filter_map(|it| it.card.as_ref());
        let known = cards.filter(|card| card.sequence > 0).map(|card| card.token.clone());
        for card in known.collect::<BTreeSet<_>>() {
            self.ask_new(0, What::Authorize { card, minor: 1, capture: true });
        }
        self.go_on_until(|world| {
            world.is_answered() && world.is_read() && !world.statement.is_waiting()
        });
        if self.failure.is_none() && !self.is_of_other_past() {
            self.take_down();
        }
    }

    fn go_on_until(&mut self, is_quiet: fn(&World) -> bool) {
        let n_steps = N_STEPS + 64 * (self.requests.len() + self.places.len());
        for _ in 0..n_steps {
            if is_quiet(self) || !self.step() {
                return;
            }
            self.relay_soon();
        }
        let n_open = self.evidence.asked.iter().filter(|asked| asked.heard.is_empty()).count();
        let waiting: Vec<String> =
            self.statement.waiting().map(|(card, needed)| format!("{card} for {needed}")).collect();
        let what = match (n_open, self.shop.is_idle(), &waiting[..]) {
            (1.., _, _) => format!("I5: {n_open} requests are not answered in the end"),
            (0, false, _) => "I5: the shop does not come to an end with its orders".to_owned(),
            (0, true, []) => "I6: the statement does not come to an end".to_owned(),
            (0, true, waiting) => format!("I6: the statement waits in vain: {waiting:?}"),
        };
        self.fail(what);
    }

    /// Whether everybody has an answer, and nothing is on its way.
    fn is_answered(&self) -> bool {
        self.n_in_flight == 0
            && self.bank.is_idle()
            && !self.bank.is_full()
            && self.shop.is_idle()
            && self.evidence.asked.iter().all(|asked| !asked.heard.is_empty())
            && self.evidence.bought.iter().all(|bought| !bought.heard.is_empty())
    }

    /// Whether the statement has seen everything that there is to see.
    fn is_read(&self) -> bool {
        self.bank.events().is_some_and(|events| self.broker.has_all(events))
            && self.statement.is_up
            && self.broker.is_read(&self.statement.read)
    }

    fn take_down(&mut self) {
        match self.bank.examine() {
            Ok(journal) => self.evidence.journal = journal,
            Err(breach) => return self.fail(breach),
        }
        self.evidence.orders = self.shop.disk.orders().cloned().collect();
        self.evidence.statement = self.statement.copy();
        let (ms, n) = (self.now().0 - START.0, self.evidence.journal.len());
        self.note(format_args!("all is quiet: {n} entries, the bank's clock {ms} ms on"));
    }
}
