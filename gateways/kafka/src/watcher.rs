//! The actor that looks whether topics are still what they have to be: settings and partitions can
//! be altered while the brokers are up, and no client is told.

use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context, Supervised};
use bancada_supervision::SupervisedActor;

use crate::topic::Topic;

/// Between two looks. What is written to an altered topic until then may be lost there.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The actor. What it finds is what the topics say of themselves ([`Topic::wrong`]).
pub struct TopicWatcher {
    topics: Vec<Topic>,
}

impl TopicWatcher {
    /// Looks at these.
    pub fn new(topics: Vec<Topic>) -> TopicWatcher {
        TopicWatcher { topics }
    }
}

impl Actor for TopicWatcher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let topics = self.topics.clone();
        ctx.spawn(wrap_future::<_, Self>(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                for topic in &topics {
                    topic.look_again().await;
                }
            }
        }));
    }
}

impl Supervised for TopicWatcher {}

impl SupervisedActor for TopicWatcher {}
