//! The live statement: server-sent events.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use serde_json::{Value, json};

use crate::running_shop::*;
use crate::secrets::shows_no_card_number;

/// A stream that is being read.
struct Live<S> {
    chunks: S,
    text: String,
}

/// One event as it came.
#[derive(Debug)]
struct Event {
    name: String,
    id: Option<u64>,
    /// The card that its id names, where a stream is of several.
    card: Option<String>,
    data: Value,
}

async fn follow(
    shop: &RunningShop,
    token: &str,
    last_event_id: Option<&str>,
) -> Live<impl Stream<Item = Vec<u8>> + Unpin + use<>> {
    listen(shop, &format!("cards/{token}/stream"), last_event_id).await
}

async fn listen(
    shop: &RunningShop,
    path: &str,
    last_event_id: Option<&str>,
) -> Live<impl Stream<Item = Vec<u8>> + Unpin + use<>> {
    // Without the deadline of other requests: a stream has no end.
    let url = format!("{}/api/extrato/v1/{path}", shop.address);
    let mut request = reqwest::Client::new().get(url);
    if let Some(id) = last_event_id {
        request = request.header("last-event-id", id);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    let chunks = answer.bytes_stream();
    let chunks = chunks.take_while(|chunk| std::future::ready(chunk.is_ok()));
    Live { chunks: chunks.map(|chunk| chunk.unwrap().to_vec()).boxed_local(), text: String::new() }
}

impl<S: Stream<Item = Vec<u8>> + Unpin> Live<S> {
    /// The next block of the stream, as text; `None` at its end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                shows_no_card_number(&block);
                return Some(block);
            }
            let chunk = self.chunks.next().await?;
            self.text.push_str(&String::from_utf8(chunk).unwrap());
        }
    }

    /// The next event with this name.
    async fn next(&mut self, name: &str) -> Event {
        loop {
            let block = self.block().await.expect("the stream goes on");
            let field = |wanted: &str| {
                let mut lines = block.lines();
                lines.find_map(|line| line.strip_prefix(&format!("{wanted}: "))).map(str::to_owned)
            };
            if field("event").as_deref() != Some(name) {
                continue;
            }
            let data = serde_json::from_str(&field("data").unwrap()).unwrap();
            let id = field("id");
            let (card, id) = match id.as_deref().and_then(|id| id.rsplit_once(' ')) {
                Some((card, id)) => (Some(card.to_owned()), Some(id.to_owned())),
                None => (None, id),
            };
            let position = |id: String| id.split('.').next().unwrap().parse().unwrap();
            return Event { name: name.to_owned(), id: id.map(position), card, data };
        }
    }
}

#[test]
fn a_follower_is_greeted_and_told_of_every_line_once() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        let mut live = follow(&shop, &token, None).await;
        let greeting = live.block().await.unwrap();
        assert!(greeting.starts_with("retry: 1000\nevent: freshness\ndata: {"), "{greeting}");
        let card = live.next("line").await;
        assert!(card.data["line"].is_null(), "first the card as it stands: {card:?}");
        assert_eq!(card.data["card"]["token"], token);

        let mut last = card.id.unwrap();
        for _ in 0..3 {
            let order = shop.buy().await;
            let event = live.next("line").await;
            assert_eq!(event.name, "line");
            assert_eq!(event.data["line"]["transaction_id"], order["payment_id"]);
            assert_eq!(event.data["line"]["position"], event.id.unwrap());
            assert_eq!(event.data["card"]["card"]["masked"], "************4242");
            assert!(event.id.unwrap() > last);
            last = event.id.unwrap();
        }
        let freshness = live.next("freshness").await;
        assert!(freshness.id.is_none() && freshness.data["connected"] == true);
        drop(live);
        shop.stop().await;
    });
}

#[test]
fn whoever_comes_back_is_told_what_was_missed_and_nothing_twice() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        let mut payments = Vec::new();
        for _ in 0..4 {
            payments.push(shop.buy().await["payment_id"].clone());
        }
        eventually("the lines are there", async || shop.lines(&token).await.len() == 4).await;
        let mut lines = shop.lines(&token).await;
        lines.reverse();
        for n_seen in 1..4 {
            let last = lines[n_seen - 1]["position"].as_u64().unwrap().to_string();
            let mut live = follow(&shop, &token, Some(&last)).await;
            for payment in &payments[n_seen..] {
                let event = live.next("line").await;
                assert_eq!(&event.data["line"]["transaction_id"], payment, "after {n_seen}");
            }
        }
        // Who has seen everything, or says nothing that can be read, is shown the card.
        let last = lines[3]["position"].as_u64().unwrap().to_string();
        for id in [Some(last.as_str()), Some("x"), Some("-1"), None] {
            let mut live = follow(&shop, &token, id).await;
            let card = live.next("line").await;
            assert!(card.data["line"].is_null(), "{id:?}: {card:?}");
            assert_eq!(card.data["card"]["balance"]["amount_minor"], 4 * 3_990);
        }
        shop.stop().await;
    });
}

#[test]
fn a_card_gets_its_own_news_only() {
    run(async {
        let shop = RunningShop::start().await;
        let ours = shop.token_of("4242").await;
        let theirs = shop.token_of("4444").await;
        let mut live = follow(&shop, &theirs, None).await;
        live.next("line").await;
        shop.buy().await;
        eventually("our line is there", async || shop.lines(&ours).await.len() == 1).await;
        let answer = shop.post(&new_key(), &order("5555555555554444")).await.json();
        let event = live.next("line").await;
        assert_eq!(event.data["line"]["transaction_id"], answer["payment_id"]);
        drop(live);
        shop.stop().await;
    });
}

#[test]
fn a_card_that_nobody_knows_has_no_stream() {
    run(async {
        let shop = RunningShop::start().await;
        for token in ["card_0", "%20", &"x".repeat(65)] {
            let answer = shop.get(&format!("/api/extrato/v1/cards/{token}/stream")).await;
            assert_eq!(answer.problem(), (404, "card_unknown".to_owned()), "{token}");
        }
        shop.stop().await;
    });
}

#[test]
fn one_stream_tells_of_several_cards_and_says_of_which() {
    run(async {
        let shop = RunningShop::start().await;
        let (visa, master) = (shop.token_of("4242").await, shop.token_of("4444").await);
        let path = format!("stream?cards={visa}+{master}+{visa}+card_unknown");
        let mut live = listen(&shop, &path, Some("9")).await;
        let greeting = live.block().await.unwrap();
        assert!(greeting.starts_with("retry: 1000\nevent: freshness\ndata: {"), "{greeting}");
        let mut joined = Vec::new();
        for _ in 0..2 {
            let card = live.next("line").await;
            assert!(card.data["line"].is_null(), "first each card as it stands: {card:?}");
            assert_eq!(card.data["card"]["token"], json!(card.card));
            joined.push(card.card.unwrap());
        }
        joined.sort_unstable();
        let mut both = [visa.clone(), master.clone()];
        both.sort_unstable();
        assert_eq!(joined, both);
        for (number, token) in [("5555555555554444", &master), ("4242424242424242", &visa)] {
            let answer = shop.post(&new_key(), &order(number)).await.json();
            let event = live.next("line").await;
            assert_eq!(event.card.as_ref(), Some(token));
            assert_eq!(event.data["line"]["transaction_id"], answer["payment_id"]);
        }
        drop(live);
        shop.stop().await;
    });
}

#[test]
fn a_stream_of_several_cards_is_of_32_cards_at_most_and_of_one_at_least() {
    run(async {
        let shop = RunningShop::start().await;
        let cards = |n: usize| (0..n).map(|i| format!("card_{i}")).collect::<Vec<_>>().join("+");
        let long = "x".repeat(65);
        for query in ["", "?cards=", "?cards=+", "?cards=a+", &format!("?cards={long}")] {
            let answer = shop.get(&format!("/api/extrato/v1/stream{query}")).await;
            assert_eq!(answer.problem(), (400, "query_invalid".to_owned()), "{query}");
        }
        let answer = shop.get(&format!("/api/extrato/v1/stream?cards={}", cards(33))).await;
        assert_eq!(answer.problem(), (400, "query_invalid".to_owned()));
        // None of them is there, but all may come.
        let mut live = listen(&shop, &format!("stream?cards={}", cards(32)), None).await;
        live.next("freshness").await;
        drop(live);
        shop.stop().await;
    });
}

#[test]
fn a_follower_hears_by_name_of_a_statement_without_news() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        let mut live = follow(&shop, &token, None).await;
        let mut last = live.next("freshness").await.data;
        // What had just happened may be told once more.
        for _ in 0..3 {
            let block = live.block().await.unwrap();
            assert!(block.contains("event: "), "browsers hide this from the page: {block:?}");
        }
        loop {
            let freshness = live.next("freshness").await.data;
            let is_same = |name| freshness[name] == last[name];
            if is_same("applied_position") && is_same("committed_position") {
                let told = |data: &Value| data["now_ms"].as_i64().unwrap();
                assert!(told(&freshness) > told(&last), "it says when it is told");
                break;
            }
            last = freshness;
        }
        drop(live);
        shop.stop().await;
    });
}

#[test]
fn a_server_that_stops_ends_its_streams() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        let mut live = follow(&shop, &token, None).await;
        live.next("line").await;
        let started = tokio::time::Instant::now();
        shop.rest.shutdown().await;
        assert!(started.elapsed() < Duration::from_secs(5), "no drain had to be waited for");
        while live.block().await.is_some() {}
        shop.stop().await;
    });
}

/// The position is there, and another payment is at it: the page has read another past.
#[test]
fn a_reader_of_another_past_begins_anew() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        for _ in 0..2 {
            shop.buy().await;
        }
        eventually("the lines are there", async || shop.lines(&token).await.len() == 2).await;
        let mut lines = shop.lines(&token).await;
        lines.reverse();
        let [position, other] = [&lines[0]["position"], &lines[1]["position"]];
        let (ours, theirs) = (&lines[0]["transaction_id"], &lines[1]["transaction_id"]);
        let id = |payment: &Value| format!("{position}.{}", payment.as_str().unwrap());
        for (id, first) in
            [(id(ours), other), (id(theirs), position), (id(&json!(new_key())), position)]
        {
            let mut live = follow(&shop, &token, Some(&id)).await;
            assert_eq!(&live.next("line").await.data["line"]["position"], first, "{id}");
        }
        shop.stop().await;
    });
}

/// A page that followed another statement, or a made-up number: it would take all news for old.
#[test]
fn a_reader_from_beyond_the_statement_begins_anew() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        shop.buy().await;
        eventually("the line is there", async || shop.lines(&token).await.len() == 1).await;
        for id in ["1000000", "9223372036854775807", "9223372036854775808", "18446744073709551615"]
        {
            let mut live = follow(&shop, &token, Some(id)).await;
            let known = live.next("line").await;
            assert_eq!(known.data["card"]["token"], token.as_str(), "{id}");
            let bought = shop.buy().await;
            // The last lines come first; the test ends only if the news comes as well.
            while live.next("line").await.data["line"]["transaction_id"] != bought["payment_id"] {}
        }
        shop.stop().await;
    });
}
