//! Options of `bancada dead-letters`.

use bancada_pipeline::HttpAddress;
use clap::{Args, Subcommand};

use super::OutputOption;

#[derive(Args)]
pub(crate) struct DeadLettersOptions {
    /// The admin listener of the process that has the statement.
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
    /// Forget one: what it was is known from elsewhere, or of no interest.
    Discard {
        /// Its number.
        id: u64,
    },
}
