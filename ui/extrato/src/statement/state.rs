//! What is known of a statement, and how answers and live events become part of it.
//!
//! Two sources tell of the same lines: pages that are asked for, and the stream. A position is
//! unique, so a line that comes twice is shown once. Whenever the stream (re)opens, the newest
//! page is asked for again, because what happened in between may have been told to nobody.

use std::rc::Rc;

use bancada_proto::web::{Freshness, Statement, StatementCard, StatementLine, StatementUpdate};
use bancada_ui_kit::api::ApiError;
use yew::Reducible;

use super::filter::{Filter, FilterChange};
use super::hold_end;
use crate::freshness::Link;

/// The most lines kept while new ones keep coming; older ones can be asked for again.
const MAX_LINES: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatementState {
    pub(crate) card: Option<StatementCard>,
    /// Newest first, no position twice.
    pub(crate) lines: Vec<StatementLine>,
    /// Where older lines begin; absent when there are none, or none is known yet.
    pub(crate) next: Option<u64>,
    pub(crate) freshness: Option<Freshness>,
    pub(crate) link: Link,
    pub(crate) filter: Filter,
    /// The newest line that came after the page was opened: to be announced.
    pub(crate) arrived: Option<StatementLine>,
    /// Lines after this position came while the reader was looking.
    pub(crate) seen_position: Option<u64>,
    /// Why the last question went unanswered.
    pub(crate) error: Option<ApiError>,
    /// The question for the newest page that waits for its answer.
    pub(crate) newest: Option<u32>,
    /// The question for an older page that waits for its answer.
    pub(crate) older: Option<u32>,
    /// Whether the lines are those of the filter.
    pub(crate) current: bool,
    /// Something happened since the newest page was asked for: ask again.
    stale: bool,
    /// The last question's number.
    questions: u32,
    /// The position that `card` is as of.
    card_position: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum StatementAction {
    Opened,
    Interrupted,
    /// A line, a change of the card, or both; the position if it is known.
    Live(Box<StatementUpdate>, Option<u64>),
    Fresh(Freshness),
    /// An event that could not be read.
    Unreadable,
    Filter(FilterChange),
    /// The reader wants another try.
    Retry,
    Older,
    Answered(u32, Result<Box<Statement>, ApiError>),
}

impl Default for StatementState {
    /// The first question is asked by being there.
    fn default() -> StatementState {
        StatementState {
            card: None,
            lines: Vec::new(),
            next: None,
            freshness: None,
            link: Link::Connecting,
            filter: Filter::default(),
            arrived: None,
            seen_position: None,
            error: None,
            newest: Some(1),
            older: None,
            current: false,
            stale: false,
            questions: 1,
            card_position: 0,
        }
    }
}

impl Reducible for StatementState {
    type Action = StatementAction;

    fn reduce(mut self: Rc<Self>, action: StatementAction) -> Rc<Self> {
        Rc::make_mut(&mut self).apply(action);
        self
    }
}

impl StatementState {
    fn apply(&mut self, action: StatementAction) {
        match action {
            StatementAction::Opened => {
                self.link = Link::Open;
                self.ask_newest();
            }
            StatementAction::Interrupted => self.link = Link::Interrupted,
            StatementAction::Live(update, position) => self.take_live(*update, position),
            StatementAction::Fresh(freshness) => self.freshness = Some(freshness),
            StatementAction::Unreadable | StatementAction::Retry => self.ask_newest(),
            StatementAction::Filter(change) => {
                self.filter.change(change);
                self.current = false;
                // Answers to the old filter are of no use any more.
                self.newest = None;
                self.older = None;
                self.stale = false;
                self.ask_newest();
            }
            StatementAction::Older => {
                if self.next.is_some() && self.older.is_none() {
                    self.older = Some(self.new_question());
                }
            }
            StatementAction::Answered(question, answer) => self.take_answer(question, answer),
        }
    }

    fn ask_newest(&mut self) {
        if self.newest.is_some() {
            self.stale = true;
        } else {
            self.newest = Some(self.new_question());
        }
    }

    fn new_question(&mut self) -> u32 {
        self.questions = self.questions.wrapping_add(1);
        self.questions
    }

    fn take_answer(&mut self, question: u32, answer: Result<Box<Statement>, ApiError>) {
        let is_newest = self.newest == Some(question);
        if is_newest {
            self.newest = None;
        } else if self.older == Some(question) {
            self.older = None;
        } else {
            // The reader has asked for something else since.
            return;
        }
        match answer {
            Ok(page) => {
                let page = *page;
                self.error = None;
                self.take_card(page.card, page.freshness.applied_position);
                self.freshness = Some(page.freshness);
                if is_newest {
                    self.take_newest(page.lines, page.next);
                } else {
                    page.lines.into_iter().for_each(|line| self.insert(line));
                    self.next = page.next;
                }
                if is_newest && std::mem::take(&mut self.stale) {
                    self.ask_newest();
                }
            }
            Err(error) => {
                self.error = Some(error);
                self.stale = false;
            }
        }
    }

    fn take_newest(&mut self, lines: Vec<StatementLine>, next: Option<u64>) {
        let known = self.lines.first().map(|line| line.position);
        let oldest = lines.last().map(|line| line.position);
        // More has happened than one page holds: between the page and what is known lies a gap.
        let has_gap = next.is_some() && oldest > known;
        if !self.current || has_gap {
            self.seen_position = if self.current { self.seen_position } else { None };
            self.lines.clear();
            self.next = next;
        }
        let newest = lines.first().cloned();
        lines.into_iter().for_each(|line| self.insert(line));
        if self.current {
            self.arrived =
                newest.filter(|line| Some(line.position) > known).or(self.arrived.take());
        }
        self.current = true;
        let first = self.lines.first().map_or(0, |line| line.position);
        self.seen_position.get_or_insert(first);
    }

    fn take_live(&mut self, update: StatementUpdate, position: Option<u64>) {
        let position = update.line.as_ref().map(|line| line.position).or(position);
        if let (Some(freshness), Some(position)) = (&mut self.freshness, position) {
            freshness.applied_position = freshness.applied_position.max(position);
            freshness.committed_position = freshness.committed_position.max(position);
        }
        self.take_card(update.card, position.unwrap_or(self.card_position));
        let Some(line) = update.line else { return };
        if !self.current || !self.filter.is_empty() {
            // Whether the filter wants the line is the server's to say.
            self.ask_newest();
            return;
        }
        if self.lines.iter().any(|known| known.position == line.position) {
            return;
        }
        self.arrived = Some(line.clone());
        self.insert(line);
        if self.lines.len() > MAX_LINES {
            self.lines.truncate(MAX_LINES);
            self.next = self.lines.last().map(|line| line.position);
        }
    }

    fn take_card(&mut self, card: StatementCard, position: u64) {
        if self.card.is_none() || position >= self.card_position {
            self.card = Some(card);
            self.card_position = position;
        }
    }

    fn insert(&mut self, line: StatementLine) {
        hold_end::follow(&mut self.lines, &line);
        let place = self.lines.partition_point(|known| known.position > line.position);
        let is_known = self.lines.get(place).is_some_and(|known| known.position == line.position);
        if !is_known {
            self.lines.insert(place, line);
        }
    }
}

#[cfg(test)]
mod tests;
