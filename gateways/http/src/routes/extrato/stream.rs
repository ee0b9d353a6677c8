//! The live stream of one card, and the one that a browser has for all cards that are open in it.

use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use bancada_extrato::statement::Update;
use bancada_extrato::{ExtratoHandle, Freshness, FreshnessWatch, SubscribeError, Subscription};
use bancada_kernel::CardToken;
use bancada_proto::web as wire;
use futures_util::stream::{LocalBoxStream, SelectAll, unfold};
use futures_util::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use super::{
    Stopping, card_to_wire, card_unknown, event_id, freshness_to_wire, line_to_wire, query_invalid,
};
use crate::problem::ApiError;
use crate::reader::Reader;

/// A silent connection is indistinguishable from a dead one, for proxies as for browsers. It is an
/// event, and no comment: browsers hide those from the page, which has to know as well.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The freshness changes with every event of the Bank; nobody reads it faster.
const FRESHNESS_EVERY: Duration = Duration::from_millis(500);
/// A card that is not on the statement yet, or not any more while it is rebuilt, is looked for
/// again so often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Cards of one stream.
const MAX_CARDS: usize = 32;

/// `GET /cards/{token}/stream`: resumes after `Last-Event-ID`.
pub(super) async fn of_card(
    reader: Reader,
    request: HttpRequest,
    token: Path<String>,
    extrato: Data<ExtratoHandle>,
    stopping: Data<Stopping>,
) -> HttpResponse {
    let following = async {
        let token = CardToken::parse(&token).map_err(|_| card_unknown())?;
        let after = request.headers().get("last-event-id");
        let after = after.and_then(|value| value.to_str().ok()).and_then(event_id::read);
        let mut news = News::new(&extrato, &stopping, false);
        news.updates.push(told(extrato.subscribe(&token, after).await?));
        Ok(answer(news))
    };
    reader.answer(following.await)
}

#[derive(Deserialize)]
pub(super) struct CardsQuery {
    cards: Option<String>,
}

/// `GET /stream?cards=TOKEN+TOKEN`: what happens on each of these cards from now on. The first
/// that is told of a card is how it is.
pub(super) async fn of_cards(
    reader: Reader,
    query: Query<CardsQuery>,
    extrato: Data<ExtratoHandle>,
    stopping: Data<Stopping>,
) -> HttpResponse {
    let following = async {
        let mut news = News::new(&extrato, &stopping, true);
        news.missing = tokens(query.into_inner().cards)?;
        news.look().await?;
        Ok(answer(news))
    };
    reader.answer(following.await)
}

/// The cards that a query names, each of them once. No token has a space in it.
fn tokens(text: Option<String>) -> Result<Vec<CardToken>, ApiError> {
    let invalid = || query_invalid("cards");
    let text = text.filter(|text| !text.is_empty()).ok_or_else(invalid)?;
    let mut tokens = Vec::new();
    for token in text.split(' ') {
        let token = CardToken::parse(token).map_err(|_| invalid())?;
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    if tokens.len() > MAX_CARDS { Err(invalid()) } else { Ok(tokens) }
}

fn answer(news: News) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that buffer would turn live into late.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events(news))
}

/// What a stream is made of.
struct News {
    /// `None` once a subscription has ended.
    updates: SelectAll<LocalBoxStream<'static, Option<Update>>>,
    /// Cards that the statement does not have.
    missing: Vec<CardToken>,
    look_at: Instant,
    /// Whether events say which card they are about.
    is_shared: bool,
    freshness: FreshnessWatch,
    extrato: ExtratoHandle,
    stopping: Stopping,
    has_greeted: bool,
    /// No freshness is told before.
    fresh_at: Instant,
}

/// What a stream has to say or to do next.
enum Word {
    Update(Box<Update>),
    Fresh(Freshness),
    Silence,
    TimeToLook,
}

fn events(news: News) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
    unfold(news, |mut news| async move {
        let event = news.next().await?;
        Some((Ok(event), news))
    })
}

/// The news of a subscription, and its end.
fn told(subscription: Subscription) -> LocalBoxStream<'static, Option<Update>> {
    let updates = unfold(Some(subscription), |subscription| async {
        let mut subscription = subscription?;
        let update = subscription.next().await;
        let rest = update.is_some().then_some(subscription);
        Some((update, rest))
    });
    updates.boxed_local()
}

impl News {
    fn new(extrato: &ExtratoHandle, stopping: &Stopping, is_shared: bool) -> News {
        News {
            updates: SelectAll::new(),
            missing: Vec::new(),
            look_at: Instant::now(),
            is_shared,
            freshness: extrato.watch_freshness(),
            extrato: extrato.clone(),
            stopping: stopping.clone(),
            has_greeted: false,
            fresh_at: Instant::now(),
        }
    }

    /// Follows the cards that are there, and keeps the others for another look.
    async fn look(&mut self) -> Result<(), SubscribeError> {
        self.look_at = Instant::now() + LOOK_EVERY;
        for token in std::mem::take(&mut self.missing) {
            match self.extrato.subscribe(&token, None).await {
                Ok(subscription) => self.updates.push(told(subscription)),
                Err(SubscribeError::UnknownCard) => self.missing.push(token),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next event, as it goes over the wire; `None` ends the stream, and the browser comes
    /// back.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.has_greeted {
            self.has_greeted = true;
            // A second is long enough for a server that restarts.
            return Some(self.heartbeat("retry: 1000\nevent: freshness"));
        }
        let heartbeat = Instant::now() + HEARTBEAT;
        loop {
            match self.word(heartbeat).await? {
                Word::Update(update) => return Some(self.line(*update)),
                Word::Fresh(freshness) => {
                    self.fresh_at = Instant::now() + FRESHNESS_EVERY;
                    let freshness = freshness_to_wire(freshness, self.extrato.now());
                    return Some(event("event: freshness", &freshness));
                }
                Word::Silence => return Some(self.heartbeat("event: freshness")),
                Word::TimeToLook => self.look().await.ok()?,
            }
        }
    }

    /// What happens next; `None` at the end of the server, or of a subscription.
    async fn word(&mut self, heartbeat: Instant) -> Option<Word> {
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
            update = self.updates.next(), if !self.updates.is_empty() => {
                update.flatten().map(Box::new).map(Word::Update)
            }
            freshness = changed_not_before(&mut self.freshness, self.fresh_at) => {
                freshness.map(Word::Fresh)
            }
            () = sleep_until(heartbeat) => Some(Word::Silence),
            () = sleep_until(self.look_at), if !self.missing.is_empty() => Some(Word::TimeToLook),
        }
    }

    fn heartbeat(&self, head: &str) -> Bytes {
        event(head, &freshness_to_wire(self.extrato.freshness(), self.extrato.now()))
    }

    fn line(&self, update: Update) -> Bytes {
        let id = event_id::of(&update);
        let head = match self.is_shared {
            true => format!("id: {} {id}\nevent: line", update.card.state.token),
            false => format!("id: {id}\nevent: line"),
        };
        let body = wire::StatementUpdate {
            line: update.line.map(line_to_wire),
            card: card_to_wire(update.card),
        };
        event(&head, &body)
    }
}

/// The next change, but not before a moment; only the latest counts, so none is queued.
async fn changed_not_before(watch: &mut FreshnessWatch, moment: Instant) -> Option<Freshness> {
    sleep_until(moment).await;
    watch.changed().await
}

fn event(head: &str, body: &impl Serialize) -> Bytes {
    let body = serde_json::to_string(body).expect("plain data");
    format!("{head}\ndata: {body}\n\n").into()
}
