use std::collections::{BTreeMap, VecDeque};

use super::*;

/// The pages of one browser: each says what it has to say to all others, one word at a time.
struct Pages {
    members: BTreeMap<String, Member>,
    streams: BTreeMap<String, Vec<String>>,
    told: Vec<(String, StreamSignal)>,
    words: VecDeque<(String, Word)>,
    now_ms: f64,
}

impl Pages {
    fn new() -> Pages {
        Pages {
            members: BTreeMap::new(),
            streams: BTreeMap::new(),
            told: Vec::new(),
            words: VecDeque::new(),
            now_ms: 0.0,
        }
    }

    fn open(&mut self, page: &str, topic: &str) {
        let spread = f64::from(page.as_bytes().iter().map(|byte| u32::from(*byte)).sum::<u32>());
        let mut member = Member::new(page.into(), topic.into(), (spread * 0.37) % 1.0);
        let acts = member.start(self.now_ms);
        self.members.insert(page.into(), member);
        self.act(page, acts);
        self.settle();
    }

    fn close(&mut self, page: &str) {
        let acts = self.members.get_mut(page).unwrap().stop();
        self.act(page, acts);
        self.crash(page);
        self.settle();
    }

    /// Without another word.
    fn crash(&mut self, page: &str) {
        self.members.remove(page);
        self.streams.remove(page);
    }

    fn act(&mut self, page: &str, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Say(word) => self.words.push_back((page.into(), word)),
                Act::Listen(topics) => drop(self.streams.insert(page.into(), topics)),
                Act::Close => drop(self.streams.remove(page)),
                Act::Tell(signal) => self.told.push((page.into(), signal)),
            }
        }
    }

    fn settle(&mut self) {
        let mut n_words = 0;
        while let Some((from, word)) = self.words.pop_front() {
            n_words += 1;
            assert!(n_words < 10_000, "they talk for ever: {word:?}");
            let others: Vec<_> =
                self.members.keys().filter(|page| **page != from).cloned().collect();
            for page in others {
                let acts = self.members.get_mut(&page).unwrap().hear(word.clone(), self.now_ms);
                self.act(&page, acts);
            }
        }
    }

    /// Time passes in all pages but those that are frozen.
    fn wait(&mut self, seconds: u32, frozen: &[&str]) {
        for _ in 0..seconds * 4 {
            self.now_ms += 250.0;
            let pages: Vec<_> = self.members.keys().cloned().collect();
            for page in pages.iter().filter(|page| !frozen.contains(&page.as_str())) {
                let acts = self.members.get_mut(page).unwrap().tick(self.now_ms);
                self.act(page, acts);
                self.settle();
            }
        }
    }

    fn streams(&self) -> Vec<(&str, Vec<&str>)> {
        let streams = self.streams.iter();
        streams
            .map(|(page, topics)| (page.as_str(), topics.iter().map(String::as_str).collect()))
            .collect()
    }

    fn signal(&mut self, signal: &StreamSignal) {
        let page = self.streams.keys().next().unwrap().clone();
        let acts = self.members[&page].signal(signal.clone());
        self.act(&page, acts);
        self.settle();
    }
}

#[test]
fn one_page_listens_for_all_that_are_open() {
    let mut pages = Pages::new();
    pages.open("b", "visa");
    assert_eq!(pages.streams(), [], "another page may lead");
    pages.wait(1, &[]);
    assert_eq!(pages.streams(), [("b", vec!["visa"])]);
    pages.open("a", "elo");
    pages.open("c", "visa");
    pages.wait(60, &[]);
    assert_eq!(pages.streams(), [("b", vec!["elo", "visa"])]);
    pages.told.clear();
    pages.signal(&StreamSignal::Opened);
    let mut told: Vec<_> = pages.told.iter().map(|(page, _)| page.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["a", "b", "c"]);
}

#[test]
fn pages_that_open_at_once_agree_on_one() {
    let mut pages = Pages::new();
    let names: Vec<String> = (0..8).map(|page| format!("page{page}")).collect();
    for page in &names {
        pages.open(page, page);
    }
    pages.wait(2, &[]);
    let streams = pages.streams();
    assert_eq!(streams.len(), 1);
    assert_eq!(streams[0].1, names);
}

#[test]
fn a_leader_that_closes_leaves_an_heir_and_one_that_dies_is_replaced() {
    let mut pages = Pages::new();
    for page in ["a", "b", "c"] {
        pages.open(page, page);
        pages.wait(1, &[]);
    }
    assert_eq!(pages.streams(), [("a", vec!["a", "b", "c"])]);
    pages.close("a");
    assert_eq!(pages.streams(), [("c", vec!["b", "c"])], "at once");
    pages.told.clear();
    pages.crash("c");
    pages.wait(11, &[]);
    assert_eq!(pages.streams(), []);
    pages.wait(5, &[]);
    assert_eq!(pages.streams(), [("b", vec!["b"])]);
    assert_eq!(
        pages.told,
        [("b".to_owned(), StreamSignal::Interrupted)],
        "it may have missed some"
    );
    pages.close("b");
    assert_eq!(pages.streams(), []);
}

#[test]
fn a_leader_without_a_clock_leads_as_long_as_its_stream_speaks() {
    let mut pages = Pages::new();
    pages.open("b", "b");
    pages.wait(1, &[]);
    pages.open("a", "a");
    for _ in 0..10 {
        pages.wait(10, &["b"]);
        pages.signal(&StreamSignal::Opened);
        assert_eq!(pages.streams(), [("b", vec!["a", "b"])]);
    }
    // Its stream is silent as well.
    pages.wait(20, &["b"]);
    assert_eq!(pages.streams(), [("a", vec!["a", "b"])]);
}

#[test]
fn a_stream_has_the_topics_of_the_pages_that_opened_last() {
    let mut pages = Pages::new();
    for page in 0..40 {
        pages.open(&format!("page{page:02}"), &format!("topic{page:02}"));
        pages.wait(1, &[]);
    }
    let streams = pages.streams();
    let topics = &streams[0].1;
    assert_eq!((streams.len(), topics.len()), (1, MAX_TOPICS));
    assert_eq!((topics[0], topics[1], topics[31]), ("topic00", "topic09", "topic39"));
    pages.close("page39");
    pages.open("page40", "topic39");
    pages.wait(1, &[]);
    assert_eq!(pages.streams()[0].1.last(), Some(&"topic39"));
}

#[test]
fn words_survive_the_way_to_another_page() {
    let data = "{\"a\":1}".to_owned();
    let signal = StreamSignal::Event { name: "line".into(), data, last_id: "c 1".into() };
    let (page, topic) = ("a".to_owned(), "visa".to_owned());
    for word in [
        Word::Here { page: page.clone(), topic },
        Word::Gone { page: page.clone() },
        Word::Begins { page: page.clone() },
        Word::Leads { page: page.clone() },
        Word::Resigns { page: page.clone(), heir: Some("b".into()) },
        Word::Heard { page, signal },
    ] {
        let text = serde_json::to_string(&word).unwrap();
        assert_eq!(serde_json::from_str::<Word>(&text).unwrap(), word);
    }
}
