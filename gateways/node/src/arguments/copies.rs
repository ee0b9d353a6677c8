//! Of the commands that copy a directory and look into one.

use std::path::PathBuf;

use clap::Args;

use super::{BeyondOptions, DataOption, OutputOption};

#[derive(Args)]
pub(crate) struct BackupOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    /// A folder that is empty, or not there yet. It will hold the key from which cards' tokens are
    /// made: keep it as you keep that.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    /// What `bancada backup` wrote.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) beyond: BeyondOptions,
}

#[derive(Args)]
pub(crate) struct VerifyOptions {
    #[command(flatten)]
    pub(crate) output: OutputOption,
    /// A backup, or the data of a system that does not run.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}
