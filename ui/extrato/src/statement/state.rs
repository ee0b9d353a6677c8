//! What is known of a statement, and how answers and live events become part of it.
//!
//! Two sources tell of the same lines: pages that are asked for, and the stream. A position is
//! unique, so a line that comes twice is shown once. Whenever the stream (re)opens, the newest
//! page is asked for again, because what happened in between may have been told to nobody. Where no
//! stream comes through, the newest page is asked for again and again instead.
//!
//! The list does not grow by lines that come by themselves, and does not move under a reader.

use std::rc::Rc;

use bancada_proto::web::{Freshness, Statement, StatementCard, StatementLine, StatementUpdate};
use bancada_ui_kit::api::ApiError;
use yew::Reducible;

use super::filter::{Filter, FilterChange};
use super::hold_end;
use crate::freshness::Link;

/// Lines that come by themselves push out older ones beyond so many, or beyond as many as the
/// reader asked for. Those can be asked for again.
const LIVE_LINES: usize = 100;

/// Where news come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// From nowhere yet.
    None,
    Stream,
    /// From questions, for no stream comes through.
    Questions,
}

/// Lines that came after the page was opened: to be announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    /// The newest.
    pub(crate) line: Rc<StatementLine>,
    /// How many came, from the beginning.
    pub(crate) n_lines: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatementState {
    pub(crate) card: Option<StatementCard>,
    /// Newest first, no position twice.
    pub(crate) lines: Vec<Rc<StatementLine>>,
    /// Newer ones that wait until the reader comes back to the list's beginning: the last of them.
    held_back: Vec<Rc<StatementLine>>,
    /// How many wait.
    pub(crate) n_held_back: u64,
    /// Whether the reader is somewhere in the list.
    is_reading: bool,
    /// How many lines the reader asked for.
    n_asked_for: usize,
    /// Where older lines begin; absent when there are none, or none is known yet.
    pub(crate) next: Option<u64>,
    pub(crate) freshness: Option<Freshness>,
    pub(crate) link: Link,
    pub(crate) source: Source,
    pub(crate) filter: Filter,
    pub(crate) arrived: Option<Arrived>,
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
    /// What was heard since the last frame.
    Heard(Vec<StatementAction>),
    Opened,
    Interrupted,
    /// No stream has come through for some time.
    Ask,
    /// A line, a change of the card, or both; the position if it is known.
    Live(Box<StatementUpdate>, Option<u64>),
    Fresh(Freshness),
    /// An event that could not be read.
    Unreadable,
    Filter(FilterChange),
    /// The reader wants another try.
    Retry,
    Older,
    /// Whether the reader has left the list's beginning behind.
    Reading(bool),
    /// The reader wants the lines that wait.
    ShowNew,
    Answered(u32, Result<Box<Statement>, ApiError>),
}

impl Default for StatementState {
    /// The first question is asked by being there.
    fn default() -> StatementState {
        StatementState {
            card: None,
            lines: Vec::new(),
            held_back: Vec::new(),
            n_held_back: 0,
            is_reading: false,
            n_asked_for: 0,
            next: None,
            freshness: None,
            link: Link::Connecting,
            source: Source::None,
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
            StatementAction::Heard(heard) => heard.into_iter().for_each(|it| self.apply(it)),
            StatementAction::Opened => {
                (self.source, self.link) = (Source::Stream, Link::Open);
                self.ask_newest();
            }
            StatementAction::Interrupted => {
                (self.source, self.link) = (Source::Questions, Link::Interrupted);
                self.ask_newest();
            }
            StatementAction::Ask => {
                self.source = Source::Questions;
                self.ask_newest();
            }
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
                self.forget_held_back();
                self.ask_newest();
            }
            StatementAction::Older => {
                if self.next.is_some() && self.older.is_none() {
                    self.older = Some(self.new_question());
                }
            }
            StatementAction::Reading(is_reading) => {
                self.is_reading = is_reading;
                if !is_reading {
                    self.show_new();
                }
            }
            StatementAction::ShowNew => self.show_new(),
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
        if self.source == Source::Questions {
            self.link = if answer.is_ok() { Link::Open } else { Link::Interrupted };
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
                    page.lines.into_iter().for_each(|line| self.insert(Rc::new(line)));
                    self.next = page.next;
                    self.n_asked_for = self.lines.len();
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
        let known = self.newest_known();
        let oldest = lines.last().map(|line| line.position);
        // More has happened than one page holds: between the page and what is known lies a gap.
        let has_gap = next.is_some() && oldest > known;
        let begins_anew = !self.current || has_gap;
        if begins_anew {
            self.seen_position = if self.current { self.seen_position } else { None };
            self.lines.clear();
            self.forget_held_back();
            self.next = next;
        }
        let was_current = std::mem::replace(&mut self.current, true);
        // The newest last: it is the one to be announced.
        for line in lines.into_iter().rev().map(Rc::new) {
            let is_new = Some(line.position) > known;
            if was_current && is_new {
                self.announce(&line);
            }
            if begins_anew {
                self.insert(line);
            } else if self.has(line.position) {
                self.follow_holds(&line);
            } else {
                self.arrive(line);
            }
        }
        if begins_anew {
            self.n_asked_for = self.lines.len();
        }
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
        let line = Rc::new(line);
        if !self.has(line.position) {
            self.announce(&line);
            self.arrive(line);
        }
    }

    fn announce(&mut self, line: &Rc<StatementLine>) {
        let n_lines = self.arrived.as_ref().map_or(0, |arrived| arrived.n_lines) + 1;
        self.arrived = Some(Arrived { line: Rc::clone(line), n_lines });
    }

    /// A line that nobody asked for.
    fn arrive(&mut self, line: Rc<StatementLine>) {
        self.follow_holds(&line);
        let is_newer = Some(line.position) > self.lines.first().map(|first| first.position);
        if self.is_reading && is_newer {
            insert(&mut self.held_back, line);
            self.held_back.truncate(LIVE_LINES);
            self.n_held_back += 1;
            return;
        }
        insert(&mut self.lines, line);
        let most = LIVE_LINES.max(self.n_asked_for);
        if self.lines.len() > most {
            self.lines.truncate(most);
            self.next = self.lines.last().map(|line| line.position);
        }
    }

    fn show_new(&mut self) {
        let held_back = std::mem::take(&mut self.held_back);
        let n_held_back = std::mem::take(&mut self.n_held_back);
        let is_reading = std::mem::take(&mut self.is_reading);
        if n_held_back > held_back.len() as u64 {
            // Between them and what is shown lie more.
            self.lines.clear();
            self.n_asked_for = 0;
            self.next = held_back.last().map(|line| line.position);
        }
        held_back.into_iter().rev().for_each(|line| self.arrive(line));
        self.is_reading = is_reading;
    }

    fn forget_held_back(&mut self) {
        self.held_back.clear();
        self.n_held_back = 0;
    }

    fn newest_known(&self) -> Option<u64> {
        self.held_back.first().or(self.lines.first()).map(|line| line.position)
    }

    fn has(&self, position: u64) -> bool {
        let is_in = |lines: &[Rc<StatementLine>]| place(lines, position).is_ok();
        is_in(&self.lines) || is_in(&self.held_back)
    }

    fn take_card(&mut self, card: StatementCard, position: u64) {
        if self.card.is_none() || position >= self.card_position {
            self.card = Some(card);
            self.card_position = position;
        }
    }

    fn insert(&mut self, line: Rc<StatementLine>) {
        self.follow_holds(&line);
        insert(&mut self.lines, line);
    }

    fn follow_holds(&mut self, coming: &StatementLine) {
        hold_end::follow(&mut self.lines, coming);
        hold_end::follow(&mut self.held_back, coming);
    }
}

/// Where a line with this position is among lines with the newest first, or would be.
fn place(lines: &[Rc<StatementLine>], position: u64) -> Result<usize, usize> {
    lines.binary_search_by(|known| position.cmp(&known.position))
}

fn insert(lines: &mut Vec<Rc<StatementLine>>, line: Rc<StatementLine>) {
    if let Err(place) = place(lines, line.position) {
        lines.insert(place, line);
    }
}

#[cfg(test)]
mod tests;
