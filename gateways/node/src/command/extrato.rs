//! `bancada extrato`: the statement alone.

use std::sync::Arc;

use bancada_checkout::catalogue::Catalogue;
use bancada_grpc::client::BankAddress;
use bancada_http::{Admin, Service};
use bancada_proto::web::{PartStatus, SystemStatus};
use bancada_supervision::{Strategy, Supervisor};
use bancada_telemetry::{Metrics, console};

use crate::arguments::{ExtratoOptions, on_port};
use crate::doors::Doors;
use crate::exit::Exit;
use crate::listener::{address_of, bind};
use crate::process::{self, TreeSlot};
use crate::service::extrato::ExtratoService;
use crate::service::kafka::Kafka;
use crate::service::web;
use crate::surroundings::RealSurroundings;

pub(crate) fn run(options: ExtratoOptions) -> anyhow::Result<Exit> {
    let http = bind(on_port(options.http, options.port), "--port")?;
    let admin = bind(on_port(options.admin_listen, options.admin.admin_port), "--admin-port")?;
    let doors = Doors::new(&options.admin.doors, 1);
    let surroundings = RealSurroundings { metrics: Metrics::new() };
    let bank = BankAddress::parse(&options.bank.bank)?;
    let runtime = process::client_runtime()?;
    let _inside = runtime.enter();
    let mut kafka = Kafka::new(&options.kafka, &surroundings);
    let (data, database) = (&options.data.data, &options.database);
    let (tree, statement) =
        ExtratoService::open(data, database, &bank, kafka.as_mut(), &surroundings)?;
    kafka.as_ref().map_or(Ok(()), Kafka::refuse_wrong_topics)?;

    let slot = TreeSlot::default();
    let (handle, tree_of_status) = (statement.handle.clone(), Arc::clone(&slot));
    let status = move || {
        let check = ExtratoService::check(&handle, &tree_of_status);
        let part = PartStatus { name: "extrato".to_owned(), up: check.ok, detail: check.detail };
        SystemStatus { parts: vec![part] }
    };
    let services = vec![
        Service::Extrato(statement.handle.clone()),
        Service::Pages {
            site: web::site(&options.web.web),
            catalogue: Arc::new(Catalogue::seeded()),
            status: Arc::new(status),
        },
    ];
    let tree_of_check = Arc::clone(&slot);
    let (checked, refreshed) = (statement.handle.clone(), statement.handle.clone());
    let (counted, kafka_check) = (surroundings.clone(), kafka.as_ref().map(Kafka::check));
    let admin_parts = Admin {
        tree: Arc::clone(&slot),
        metrics: surroundings.metrics.clone(),
        statement: Some(statement.handle.clone()),
        refresh: Arc::new(move || ExtratoService::refresh(&refreshed, &counted)),
        set_aside: kafka.as_ref().map(Kafka::set_aside),
        readiness: Arc::new(move || {
            let broker = kafka_check.as_ref().map(|check| check());
            [ExtratoService::check(&checked, &tree_of_check)].into_iter().chain(broker).collect()
        }),
    };
    let mut root = Supervisor::new("bancada", Strategy::OneForOne)
        .supervisor(tree)
        .child(web::pages(&http, services, &doors, &surroundings))
        .child(web::admin(&admin, admin_parts, &doors, &surroundings));
    if let Some(kafka) = kafka {
        root = root.supervisor(kafka.tree());
    }
    let (http, admin) = (address_of(&http)?, address_of(&admin)?);
    process::run(root, options.admin.chaos, surroundings, &slot, || async {
        console::say(format_args!(
            "The statement is on http://{http}/extrato/, metrics and probes on http://{admin}."
        ));
        Ok(())
    })
}
