//! A running shop, and a clock that stands still until it is told to move.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actix_rt::System;
use bancada_kernel::{Brand, CardNumber, Cvv, Expiry, MerchantId, OrderId, Timestamp};
use bancada_supervision::{Options, Strategy, Supervisor, Tree, TreeHandle};
use tokio::runtime::Builder;
use tokio::task::{JoinHandle, spawn_local, yield_now};
use tokio::time::timeout;
use uuid::Uuid;

use super::bank::ScriptedBank;
use super::events::ScriptedEvents;
use super::memory::Disk;
use crate::catalogue::Catalogue;
use crate::order::{Item, Order};
use crate::ports::{PresentedCard, Surroundings};
use crate::tree::{CheckoutParts, on_parents_thread};
use crate::{CheckoutHandle, Limits, PlaceError, PlaceOrder, Placed};

/// Runs a test whose time moves only by [`Shop::pass`].
///
/// A paused clock would otherwise jump to the next timer while the store's thread works; a
/// blocking task holds it.
pub(super) fn in_frozen_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = || Builder::new_current_thread().enable_all().start_paused(true).build();
    let system = System::with_tokio_rt(|| runtime().unwrap());
    system.block_on(async {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let holder = tokio::task::spawn_blocking(move || {
            // Ends when the sender is dropped, also by a panic of the test. Time runs away from a
            // test that hangs, so that it fails.
            let _ = held.recv_timeout(Duration::from_secs(60));
        });
        let result = timeout(Duration::from_secs(100_000), test).await.expect("it ends");
        drop(release);
        holder.await.unwrap();
        result
    })
}

/// Waits for a condition without letting time pass.
pub(super) async fn drive_until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = std::time::Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(std::time::Instant::now() < patience, "never: {what}");
        yield_now().await;
    }
}

pub(super) struct Shop {
    pub(super) disk: Disk,
    pub(super) bank: ScriptedBank,
    pub(super) events: ScriptedEvents,
    pub(super) handle: CheckoutHandle,
    pub(super) tree: TreeHandle,
}

/// A clock that ticks whenever it is read.
struct Clock(AtomicI64);

impl Surroundings for Clock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn random_unit(&self) -> f64 {
        0.5
    }
}

impl Shop {
    pub(super) async fn open() -> Shop {
        let disk = Disk::default();
        let bank = ScriptedBank::new(&disk);
        Shop::open_on(disk, bank, Limits::default()).await
    }

    pub(super) async fn open_on(disk: Disk, bank: ScriptedBank, limits: Limits) -> Shop {
        Shop::open_with(disk, bank, ScriptedEvents::default(), limits).await
    }

    pub(super) async fn open_with(
        disk: Disk,
        bank: ScriptedBank,
        events: ScriptedEvents,
        limits: Limits,
    ) -> Shop {
        let (supervisor, handle) = on_parents_thread(CheckoutParts {
            catalogue: Catalogue::seeded(),
            merchant: MerchantId::parse("loja").unwrap(),
            store_name: "Loja".to_owned(),
            store: Arc::new(disk.clone()),
            bank: Arc::new(bank.clone()),
            refunds: Arc::new(events.clone()),
            surroundings: Arc::new(Clock(AtomicI64::new(1))),
            limits,
        });
        let root = Supervisor::new("root", Strategy::OneForOne).supervisor(supervisor);
        let options = Options { chaos: true, ..Options::default() };
        let tree = Tree::start(root, options).await.unwrap();
        Shop { disk, bank, events, handle, tree }
    }

    /// Places an order beside the test.
    pub(super) fn place(&self, request: PlaceOrder) -> JoinHandle<Result<Placed, PlaceError>> {
        let handle = self.handle.clone();
        spawn_local(async move { handle.place(request).await })
    }

    /// Lets time pass, in steps, after each of which everybody finishes what there is to do.
    pub(super) async fn pass(&self, duration: Duration) {
        let step = Duration::from_millis(50);
        let mut left = duration;
        while !left.is_zero() {
            self.work().await;
            let next = left.min(step);
            tokio::time::advance(next).await;
            left -= next;
        }
        self.work().await;
    }

    /// Lets time pass until a condition holds.
    pub(super) async fn passes_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let patience = std::time::Instant::now() + Duration::from_secs(60);
        while !holds() {
            assert!(std::time::Instant::now() < patience, "never: {what}");
            self.pass(Duration::from_millis(100)).await;
        }
    }

    /// Lets the actors and the store's thread work: a question to the store comes back after
    /// everything that was asked before it.
    async fn work(&self) {
        for _ in 0..3 {
            for _ in 0..10 {
                yield_now().await;
            }
            // While there is no store, nobody waits for one.
            let _ = self.handle.order(id(0)).await;
        }
    }

    pub(super) fn kept(&self, n: u128) -> Order {
        self.disk.order(id(n)).expect("the order is kept")
    }

    pub(super) fn word(&self, n: u128) -> &'static str {
        self.disk.order(id(n)).map_or("none", |order| order.state.word())
    }

    pub(super) async fn close(self) {
        let tree = self.tree.clone();
        let down = spawn_local(async move { tree.shutdown().await });
        self.passes_until("the shop is closed", || down.is_finished()).await;
    }
}

pub(super) fn id(n: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(n))
}

/// Two bags of coffee, with the key `n`.
pub(super) fn request(n: u128) -> PlaceOrder {
    PlaceOrder {
        id: id(n),
        items: vec![Item { slug: "cafe-em-graos".to_owned(), quantity: 2 }],
        installments: 1,
        expected_total: None,
        card: PresentedCard {
            number: CardNumber::parse("4242424242424242").unwrap(),
            expiry: Expiry::new(2035, 12).unwrap(),
            cvv: Cvv::parse("123", Brand::Visa).unwrap(),
            holder: "Ana Teste".to_owned(),
        },
        trace: None,
    }
}
