//! The shop: orders and the client of the Bank.

use std::path::Path;
use std::sync::Arc;

use bancada_bank::ledger::ANSWERS_KEPT_MS;
use bancada_checkout::catalogue::Catalogue;
use bancada_checkout::order::KEY_IS_KNOWN_MS;
use bancada_checkout::ports::OrderStoreOpener;
use bancada_checkout::{CheckoutHandle, CheckoutParts, Limits, checkout};
use bancada_database::data_directory::DataDirectory;
use bancada_database::orders::{FILE, SqliteOrders};
use bancada_database::postgres::PostgresOrders;
use bancada_grpc::client::{BankAddress, BankClient, BreakerState, FeedClient};
use bancada_http::Check;
use bancada_kernel::MerchantId;
use bancada_supervision::Supervisor;

use crate::arguments::DatabaseOption;
use crate::process::TreeSlot;
use crate::service::left_behind;
use crate::service::stalled::unless_stalled;
use crate::surroundings::RealSurroundings;

const MERCHANT: &str = "loja";
const STORE_NAME: &str = "Loja Bancada";
// Neither crate may know the other: that the shop believes the Bank a day less is held here.
const _: () = assert!(KEY_IS_KNOWN_MS.unsigned_abs() + 24 * 60 * 60 * 1_000 <= ANSWERS_KEPT_MS);

/// Where the shop keeps its orders.
fn orders(
    directory: &mut DataDirectory,
    database: &DatabaseOption,
) -> anyhow::Result<Arc<dyn OrderStoreOpener>> {
    let file = directory.file(FILE);
    Ok(match &database.postgres {
        Some(url) => {
            left_behind::refuse(&file, "orders")?;
            url.refuse_transaction_pooler()?;
            Arc::new(PostgresOrders::new(url))
        }
        None => Arc::new(in_file(directory, &file)?),
    })
}

/// Orders in a file that was not lost since it was made.
fn in_file(directory: &mut DataDirectory, file: &Path) -> anyhow::Result<SqliteOrders> {
    let lost = "the orders that were in it are lost: put a backup in place (bancada restore); to \
                begin anew without one, choose another directory with --data";
    let shown = file.display();
    anyhow::ensure!(file.exists() || !directory.has_had(FILE)?, "{shown} is missing, and {lost}");
    let orders = SqliteOrders::new(file);
    anyhow::ensure!(!orders.lacks_synced_commits()?, "the log of {shown} is damaged, and {lost}");
    orders.make().map_err(|error| match error.is_damage() {
        true => anyhow::anyhow!("{error}, and {lost}"),
        false => error.into(),
    })?;
    directory.has_made(FILE)?;
    Ok(orders)
}

pub(crate) struct CheckoutService {
    pub(crate) handle: CheckoutHandle,
    pub(crate) bank: BankClient,
    pub(crate) catalogue: Arc<Catalogue>,
    /// Locked as long as it lives.
    _directory: DataDirectory,
}

impl CheckoutService {
    /// The shop's data, opened and locked, and its actors; call it inside the runtime on which
    /// the connections to the Bank shall live.
    pub(crate) fn open(
        data: &Path,
        database: &DatabaseOption,
        bank: &BankAddress,
        surroundings: &RealSurroundings,
    ) -> anyhow::Result<(Supervisor, CheckoutService)> {
        let mut directory = DataDirectory::open(data, "checkout")?;
        let limits = Limits::default();
        let feed = FeedClient::new(bank);
        let bank = BankClient::new(bank, limits.call_deadline, surroundings.metrics.clone());
        let parts = CheckoutParts {
            catalogue: Catalogue::seeded(),
            merchant: MerchantId::parse(MERCHANT)?,
            store_name: STORE_NAME.to_owned(),
            store: orders(&mut directory, database)?,
            bank: Arc::new(bank.clone()),
            refunds: Arc::new(feed),
            surroundings: Arc::new(surroundings.clone()),
            limits,
        };
        let (supervisor, handle) = checkout(parts);
        let catalogue = Arc::new(Catalogue::seeded());
        Ok((supervisor, CheckoutService { handle, bank, catalogue, _directory: directory }))
    }

    /// The shop takes orders also while the Bank is away: they wait. With a full disk it can be
    /// looked around in, and only the next order tells whether there is room again: it stays
    /// ready, and says what is wrong.
    pub(crate) fn check(handle: &CheckoutHandle, tree: &TreeSlot) -> Check {
        let ok = handle.is_up();
        let detail = match (ok, handle.is_full()) {
            (false, _) => Some("the order store is being opened".to_owned()),
            (true, true) => Some("the disk of the orders is full".to_owned()),
            (true, false) => None,
        };
        let check = Check { name: "checkout", ok, is_vital: true, detail };
        unless_stalled(check, tree)
    }

    pub(crate) fn bank_detail(bank: &BankClient) -> Option<String> {
        match bank.breaker() {
            BreakerState::Closed => None,
            BreakerState::HalfOpen => Some("the bank is being tried again".to_owned()),
            BreakerState::Open => Some("the bank does not answer".to_owned()),
        }
    }
}
