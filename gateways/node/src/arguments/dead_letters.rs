//! Options of `bancada dead-letters`.

use bancada_event_record::Place;
use bancada_pipeline::HttpAddress;
use clap::{Args, Subcommand};

use super::OutputOption;
use super::place::place;

#[derive(Args)]
pub(crate) struct DeadLettersOptions {
    /// The admin listener of the process that has the statement; for what the bank's consumer
    /// cannot read, of the one that has the bank.
    #[arg(
        long,
        env = "BANCADA_ADMIN",
        default_value = "http://127.0.0.1:9464",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) admin: HttpAddress,
    #[command(subcommand)]
    pub(crate) command: DeadLettersCommand,
}

#[derive(Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// List them all. Ends with 1 if there are any.
    List {
        #[command(flatten)]
        output: OutputOption,
    },
    /// Show one, with all that was received.
    Show {
        /// Its number.
        id: u64,
        #[command(flatten)]
        output: OutputOption,
    },
    /// Read one again, as if it came now. What was applied meanwhile is not applied twice.
    Replay {
        /// Its number.
        id: u64,
    },
    /// Let a consumer go on behind records that it cannot read at all, as `readyz?verbose` names
    /// them. Those in a row become one dead letter with their place.
    SetAside {
        /// Where the first of them is.
        #[arg(value_name = "PARTITION/OFFSET", value_parser = place)]
        place: Place,
        /// The topic that has them: payments is read by the statement, bill-payments by the bank.
        #[arg(long, default_value = "payments", value_name = "NAME",
            value_parser = ["payments", "bill-payments"])]
        topic: String,
    },
    /// Forget one: what it was is known from elsewhere, or of no interest.
    Discard {
        /// Its number.
        id: u64,
    },
}
