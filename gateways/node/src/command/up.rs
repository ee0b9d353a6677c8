//! `bancada up`: everything in one process.

use std::io::{ErrorKind, IsTerminal as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use bancada_http::{Admin, Check, Service};
use bancada_kernel::test_cards::TEST_CARDS;
use bancada_proto::web::{PartStatus, SystemStatus};
use bancada_supervision::{Strategy, Supervisor};
use bancada_telemetry::{Metrics, console};

use crate::arguments::UpOptions;
use crate::doors::Doors;
use crate::exit::Exit;
use crate::listener::{address_of, bind};
use crate::process::{self, TreeSlot};
use crate::restart;
use crate::service::bank::BankService;
use crate::service::checkout::CheckoutService;
use crate::service::extrato::ExtratoService;
use crate::service::kafka::Kafka;
use crate::service::web;
use crate::surroundings::RealSurroundings;

/// The services' folders in the data directory.
const FOLDERS: [&str; 3] = ["bank", "checkout", "extrato"];

pub(crate) fn run(options: UpOptions) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let data = options.data.data.as_path();
    // What came after the forgetting is not forgotten.
    if options.fresh && !restart::is_restart() && !forget(data, options.yes)? {
        return Ok(Exit::Well);
    }
    let pages = bind(SocketAddr::new(options.host, options.port), "--port")?;
    let grpc = bind(SocketAddr::new(options.host, options.grpc_port), "--grpc-port")?;
    let admin = bind(SocketAddr::from(([127, 0, 0, 1], options.admin_port)), "--admin-port")?;

    let doors = Doors::new(&options.doors, 2);
    let surroundings = RealSurroundings { metrics: Metrics::new() };
    let runtime = process::client_runtime()?;
    let _inside = runtime.enter();
    let mut bank_address = address_of(&grpc)?;
    if bank_address.ip().is_unspecified() {
        bank_address.set_ip([127, 0, 0, 1].into());
    }
    let address = bancada_grpc::client::BankAddress::parse(&format!("http://{bank_address}"))?;

    let mut kafka = Kafka::new(&options.kafka, &surroundings);
    let (bank_tree, bank) =
        BankService::open(data, &options.journal, kafka.as_mut(), &surroundings)?;
    let database = &options.journal.database;
    let (checkout_tree, checkout) = CheckoutService::open(data, database, &address, &surroundings)?;
    let (extrato_tree, extrato) =
        ExtratoService::open(data, database, &address, kafka.as_mut(), &surroundings)?;
    kafka.as_ref().map_or(Ok(()), Kafka::refuse_wrong_topics)?;

    let slot = TreeSlot::default();
    let services = services(&slot, &bank, &checkout, &extrato, &options.web.web);
    let broker = kafka.as_ref().map(Kafka::check);
    let admin_parts = Admin {
        set_aside: kafka.as_ref().map(Kafka::set_aside),
        ..admin_parts(&slot, &bank, &checkout, &extrato, broker, &surroundings)
    };
    let mut root = Supervisor::new("bancada", Strategy::OneForOne)
        .supervisor(bank_tree)
        .supervisor(bank.grpc(&grpc, &doors, &surroundings))
        .supervisor(checkout_tree)
        .supervisor(extrato_tree)
        .child(web::pages(&pages, services, &doors, &surroundings))
        .child(web::admin(&admin, admin_parts, &doors, &surroundings));
    if let Some(kafka) = kafka {
        root = root.supervisor(kafka.tree());
    }

    let (pages, admin) = (address_of(&pages)?, address_of(&admin)?);
    let exit = process::run(root, !options.no_chaos, surroundings, &slot, || async {
        bank.issue_demo_cards().await?;
        announce(pages, bank_address, admin, data, started)
    });
    drop(_inside);
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match exit {
        Ok(Exit::GaveUp) => restart::start_anew(started.elapsed()),
        exit => exit,
    }
}

fn services(
    slot: &TreeSlot,
    bank: &BankService,
    checkout: &CheckoutService,
    extrato: &ExtratoService,
    folder: &Path,
) -> Vec<Service> {
    let (bank, client) = (bank.handle.clone(), checkout.bank.clone());
    let (shop, statement) = (checkout.handle.clone(), extrato.handle.clone());
    let part = |name: &str, up, detail| PartStatus { name: name.to_owned(), up, detail };
    let tree = Arc::clone(slot);
    let status = move || {
        let bank_check = BankService::check(&bank, &tree);
        let shop_check = CheckoutService::check(&shop, &tree);
        let shop_detail = shop_check.detail.or_else(|| CheckoutService::bank_detail(&client));
        let statement_check = ExtratoService::check(&statement, &tree);
        SystemStatus {
            parts: vec![
                part("bank", bank_check.ok, bank_check.detail),
                part("checkout", shop_check.ok, shop_detail),
                part("extrato", statement_check.ok, statement_check.detail),
            ],
        }
    };
    vec![
        Service::Checkout(checkout.handle.clone()),
        Service::Extrato(extrato.handle.clone()),
        Service::Pages {
            site: web::site(folder),
            catalogue: Arc::clone(&checkout.catalogue),
            status: Arc::new(status),
        },
    ]
}

fn admin_parts(
    slot: &TreeSlot,
    bank: &BankService,
    checkout: &CheckoutService,
    extrato: &ExtratoService,
    broker: Option<impl Fn() -> Check + Send + Sync + 'static>,
    surroundings: &RealSurroundings,
) -> Admin {
    let (bank, shop) = (bank.handle.clone(), checkout.handle.clone());
    let statement = extrato.handle.clone();
    let checks = {
        let (bank, shop, statement) = (bank.clone(), shop, statement.clone());
        let tree = Arc::clone(slot);
        move || {
            let services = [
                BankService::check(&bank, &tree),
                CheckoutService::check(&shop, &tree),
                ExtratoService::check(&statement, &tree),
            ];
            services.into_iter().chain(broker.as_ref().map(|check| check())).collect()
        }
    };
    let refreshed = surroundings.clone();
    let refresh = move || {
        BankService::refresh(&bank, &refreshed);
        ExtratoService::refresh(&statement, &refreshed);
    };
    Admin {
        tree: Arc::clone(slot),
        metrics: surroundings.metrics.clone(),
        statement: Some(extrato.handle.clone()),
        set_aside: None,
        refresh: Arc::new(refresh),
        readiness: Arc::new(checks),
    }
}

/// Removes the services' data; false when the user does not want to.
fn forget(data: &Path, yes: bool) -> anyhow::Result<bool> {
    let mut there = Vec::new();
    for folder in FOLDERS.map(|folder| data.join(folder)) {
        match std::fs::symlink_metadata(&folder) {
            // What it leads to is outside of the data directory, and perhaps somebody else's.
            Ok(found) if found.is_symlink() => anyhow::bail!(
                "{} is a link, and --fresh removes nothing outside of {}; remove the link, or what \
                 it leads to, yourself",
                folder.display(),
                data.display()
            ),
            Ok(_) => there.push(folder),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", folder.display()));
            }
        }
    }
    if there.is_empty() {
        return Ok(true);
    }
    if !yes {
        if !std::io::stdin().is_terminal() {
            anyhow::bail!("--fresh forgets the data in {}; say --yes as well", data.display());
        }
        console::ask(format_args!(
            "Forget all payments, orders and statements in {}? [y/N] ",
            data.display()
        ));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes" | "s" | "sim") {
            console::say(format_args!("Nothing was forgotten."));
            return Ok(false);
        }
    }
    for folder in there {
        // Nobody's data is taken away while it is in use.
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        drop(bancada_database::data_directory::DataDirectory::open(data, name)?);
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(true)
}

fn announce(
    pages: SocketAddr,
    grpc: SocketAddr,
    admin: SocketAddr,
    data: &Path,
    started: Instant,
) -> anyhow::Result<()> {
    let card = TEST_CARDS[0];
    let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let took = started.elapsed().as_secs_f64();
    // One write, so that a reader of the pipe sees all of it or nothing.
    let text = format!(
        "\nBancada is up ({took:.1} s).\n\n  \
           Start here   http://{pages}/\n  \
           Shop         http://{pages}/loja/\n  \
           Statement    http://{pages}/extrato/\n  \
           Bank (gRPC)  {grpc}\n  \
           Admin        http://{admin}/metrics  /readyz?verbose  /tree\n  \
           Test card    {number}, {month:02}/{year}, any security code (more: bancada cards)\n  \
           Data         {data}\n\n\
         Press Ctrl-C to stop.\n",
        number = card.printed_number(),
        month = card.expiry.1,
        year = card.expiry.0,
        data = data.display(),
    );
    console::ask(format_args!("{text}"));
    Ok(())
}
