//! A Bank that takes part: how it is started, where it is, and how it gets its cards.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bancada_grpc::client::{BankAddress, connect};
use bancada_kafka::{Brokers, Topic};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use rustix::process::Signal;

use super::payers::Card;
use super::{is_program, topic};
use crate::address::{any_free, local};
use crate::arguments::DuelOptions;
use crate::folder::Folder;
use crate::part::PartSpec;
use crate::server::Probe;
use crate::server::postgresql::Postgresql;

/// The original listens nowhere else.
const ORIGINAL_PORT: u16 = 50_052;
const STOP_WITHIN: Duration = Duration::from_secs(35);

/// Which Bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Original,
    Bancada,
}

/// A Bank with a database and a topic of its own.
pub(super) struct Contender {
    side: Side,
    folder: Rc<Folder>,
    postgresql: Postgresql,
    topic: Topic,
    brokers: Brokers,
    program: PathBuf,
    place: PathBuf,
    port: u16,
    admin: SocketAddr,
}

impl Contender {
    pub(super) async fn new(
        side: Side,
        options: &DuelOptions,
        folder: &Rc<Folder>,
        postgresql: &Postgresql,
        brokers: &Brokers,
    ) -> anyhow::Result<Contender> {
        let (program, database, name, port) = match side {
            Side::Original => (options.original.clone(), "original", "original", ORIGINAL_PORT),
            Side::Bancada => {
                let program = match &options.pieces.program {
                    Some(program) => program.clone(),
                    None => std::env::current_exe()?.with_file_name("bancada"),
                };
                (program, "bancada", "payments", any_free()?)
            }
        };
        is_program(&program)?;
        let what_to_do = "the original listens nowhere else: stop what listens there";
        crate::address::is_usable(local(port).ip(), port, what_to_do)?;
        let place = folder.part("services")?.join(database);
        std::fs::create_dir_all(&place)?;
        postgresql.make_database(database).await?;
        if side == Side::Original {
            let schema = std::fs::read_to_string(&options.schema)
                .with_context(|| format!("{} cannot be read", options.schema.display()))?;
            postgresql.execute(database, &schema).await?;
            // It ends where there is none; what is in it comes from the environment.
            std::fs::write(place.join(".env"), "")?;
        }
        Ok(Contender {
            side,
            folder: Rc::clone(folder),
            postgresql: postgresql.again(),
            topic: topic(brokers, name).await?,
            brokers: brokers.clone(),
            program: std::path::absolute(program)?,
            place,
            port,
            admin: local(any_free()?),
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self.side {
            Side::Original => "original",
            Side::Bancada => "bancada",
        }
    }

    pub(super) fn topic(&self) -> &Topic {
        &self.topic
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", local(self.port))
    }

    pub(super) fn spec(&self) -> anyhow::Result<PartSpec> {
        let (folder, program) = (Rc::clone(&self.folder), self.program.clone());
        let (place, side, admin) = (self.place.clone(), self.side, self.admin);
        let (topic, brokers) = (self.topic.name().to_owned(), self.brokers.to_string());
        let (port, grpc) = (self.postgresql.port().to_string(), local(self.port).to_string());
        let url = self.postgresql.url_of("bancada");
        let command = move || {
            let mut command = folder.command(&program);
            command.current_dir(&place);
            match side {
                Side::Original => {
                    command.env("host", "127.0.0.1").env("port", &port);
                    command.env("user", "bancada").env("password", "none");
                    command.env("dbname", "original");
                    command.env("KafkaBootstrapServers", &brokers);
                    command.env("KafkaTransactionsTopic", &topic);
                    // Without this its producer is none.
                    command.env("security.protocol", "PLAINTEXT");
                    command.env("sasl.mechanisms", "PLAIN");
                }
                Side::Bancada => {
                    command.arg("bank").arg("--data").arg(&place);
                    command.args(["--grpc", &grpc, "--kafka", &brokers, "--postgres", &url]);
                    command.arg("--admin-listen").arg(admin.to_string());
                    command.env("BANCADA_LOG", "warn");
                }
            }
            command
        };
        let probe = match self.side {
            Side::Original => Probe::Connects(local(self.port)),
            Side::Bancada => Probe::Answers(self.admin, "/readyz"),
        };
        Ok(PartSpec {
            name: self.name(),
            command: Box::new(command),
            probe,
            stop: (Signal::TERM, STOP_WITHIN),
            is_ours: false,
        })
    }

    /// New cards with this limit.
    pub(super) async fn issue(&self, n: usize, limit_minor: i64) -> anyhow::Result<Vec<Card>> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let first = NEXT.fetch_add(n, Ordering::Relaxed);
        let cards: Vec<_> = (first..first + n).map(Card::new).collect();
        match self.side {
            Side::Original => self.insert(&cards, limit_minor).await?,
            Side::Bancada => {
                let address = BankAddress::parse(&self.address())?;
                let mut bank = CardServiceClient::new(connect(&address));
                for card in &cards {
                    let limit = v1::Money { amount_minor: limit_minor, currency: "BRL".to_owned() };
                    let request = v1::IssueCardRequest {
                        number: card.number.clone(),
                        holder: "Carga Teste".to_owned(),
                        expiry_month: 12,
                        expiry_year: 2035,
                        limit: Some(limit),
                        closing_day: 5,
                        due_day: 15,
                    };
                    bank.issue_card(request).await.context("a card cannot be issued")?;
                }
            }
        }
        Ok(cards)
    }

    /// The original has no call for it.
    async fn insert(&self, cards: &[Card], limit_minor: i64) -> anyhow::Result<()> {
        let rows: Vec<_> = cards
            .iter()
            .map(|card| {
                format!(
                    "(gen_random_uuid(), 'Carga Teste', '{}', '12', '2035', '123', 0, {}.{:02})",
                    card.number,
                    limit_minor / 100,
                    limit_minor % 100
                )
            })
            .collect();
        let insert = format!("INSERT INTO credit_cards VALUES {}", rows.join(", "));
        self.postgresql.execute("original", &insert).await
    }
}
