//! `bancada checkout`: the shop alone.

use std::sync::Arc;

use bancada_grpc::client::BankAddress;
use bancada_http::{Admin, Service};
use bancada_proto::web::{PartStatus, SystemStatus};
use bancada_supervision::{Strategy, Supervisor};
use bancada_telemetry::{Metrics, console};

use crate::arguments::{CheckoutOptions, on_port};
use crate::doors::Doors;
use crate::exit::Exit;
use crate::listener::{address_of, bind};
use crate::process::{self, TreeSlot};
use crate::service::checkout::CheckoutService;
use crate::service::web;
use crate::surroundings::RealSurroundings;

pub(crate) fn run(options: CheckoutOptions) -> anyhow::Result<Exit> {
    let http = bind(on_port(options.http, options.port), "--port")?;
    let admin = bind(on_port(options.admin_listen, options.admin.admin_port), "--admin-port")?;
    let doors = Doors::new(&options.admin.doors, 1);
    let surroundings = RealSurroundings { metrics: Metrics::new() };
    let bank = BankAddress::parse(&options.bank.bank)?;
    let runtime = process::client_runtime()?;
    let _inside = runtime.enter();
    let (data, database) = (&options.data.data, &options.database);
    let (tree, shop) = CheckoutService::open(data, database, &bank, &surroundings)?;

    let slot = TreeSlot::default();
    let (handle, client) = (shop.handle.clone(), shop.bank.clone());
    let tree_of_status = Arc::clone(&slot);
    let status = move || {
        let check = CheckoutService::check(&handle, &tree_of_status);
        let detail = check.detail.or_else(|| CheckoutService::bank_detail(&client));
        let part = PartStatus { name: "checkout".to_owned(), up: check.ok, detail };
        SystemStatus { parts: vec![part] }
    };
    let services = vec![
        Service::Checkout(shop.handle.clone()),
        Service::Pages {
            site: web::site(&options.web.web),
            catalogue: Arc::clone(&shop.catalogue),
            status: Arc::new(status),
        },
    ];
    let (checked, tree_of_check) = (shop.handle.clone(), Arc::clone(&slot));
    let admin_parts = Admin {
        tree: Arc::clone(&slot),
        metrics: surroundings.metrics.clone(),
        statement: None,
        set_aside: None,
        refresh: Arc::new(|| {}),
        readiness: Arc::new(move || vec![CheckoutService::check(&checked, &tree_of_check)]),
    };
    let root = Supervisor::new("bancada", Strategy::OneForOne)
        .supervisor(tree)
        .child(web::pages(&http, services, &doors, &surroundings))
        .child(web::admin(&admin, admin_parts, &doors, &surroundings));
    let (http, admin) = (address_of(&http)?, address_of(&admin)?);
    process::run(root, options.admin.chaos, surroundings, &slot, || async {
        console::say(format_args!(
            "The shop is on http://{http}/loja/, metrics and probes on http://{admin}."
        ));
        Ok(())
    })
}
