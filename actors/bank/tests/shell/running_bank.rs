//! A running Bank for one test, and what is asked of it.

pub(crate) use bancada_testbed::eventually;
use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bancada_bank::ledger::{
    CaptureRefusal, Ledger, Payment, PaymentStatus, RefundRefusal, VoidRefusal, check,
};
use bancada_bank::ports::{JournalError, Surroundings};
use bancada_bank::proof::Loss;
use bancada_bank::{
    BankError, BankHandle, BankParts, CaptureFailure, CardRequest, OperationAnswer,
    OperationRequest, PaymentAnswer, PaymentError, PaymentQuery, PaymentRequest, ProofParts,
    RefundFailure, ShardParts, SnapshotParts, Vault, VoidFailure, bank,
};
use bancada_kernel::{
    CardNumber, CardToken, Currency, Cvv, Expiry, IdempotencyKey, MerchantId, Money, PaymentId,
    Timestamp,
};
use bancada_supervision::{Options, State, Strategy, Supervisor, Tree, TreeHandle};
use uuid::Uuid;

use bancada_testbed::MemoryJournal;

/// A Luhn-correct number that no table publishes.
pub(crate) const NUMBER: &str = "4000000000001000";
/// November 2026.
pub(crate) const NOW: Timestamp = Timestamp(1_795_000_000_000);

#[derive(Default)]
pub(crate) struct World {
    n_uuids: AtomicU64,
    /// The Bank's clock; only the test moves it.
    pub(crate) now_ms: AtomicI64,
    /// How long the process has run.
    pub(crate) ran_ms: AtomicU64,
    pub(crate) lost: Mutex<Option<JournalError>>,
    pub(crate) refused: Mutex<Option<JournalError>>,
}

impl World {
    /// Ids that were given out.
    pub(crate) fn n_uuids(&self) -> u64 {
        self.n_uuids.load(Ordering::Relaxed)
    }
}

thread_local! {
    static AT_THE_CLOCK: RefCell<Box<dyn FnMut()>> = RefCell::new(Box::new(|| {}));
}

/// Runs something whenever this thread looks at a clock of the Bank: it may hold the thread there.
pub(crate) fn at_the_clock(run: impl FnMut() + 'static) {
    AT_THE_CLOCK.set(Box::new(run));
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        AT_THE_CLOCK.with_borrow_mut(|run| run());
        Timestamp(self.now_ms.load(Ordering::Relaxed))
    }

    /// Stands still unless a test moves it.
    fn monotonic(&self) -> Duration {
        AT_THE_CLOCK.with_borrow_mut(|run| run());
        Duration::from_millis(self.ran_ms.load(Ordering::Relaxed))
    }

    fn uuid(&self) -> Uuid {
        // A shard writes its number into the last two bytes of a payment's id.
        Uuid::from_u128((u128::from(self.n_uuids.fetch_add(1, Ordering::Relaxed)) + 1) << 16)
    }

    fn journal_is_lost(&self, error: &JournalError) {
        *self.lost.lock().unwrap() = Some(error.clone());
    }

    fn refuse_to_start(&self, error: &JournalError) {
        *self.refused.lock().unwrap() = Some(error.clone());
    }
}

pub(crate) struct RunningBank {
    pub(crate) bank: BankHandle,
    pub(crate) tree: TreeHandle,
    pub(crate) journal: MemoryJournal,
    pub(crate) world: Arc<World>,
}

/// Runs a test inside an actix system, within a minute.
pub(crate) fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(async {
        tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test ends");
    });
}

impl RunningBank {
    /// Why it does not start; nobody is answered.
    pub(crate) async fn refusal(&self) -> Loss {
        eventually("self.world.refused.lock().unwrap().is_some()", async || {
            self.world.refused.lock().unwrap().is_some()
        })
        .await;
        assert!(self.bank.find_card(token()).await.is_err());
        match self.world.refused.lock().unwrap().clone() {
            Some(JournalError::Lost(loss)) => loss,
            other => panic!("{other:?}"),
        }
    }

    /// A bank with one card of this limit.
    pub(crate) async fn with_limit(limit_minor: i64) -> RunningBank {
        let journal = MemoryJournal::new();
        let running = RunningBank::start(&journal, 4_096).await;
        running.bank.issue_card(card(limit_minor)).await.unwrap();
        running
    }

    pub(crate) async fn start(journal: &MemoryJournal, max_in_flight: usize) -> RunningBank {
        RunningBank::start_at(journal, max_in_flight, NOW).await
    }

    /// A bank whose clock shows this.
    pub(crate) async fn start_at(
        journal: &MemoryJournal,
        max_in_flight: usize,
        now: Timestamp,
    ) -> RunningBank {
        RunningBank::start_with(journal, max_in_flight, now, None).await
    }

    /// A bank that makes snapshots, or none.
    pub(crate) async fn start_with(
        journal: &MemoryJournal,
        max_in_flight: usize,
        Timestamp(now_ms): Timestamp,
        snapshots: Option<SnapshotParts>,
    ) -> RunningBank {
        let now = Timestamp(now_ms);
        RunningBank::proven(journal, max_in_flight, now, snapshots, ProofParts::default()).await
    }

    /// A bank of whose journal others know something.
    pub(crate) async fn proven(
        journal: &MemoryJournal,
        max_in_flight: usize,
        Timestamp(now_ms): Timestamp,
        snapshots: Option<SnapshotParts>,
        proof: ProofParts,
    ) -> RunningBank {
        let shard = ShardParts {
            journal: Arc::new(journal.clone()),
            history: Arc::new(journal.clone()),
            broker: None,
            proof,
            snapshots,
        };
        // Ids must not repeat across restarts, as UUIDs do not.
        let n_past = journal.entries().len();
        RunningBank::of(vec![shard], journal, n_past, max_in_flight, now_ms).await
    }

    /// A bank of several shards.
    pub(crate) async fn over(journals: &[MemoryJournal]) -> RunningBank {
        let shards = journals.iter().map(|journal| ShardParts {
            journal: Arc::new(journal.clone()),
            history: Arc::new(journal.clone()),
            broker: None,
            proof: ProofParts::default(),
            snapshots: None,
        });
        let n_past = journals.iter().map(|journal| journal.entries().len()).sum();
        RunningBank::of(shards.collect(), &journals[0], n_past, 4_096, NOW.0).await
    }

    async fn of(
        shards: Vec<ShardParts>,
        journal: &MemoryJournal,
        n_past: usize,
        max_in_flight: usize,
        now_ms: i64,
    ) -> RunningBank {
        let world = Arc::new(World { now_ms: AtomicI64::new(now_ms), ..World::default() });
        world.n_uuids.store(n_past as u64 * 1_000_000, Ordering::Relaxed);
        let parts = BankParts {
            currency: Currency::BRL,
            vault: Vault::new([7; 32]),
            surroundings: Arc::clone(&world) as Arc<dyn Surroundings>,
            max_in_flight,
            shards,
        };
        let (supervisor, bank) = bank(parts).unwrap();
        let root = Supervisor::new("test", Strategy::OneForOne).supervisor(supervisor);
        let options = Options { chaos: true, ..Options::default() };
        let tree = Tree::start(root, options).await.unwrap();
        RunningBank { bank, tree, journal: journal.clone(), world }
    }

    pub(crate) async fn pay(
        &self,
        key: &str,
        amount_minor: i64,
    ) -> Result<PaymentAnswer, PaymentError> {
        self.bank.authorize(sale(key, amount_minor)).await
    }

    /// Pays with the same key until the Bank says what became of it, as a shop does.
    pub(crate) async fn pay_until_known(&self, key: &str, amount_minor: i64) -> Payment {
        until_known(async || self.pay(key, amount_minor).await).await.payment
    }

    /// Places a hold.
    pub(crate) async fn hold(&self, key: &str, amount_minor: i64) -> PaymentId {
        let request = PaymentRequest { capture: false, ..sale(key, amount_minor) };
        let payment =
            until_known(async || self.bank.authorize(request.clone()).await).await.payment;
        assert_eq!(payment.status, PaymentStatus::Authorized);
        payment.id
    }

    pub(crate) async fn capture(
        &self,
        key: &str,
        payment: PaymentId,
        amount_minor: i64,
    ) -> Result<OperationAnswer<CaptureRefusal>, CaptureFailure> {
        self.bank.capture(about(key, payment), Money::brl(amount_minor)).await
    }

    pub(crate) async fn void(
        &self,
        key: &str,
        payment: PaymentId,
    ) -> Result<OperationAnswer<VoidRefusal>, VoidFailure> {
        self.bank.void(about(key, payment)).await
    }

    pub(crate) async fn refund(
        &self,
        key: &str,
        payment: PaymentId,
        amount_minor: i64,
    ) -> Result<OperationAnswer<RefundRefusal>, RefundFailure> {
        self.bank.refund(about(key, payment), Money::brl(amount_minor)).await
    }

    pub(crate) async fn status(&self, payment: PaymentId) -> PaymentStatus {
        let query = PaymentQuery::Id(payment);
        self.bank.find_payment(merchant(), query).await.unwrap().unwrap().status
    }

    pub(crate) async fn is_running_again(&self, path: &str, generation: u64) {
        let is_running = async || {
            let snapshot = self.tree.snapshot();
            let node = snapshot.nodes.iter().find(|node| node.path == path).unwrap();
            node.generation >= generation && node.state == State::Running
        };
        eventually(&format!("{path} runs again"), is_running).await;
    }

    /// Stops the Bank and holds what is on the disk against the invariants.
    pub(crate) async fn stop_and_check(self) -> Ledger {
        self.tree.shutdown().await;
        let entries = self.journal.entries();
        let mut ledger = Ledger::new(Currency::BRL);
        entries.iter().for_each(|entry| ledger.apply(entry));
        assert_eq!(check(&ledger, &entries), []);
        ledger
    }
}

/// Asks, with the same key, until the Bank says what became of it.
pub(crate) async fn until_known<T, E: std::fmt::Display>(
    ask: impl AsyncFn() -> Result<T, BankError<E>>,
) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(BankError::Refused(error)) => panic!("{error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

pub(crate) fn merchant() -> MerchantId {
    MerchantId::parse("loja").unwrap()
}

pub(crate) fn key(key: &str) -> IdempotencyKey {
    IdempotencyKey::parse(key).unwrap()
}

pub(crate) fn token() -> CardToken {
    Vault::new([7; 32]).token(&number())
}

fn number() -> CardNumber {
    CardNumber::parse(NUMBER).unwrap()
}

pub(crate) fn card(limit_minor: i64) -> CardRequest {
    CardRequest {
        number: number(),
        holder: "Ana Teste".to_owned(),
        expiry: Expiry::new(2035, 12).unwrap(),
        limit: Money::brl(limit_minor),
        closing_day: 5,
        due_day: 15,
        always_declines: None,
    }
}

pub(crate) fn sale(of: &str, amount_minor: i64) -> PaymentRequest {
    let number = number();
    PaymentRequest {
        merchant: merchant(),
        key: key(of),
        cvv: Some(Cvv::parse("123", number.brand()).unwrap()),
        number,
        expiry: Expiry::new(2035, 12).unwrap(),
        amount: Money::brl(amount_minor),
        capture: true,
        store: "Loja".to_owned(),
        description: "Café".to_owned(),
        order_id: String::new(),
        installments: 1,
        trace: None,
    }
}

pub(crate) fn about(of: &str, payment: PaymentId) -> OperationRequest {
    OperationRequest { merchant: merchant(), key: key(of), payment, trace: None }
}

pub(crate) fn is_approved(payment: &Payment) -> bool {
    payment.status == PaymentStatus::Captured
}
