//! The whole system on the genuine servers, as `cargo xtask up --platform` starts it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a skipped test says what to do")]

mod faults;
mod refusals;
mod running;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

const TESTS: &[(&str, fn())] = &[
    ("five_places_agree_when_every_part_is_killed_under_load", faults::every_part_killed),
    ("what_is_missing_or_in_the_way_is_named", refusals::missing_or_in_the_way),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = running::missing();
    if let Some(variable) = &missing {
        eprintln!(
            "the tests of the platform are skipped: {variable} is not set. `cargo xtask test` \
             fetches what it can and sets it; Confluent's connector is taken from the folder or \
             jar that BANCADA_CONNECT_PLUGIN names"
        );
    }
    let trial = |&(name, test): &(&'static str, fn())| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(missing.is_some())
    };
    libtest_mimic::run(&arguments, TESTS.iter().map(trial).collect()).exit_code()
}
