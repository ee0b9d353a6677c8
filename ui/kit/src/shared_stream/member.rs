//! Which of a browser's pages listens for all of them.
//!
//! Pages hear each other's words, but may be frozen, crash or open at the same moment. So nothing
//! here depends on there being one leader: for a while two may lead, and then the pages have two
//! streams and hear the same twice. Of two that hear of each other, the one with the smaller name
//! goes on. A leader that ends names its heir; one of which nothing is heard is replaced.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::stream::StreamSignal;

/// A page that opens waits this long for a leader to answer. A leader that is busy for longer is
/// found out about later.
const ANSWER_WITHIN_MS: f64 = 300.0;
/// A leader says something every second, and whatever its stream says, which is something every
/// ten seconds: a hidden page's clock may tick once a minute.
const LEADER_SILENT_AFTER_MS: f64 = 12_000.0;
/// So that pages which notice the same do not all act.
const SPREAD: f64 = 0.25;
/// Topics of one stream; pages that opened last are served first.
const MAX_TOPICS: usize = 32;

/// What pages say to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Word {
    /// A page is open and wants to hear of a topic.
    Here { page: String, topic: String },
    /// A page is closed, or wants nothing more.
    Gone { page: String },
    /// A page listens for all from now on: where are the others?
    Begins { page: String },
    /// A page listens for all.
    Leads { page: String },
    /// The page that listened is closed; `heir` listens from now on.
    Resigns { page: String, heir: Option<String> },
    /// What the page that listens has heard.
    Heard { page: String, signal: StreamSignal },
}

/// What a page has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Say(Word),
    /// Open a stream of these topics in place of the one that is open, if one is.
    Listen(Vec<String>),
    Close,
    /// This happened on the stream, whoever has it.
    Tell(StreamSignal),
}

/// A page among those of its browser.
#[derive(Debug)]
pub(super) struct Member {
    page: String,
    topic: String,
    /// The page that leads, as far as this one knows.
    leader: Option<String>,
    /// When that page was last heard of, or waiting for one began.
    heard_at_ms: f64,
    /// 0 to 1, another one in each page.
    spread: f64,
    /// The other pages and their topics, the latest last; known to a leader only.
    others: Vec<(String, String)>,
}

impl Member {
    /// A page of this name, which no other page has, that wants to hear of `topic`. `spread` is
    /// from 0 to 1.
    pub(super) fn new(page: String, topic: String, spread: f64) -> Member {
        Member { page, topic, leader: None, heard_at_ms: 0.0, spread, others: Vec::new() }
    }

    /// The page opens.
    pub(super) fn start(&mut self, now_ms: f64) -> Vec<Act> {
        self.leader = None;
        self.heard_at_ms = now_ms;
        self.others.clear();
        vec![self.here()]
    }

    /// The page closes, or is put away.
    pub(super) fn stop(&mut self) -> Vec<Act> {
        let page = self.page.clone();
        if !self.leads() {
            return vec![Act::Say(Word::Gone { page })];
        }
        self.leader = None;
        let heir = self.others.last().map(|(page, _)| page.clone());
        vec![Act::Close, Act::Say(Word::Resigns { page, heir })]
    }

    /// Another page said something.
    pub(super) fn hear(&mut self, word: Word, now_ms: f64) -> Vec<Act> {
        match word {
            Word::Here { page, topic } if self.leads() => self.take_in(page, topic),
            Word::Here { .. } => Vec::new(),
            Word::Gone { page } => {
                self.others.retain(|(other, _)| *other != page);
                Vec::new()
            }
            Word::Begins { page } => {
                let mut acts = self.accept(page.clone(), now_ms);
                if self.leader == Some(page) && !acts.contains(&self.here()) {
                    acts.push(self.here());
                }
                acts
            }
            Word::Leads { page } => self.accept(page, now_ms),
            Word::Resigns { page, heir } => {
                if self.leader != Some(page) {
                    return Vec::new();
                }
                self.heard_at_ms = now_ms;
                self.leader = heir;
                // An heir begins at once; without one, whoever notices first.
                if self.leads() { self.lead() } else { Vec::new() }
            }
            Word::Heard { page, signal } => {
                let mut acts = self.accept(page.clone(), now_ms);
                if self.leader == Some(page) {
                    acts.push(Act::Tell(signal));
                }
                acts
            }
        }
    }

    /// Time passes: a page that leads says so, the others notice when none does.
    pub(super) fn tick(&mut self, now_ms: f64) -> Vec<Act> {
        if self.leads() {
            return vec![self.leading()];
        }
        let patience_ms = match self.leader {
            None => ANSWER_WITHIN_MS,
            Some(_) => LEADER_SILENT_AFTER_MS,
        };
        if now_ms - self.heard_at_ms < patience_ms * (1.0 + SPREAD * self.spread) {
            return Vec::new();
        }
        // Nothing was heard for long, so what is shown may be old.
        let is_interrupted = self.leader.is_some();
        let interrupted = is_interrupted.then_some(Act::Tell(StreamSignal::Interrupted));
        self.leader = Some(self.page.clone());
        interrupted.into_iter().chain(self.lead()).collect()
    }

    /// Something happened on this page's own stream.
    pub(super) fn signal(&self, signal: StreamSignal) -> Vec<Act> {
        let page = self.page.clone();
        let heard = Word::Heard { page, signal: signal.clone() };
        vec![Act::Tell(signal), Act::Say(heard)]
    }

    fn leads(&self) -> bool {
        self.leader.as_ref() == Some(&self.page)
    }

    fn here(&self) -> Act {
        Act::Say(Word::Here { page: self.page.clone(), topic: self.topic.clone() })
    }

    fn leading(&self) -> Act {
        Act::Say(Word::Leads { page: self.page.clone() })
    }

    /// The others answer where they are, and are listened for then.
    fn lead(&mut self) -> Vec<Act> {
        self.others.clear();
        let begins = Word::Begins { page: self.page.clone() };
        vec![self.listen(), Act::Say(begins)]
    }

    fn take_in(&mut self, page: String, topic: String) -> Vec<Act> {
        let entry = (page, topic);
        if self.others.contains(&entry) {
            return vec![self.leading()];
        }
        self.others.retain(|(other, _)| *other != entry.0);
        self.others.push(entry);
        // Anew for a topic that is listened for already, too: a stream begins with how things are.
        vec![self.leading(), self.listen()]
    }

    fn listen(&self) -> Act {
        let latest = self.others.iter().rev().map(|(_, topic)| topic);
        let mut topics = BTreeSet::new();
        for topic in std::iter::once(&self.topic).chain(latest) {
            if topics.len() < MAX_TOPICS {
                topics.insert(topic.clone());
            }
        }
        Act::Listen(topics.into_iter().collect())
    }

    /// Another page leads, or believes it does.
    fn accept(&mut self, page: String, now_ms: f64) -> Vec<Act> {
        if self.leads() && self.page < page {
            return vec![self.leading()];
        }
        let stood_down = self.leads().then_some(Act::Close);
        self.heard_at_ms = now_ms;
        if self.leader.as_ref() == Some(&page) {
            return Vec::new();
        }
        self.leader = Some(page);
        self.others.clear();
        stood_down.into_iter().chain([self.here()]).collect()
    }
}

#[cfg(test)]
mod tests;
