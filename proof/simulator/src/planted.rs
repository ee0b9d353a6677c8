//! Faults in the code of the simulated parties: what the simulator must be able to find.

/// What one party does wrong. Runs outside this crate's tests have none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(test), expect(dead_code, reason = "only tests plant faults"))]
pub(crate) enum Planted {
    /// Nothing.
    #[default]
    Nothing,
    /// The Bank answers before the entry is durable.
    AnswerBeforeSync,
    /// The Bank answers readers and repetitions before what they are shown is durable.
    ReadBeforeSync,
    /// The Bank does not look whether a key was used.
    ForgetKeys,
    /// The Bank applies every refund to its state twice.
    ApplyTwice,
    /// The Bank records every capture twice.
    RecordTwice,
    /// The Bank keeps what it decided when the disk was full.
    KeepWhatWasNotWritten,
    /// The Bank takes for durable what it reads at its start.
    BelieveWhatIsRead,
    /// The Bank does not look whether its journal still has what its mark knows of.
    IgnoreTheMark,
    /// The Bank does not hear what the statement knows of its journal.
    IgnoreTheStatement,
    /// The Bank does not hear what the shop knows of its journal.
    IgnoreTheShop,
    /// The Bank does not hear how far its outbox had come.
    IgnoreTheOutbox,
    /// The Bank does not hear how far its snapshots had come.
    IgnoreTheSnapshots,
    /// The Bank takes whole commits behind a damage for torn ones.
    CutAtTheFirstDamage,
    /// The Bank writes its mark before what it marks is durable.
    MarkBeforeSync,
    /// The Bank does not look how much of its limit a card has used.
    IgnoreLimits,
    /// The Bank does not look how large an amount is.
    TakeAnyAmount,
    /// The Bank lets answers grow old by the wall clock.
    AgeByTheWallClock,
    /// The Bank hands events on before they are durable.
    PublishBeforeSync,
    /// A Bank of several ledgers has no homes for the keys of bills.
    BillsWithoutHomes,
    /// A Bank of several ledgers does not learn from its journals where keys were answered.
    ForgetHomesOfKeys,
    /// A ledger gives away a key that it has an answer to.
    YieldWhatIsAnswered,
    /// A ledger answers keys that were given away meanwhile.
    AnswerKeysOfOthers,
    /// A Bank of several ledgers answers before it knows where all keys were answered.
    AnswerBeforeAllAreLoaded,
    /// The shop sends its request before the order is durable.
    SendBeforeDurable,
    /// The shop repeats a request with another key.
    RepeatWithAnotherKey,
    /// The shop cancels what it finds without an outcome, and asks nobody.
    CancelWhatIsFound,
    /// The statement keeps what a failed transaction had written.
    KeepHalfTransactions,
    /// The statement takes every event for one it has not seen.
    IgnoreSequences,
    /// The statement does not ask whether the Bank still has what was read of it.
    NeverProve,
    /// The statement takes whatever the broker has for the Bank's past.
    BelieveTheBroker,
    /// The statement does not hold its rows against their checksums.
    BelieveStatementRows,
    /// The statement does not hold its tables against their totals.
    BelieveStatementTables,
    /// The shop does not hold its orders against their checksums.
    BelieveOrders,
    /// The shop does not hold the table of its orders against its total.
    BelieveOrderTable,
    /// The statement does not fetch what it missed.
    NeverRepair,
}

/// Who knows of the Bank's journal besides it.
pub(crate) const STATEMENT: &str = "the statement";
/// As above.
pub(crate) const SHOP: &str = "the shop";
/// As above.
pub(crate) const OUTBOX: &str = "the outbox";

impl Planted {
    /// Whether the Bank does not hear this witness.
    pub(crate) fn ignores(self, who: &str) -> bool {
        match self {
            Planted::IgnoreTheStatement => who == STATEMENT,
            Planted::IgnoreTheShop => who == SHOP,
            Planted::IgnoreTheOutbox => who == OUTBOX,
            _ => false,
        }
    }
}
