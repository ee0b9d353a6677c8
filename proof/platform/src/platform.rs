//! The order in which everything is started and stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bancada_kafka::Brokers;
use bancada_pipeline::{HttpAddress, Watch};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;

use bancada_telemetry::console;

use crate::address::{any_free, is_free, local};
use crate::announcement::Addresses;
use crate::arguments::Options;
use crate::folder::Folder;
use crate::forward::Doors;
use crate::log_view::LogView;
use crate::part::Parts;
use crate::server::connect;
use crate::server::elasticsearch::Elasticsearch;
use crate::server::kafka::Kafka;
use crate::server::postgresql::Postgresql;
use crate::server::services::Services;
use crate::{front, ingress};

/// A loaded machine is slow, not wrong.
const START_WITHIN: Duration = Duration::from_secs(180);
/// For browsers, and before Elasticsearch.
const N_LISTENERS: usize = 2;
/// Its Kafka Connect commits every second.
const WATCH: Watch =
    Watch { every: Duration::from_secs(3), stalled_after: Duration::from_secs(20) };
/// Variables that tell where programs are.
const LIBS: &str = "BANCADA_KAFKA_LIBS";
const PLUGINS: &str = "BANCADA_CONNECT_PLUGINS";
const HOME: &str = "BANCADA_ELASTICSEARCH_HOME";

/// Starts everything, waits for its end, and stops everything.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let began = Instant::now();
    let Some(folder) = Folder::open(&options.data, options.fresh, options.yes)? else {
        return Ok(());
    };
    let folder = Rc::new(folder);
    let view = LogView::new(&folder.part("logs")?, options.verbose)?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (mut parts, mut reasons) = Parts::new(view, folder.part("run")?);
    let result = tokio::select! {
        result = live(&options, &folder, &mut parts, began, &mut reasons) => result,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    console::complain(format_args!("stopping; again Ctrl-C ends it at once"));
    tokio::select! {
        () = parts.stop() => {}
        // What still runs ends with this program.
        _ = interrupt.recv() => bail!("not everything was stopped in order"),
    }
    result
}

/// Starts everything, and lives until a part gives up.
async fn live(
    options: &Options,
    folder: &Rc<Folder>,
    parts: &mut Parts,
    began: Instant,
    reasons: &mut UnboundedReceiver<String>,
) -> anyhow::Result<()> {
    let addresses = tokio::select! {
        started = start(options, folder, parts) => started?,
        reason = reasons.recv() => bail!("{}", reason.unwrap_or_default()),
    };
    addresses.announce(parts, began.elapsed())?;
    let reason = reasons.recv().await;
    bail!("{}", reason.unwrap_or_default())
}

async fn start(
    options: &Options,
    folder: &Rc<Folder>,
    parts: &mut Parts,
) -> anyhow::Result<Addresses> {
    let pieces = Found::of(options)?;
    if !options.host.to_canonical().is_loopback() {
        console::complain(format_args!(
            "warning: other machines can reach {}: there is no login, and whoever reaches it can \
             issue cards, change limits and pay bills",
            options.host
        ));
    }
    are_free(options)?;

    // Everything that needs nothing, at once.
    let postgresql = match &options.postgres {
        Some(_) => None,
        None => Some(Postgresql::prepare(folder, options.postgres_port).await?),
    };
    if let Some(postgresql) = &postgresql {
        parts.start(postgresql.spec()?)?;
    }
    let kafka = match &options.kafka {
        Some(brokers) => brokers.to_string(),
        None => {
            let kafka = Kafka::prepare(folder, pieces.libs, options.kafka_port).await?;
            let address = kafka.address();
            parts.start(kafka.spec()?)?;
            address
        }
    };
    let elasticsearch = match &options.elasticsearch {
        _ if options.no_elasticsearch => None,
        Some(address) => Some(address.clone()),
        None => Some(own_elasticsearch(options, pieces.elasticsearch, folder, parts).await?),
    };
    parts.answer(START_WITHIN).await?;
    if let Some(postgresql) = &postgresql {
        postgresql.make_database("bancada").await?;
    }

    // Kafka Connect ends where there is no Kafka yet.
    if !options.no_elasticsearch {
        let (libs, plugins) = (pieces.libs, pieces.plugins);
        parts.start(connect::spec(folder, libs, plugins, &kafka, options.connect_port)?)?;
    }
    let own = postgresql.as_ref().map(|it| it.url_of("bancada"));
    let postgres = options.postgres.clone().or(own).unwrap_or_default();
    let services = services(options, pieces.program, folder, &postgres, &kafka)?;
    parts.start(services.bank())?;
    parts.start(services.checkout())?;
    parts.start(services.extrato())?;
    let listener = TcpListener::bind((options.host, options.port)).await?;
    let [bank, ..] = services.admin;
    let (checkout, extrato) = (services.checkout, services.extrato);
    tokio::task::spawn_local(ingress::lead(
        ingress::Services { bank, checkout, extrato },
        Doors::new(&options.allowed_host, N_LISTENERS),
        listener,
    ));
    parts.answer(START_WITHIN).await?;

    let copies = match elasticsearch {
        None => None,
        Some(elasticsearch) => Some(apply(options, &kafka, elasticsearch).await?),
    };
    let postgres = match options.postgres {
        Some(_) => "your own".to_owned(),
        None => postgres,
    };
    Ok(Addresses {
        pages: SocketAddr::from((options.host, options.port)).to_string(),
        grpc: services.grpc.to_string(),
        admin: services.admin.map(|address| address.to_string()),
        postgres,
        kafka,
        copies,
        data: folder.path().display().to_string(),
    })
}

/// Elasticsearch, behind what answers the one question that a build for tests cannot.
async fn own_elasticsearch(
    options: &Options,
    home: &Path,
    folder: &Rc<Folder>,
    parts: &mut Parts,
) -> anyhow::Result<HttpAddress> {
    let elasticsearch = Elasticsearch::prepare(folder, home)?;
    let behind = elasticsearch.address();
    parts.start(elasticsearch.spec())?;
    let address = local(options.elasticsearch_port);
    let listener = TcpListener::bind(address).await?;
    let doors = Doors::new(&options.allowed_host, N_LISTENERS);
    tokio::task::spawn_local(front::stand_before(behind, doors, listener));
    Ok(format!("http://{address}").parse()?)
}

/// Tells Kafka Connect and Elasticsearch what to do.
async fn apply(
    options: &Options,
    kafka: &str,
    elasticsearch: HttpAddress,
) -> anyhow::Result<(String, String)> {
    let connect = format!("http://{}", local(options.connect_port));
    let shown = elasticsearch.to_string();
    let servers = bancada_pipeline::Servers {
        kafka: kafka.parse::<Brokers>()?,
        connect: connect.parse()?,
        elasticsearch,
        elasticsearch_from_connect: None,
        kibana: None,
        within: START_WITHIN,
    };
    bancada_pipeline::apply(&servers, |_| {}).await?;
    tokio::task::spawn_local(watch(servers));
    Ok((connect, shown))
}

/// Starts Kafka Connect's tasks again, for ever.
async fn watch(servers: bancada_pipeline::Servers) {
    bancada_pipeline::watch(&servers, WATCH, |restarted| {
        console::complain(format_args!("connect       | {restarted}"));
    })
    .await
}

fn services(
    options: &Options,
    program: PathBuf,
    folder: &Rc<Folder>,
    postgres: &str,
    kafka: &str,
) -> anyhow::Result<Services> {
    let admin = [0, 1, 2].map(|number| local(options.admin_port + number));
    Ok(Services {
        folder: Rc::clone(folder),
        program,
        web: absolute(&options.pieces.web)?,
        data: folder.part("services")?,
        postgres: postgres.to_owned(),
        kafka: kafka.to_owned(),
        allowed_hosts: options.allowed_host.iter().map(ToString::to_string).collect(),
        grpc: (options.host, options.grpc_port).into(),
        checkout: local(any_free()?),
        extrato: local(any_free()?),
        admin,
    })
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} cannot be found", path.display()))
}

/// The programs, where they are needed; looked for before anything is started.
struct Found<'a> {
    program: PathBuf,
    libs: &'a Path,
    plugins: &'a Path,
    elasticsearch: &'a Path,
}

impl Found<'_> {
    fn of(options: &Options) -> anyhow::Result<Found<'_>> {
        let pieces = &options.pieces;
        let program = match &pieces.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("bancada"),
        };
        if !program.is_file() {
            bail!("there is no {}; name it with --program FILE", program.display());
        }
        let has_copies = !options.no_elasticsearch;
        let needs_home = has_copies && options.elasticsearch.is_none();
        let (libs, plugins) = (&pieces.kafka_libs, &pieces.connect_plugins);
        Ok(Found {
            program,
            libs: piece(has_copies || options.kafka.is_none(), libs, "Kafka", LIBS)?,
            plugins: piece(has_copies, plugins, "Confluent's connector", PLUGINS)?,
            elasticsearch: piece(needs_home, &pieces.elasticsearch_home, "Elasticsearch", HOME)?,
        })
    }
}

/// Nothing where it is not needed.
fn piece<'a>(
    is_needed: bool,
    path: &'a Option<PathBuf>,
    what: &str,
    variable: &str,
) -> anyhow::Result<&'a Path> {
    let path = path.as_deref();
    if !is_needed {
        return Ok(path.unwrap_or(Path::new("")));
    }
    let path = path.with_context(|| {
        format!("{what} is missing: `cargo xtask up --platform` fetches it, or set {variable}")
    })?;
    if !path.is_dir() {
        bail!("{what} is not in {}: {variable} is wrong", path.display());
    }
    Ok(path)
}

fn are_free(options: &Options) -> anyhow::Result<()> {
    is_free(options.host, options.port, "--port")?;
    is_free(options.host, options.grpc_port, "--grpc-port")?;
    let own = [
        (true, options.admin_port, "--admin-port"),
        (true, options.admin_port + 1, "--admin-port (it needs three in a row)"),
        (true, options.admin_port + 2, "--admin-port (it needs three in a row)"),
        (options.postgres.is_none(), options.postgres_port, "--postgres-port"),
        (options.kafka.is_none(), options.kafka_port, "--kafka-port"),
        (options.kafka.is_none(), options.kafka_port + 1, "--kafka-port (it needs two in a row)"),
        (!options.no_elasticsearch, options.connect_port, "--connect-port"),
        (
            !options.no_elasticsearch && options.elasticsearch.is_none(),
            options.elasticsearch_port,
            "--elasticsearch-port",
        ),
    ];
    for (_, port, option) in own.into_iter().filter(|(is_needed, ..)| *is_needed) {
        is_free(local(port).ip(), port, option)?;
    }
    Ok(())
}
