//! `bancada dead-letters`: records that the statement could not read.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use bancada_event_record::Place;
use bancada_pipeline::HttpAddress;
use bancada_proto::problem::Problem;
use bancada_proto::web::{DeadLetter, DeadLetterList};
use reqwest::{Client, Method, Response};

use bancada_telemetry::console;

use crate::arguments::{DeadLettersCommand, DeadLettersOptions, Output};
use crate::exit::Exit;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Of a record on its line in the list.
const MAX_SHOWN: usize = 60;

pub(crate) fn run(options: &DeadLettersOptions) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let admin = Admin {
            base: options.admin.clone(),
            web: Client::builder().timeout(ANSWER_WITHIN).build()?,
        };
        match &options.command {
            DeadLettersCommand::List { output } => list(&admin, output.output).await,
            DeadLettersCommand::Show { id, output } => show(&admin, *id, output.output).await,
            DeadLettersCommand::Replay { id } => {
                admin.command(Method::POST, &format!("{id}/replay")).await?;
                console::say(format_args!("dead letter {id} was read and applied"));
                Ok(Exit::Well)
            }
            DeadLettersCommand::SetAside { place: Place(partition, offset), topic } => {
                let path = format!("set-aside/{topic}/{partition}/{offset}");
                admin.command(Method::POST, &path).await?;
                let letters = match topic.as_str() {
                    "payments" => "`bancada dead-letters list` has what was passed over",
                    _ => "the topic bill-payments.dead-letters has what was passed over",
                };
                console::say(format_args!(
                    "the consumer of {topic} goes on behind {partition}/{offset}; {letters}"
                ));
                Ok(Exit::Well)
            }
            DeadLettersCommand::Discard { id } => {
                admin.command(Method::DELETE, &id.to_string()).await?;
                console::say(format_args!("dead letter {id} was discarded"));
                Ok(Exit::Well)
            }
        }
    })
}

/// The admin listener of the process with the statement.
struct Admin {
    base: HttpAddress,
    web: Client,
}

impl Admin {
    async fn ask(&self, method: Method, path: &str) -> anyhow::Result<Response> {
        let url = self.base.at_with_credentials(&format!("/dead-letters{path}"));
        let answer = self.web.request(method, &url).header("accept-language", "en").send().await;
        let answer = answer.with_context(|| {
            format!("{} does not answer: is the statement running, with this --admin?", self.base)
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        match answer.json::<Problem>().await {
            Ok(problem) => anyhow::bail!(problem.detail),
            Err(_) => anyhow::bail!("{url} answered {status}"),
        }
    }

    async fn command(&self, method: Method, path: &str) -> anyhow::Result<()> {
        self.ask(method, &format!("/{path}")).await.map(drop)
    }
}

async fn list(admin: &Admin, output: Output) -> anyhow::Result<Exit> {
    let (mut letters, mut after) = (Vec::<DeadLetter>::new(), Some(0));
    while let Some(last) = after {
        let page: DeadLetterList =
            admin.ask(Method::GET, &format!("?after={last}")).await?.json().await?;
        letters.extend(page.letters);
        after = page.next;
    }
    let mut out = std::io::stdout().lock();
    match output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&letters)?)?,
        Output::Text if letters.is_empty() => writeln!(out, "There are no dead letters.")?,
        Output::Text => {
            for letter in &letters {
                let raw: String = letter.raw.chars().take(MAX_SHOWN).collect();
                writeln!(out, "{:>6}  {:<14}  {}  {raw}", letter.id, place(letter), letter.why)?;
            }
        }
    }
    Ok(if letters.is_empty() { Exit::Well } else { Exit::Found })
}

async fn show(admin: &Admin, id: u64, output: Output) -> anyhow::Result<Exit> {
    let letter: DeadLetter = admin.ask(Method::GET, &format!("/{id}")).await?.json().await?;
    let mut out = std::io::stdout().lock();
    match output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&letter)?)?,
        Output::Text => {
            writeln!(out, "number   {}", letter.id)?;
            writeln!(out, "place    {}", place(&letter))?;
            writeln!(out, "card     {}", letter.card_token.as_deref().unwrap_or("unknown"))?;
            writeln!(out, "why      {}", letter.why)?;
            writeln!(out, "record   {}", letter.raw)?;
        }
    }
    Ok(Exit::Well)
}

/// Partition and offset.
fn place(letter: &DeadLetter) -> String {
    match (letter.partition, letter.offset) {
        (Some(partition), Some(offset)) => format!("{partition}/{offset}"),
        _ => "unknown".to_owned(),
    }
}
