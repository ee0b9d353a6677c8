//! `bancada bank`: the Bank alone.

use std::sync::Arc;

use bancada_http::Admin;
use bancada_supervision::{Strategy, Supervisor};
use bancada_telemetry::{Metrics, console};

use crate::arguments::{BankOptions, on_port};
use crate::doors::Doors;
use crate::exit::Exit;
use crate::listener::{address_of, bind};
use crate::process::{self, TreeSlot};
use crate::service::bank::BankService;
use crate::service::kafka::Kafka;
use crate::service::web;
use crate::surroundings::RealSurroundings;

pub(crate) fn run(options: BankOptions) -> anyhow::Result<Exit> {
    let grpc = bind(on_port(options.grpc, options.grpc_port), "--grpc-port")?;
    let admin = bind(on_port(options.admin_listen, options.admin.admin_port), "--admin-port")?;
    let doors = Doors::new(&options.admin.doors, 1);
    let surroundings = RealSurroundings { metrics: Metrics::new() };
    let mut kafka = Kafka::new(&options.kafka, &surroundings);
    let data = &options.data.data;
    let (tree, bank) = BankService::open(data, &options.journal, kafka.as_mut(), &surroundings)?;
    kafka.as_ref().map_or(Ok(()), Kafka::refuse_wrong_topics)?;

    let slot = TreeSlot::default();
    let tree_of_check = Arc::clone(&slot);
    let (checked, refreshed) = (bank.handle.clone(), bank.handle.clone());
    let (counted, kafka_check) = (surroundings.clone(), kafka.as_ref().map(Kafka::check));
    let admin_parts = Admin {
        tree: Arc::clone(&slot),
        metrics: surroundings.metrics.clone(),
        statement: None,
        refresh: Arc::new(move || BankService::refresh(&refreshed, &counted)),
        set_aside: kafka.as_ref().map(Kafka::set_aside),
        readiness: Arc::new(move || {
            let broker = kafka_check.as_ref().map(|check| check());
            [BankService::check(&checked, &tree_of_check)].into_iter().chain(broker).collect()
        }),
    };
    let mut root = Supervisor::new("bancada", Strategy::OneForOne)
        .supervisor(tree)
        .supervisor(bank.grpc(&grpc, &doors, &surroundings))
        .child(web::admin(&admin, admin_parts, &doors, &surroundings));
    if let Some(kafka) = kafka {
        root = root.supervisor(kafka.tree());
    }
    let (grpc, admin) = (address_of(&grpc)?, address_of(&admin)?);
    process::run(root, options.admin.chaos, surroundings, &slot, || async {
        bank.issue_demo_cards().await?;
        console::say(format_args!(
            "The bank serves gRPC on {grpc}, and metrics and probes on http://{admin}."
        ));
        Ok(())
    })
}
