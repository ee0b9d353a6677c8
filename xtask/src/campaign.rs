//! `cargo xtask campaign`: more faults than a test run has the time for.

use std::path::Path;

use crate::cargo::cargo;
use crate::phase::succeed;

/// How many faults, and which.
#[derive(clap::Args)]
pub(crate) struct CampaignOptions {
    /// How many faults; the test run has 100.
    #[arg(long, default_value_t = 1_000)]
    faults: u32,
    /// Decides which; the same number draws the same ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the campaign of the tests with these numbers.
pub(crate) fn run(root: &Path, options: &CampaignOptions) -> anyhow::Result<()> {
    let mut campaign = cargo(root);
    campaign.args(["test", "--locked", "--package", "bancada-node", "--test", "campaign"]);
    campaign.args(["--", "--nocapture"]);
    campaign.env("BANCADA_CAMPAIGN_FAULTS", options.faults.to_string());
    campaign.env("BANCADA_CAMPAIGN_SEED", options.seed.to_string());
    succeed(&mut campaign)
}
