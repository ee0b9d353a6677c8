//! From the Bank to the dashboards on the genuine servers: Apache Kafka, Kafka Connect with
//! Confluent's Elasticsearch sink, and Elasticsearch. They are started once, for all tests, which
//! run one after the other and leave the pipeline as `bancada pipeline apply` made it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a skipped test says what to do")]

mod command;
mod connect;
mod copies;
mod elasticsearch;
mod faults;
mod foreign;
mod formula;
mod front;
mod panels;
mod payments;
mod process;
mod refill;
mod refused;
mod servers;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Trial};

use crate::servers::Servers;

type Test = fn(&Arc<Servers>);

const TESTS: &[(&str, Test)] = &[
    ("apply_makes_everything_and_again_changes_nothing", command::applied_twice),
    ("a_server_that_is_not_there_or_another_is_named", command::wrong_servers),
    ("each_payment_is_a_document_and_each_panel_shows_it", payments::known_answers),
    ("what_is_delivered_twice_changes_nothing", copies::delivered_twice),
    ("a_topic_made_anew_is_copied_from_its_beginning", copies::topic_made_anew),
    ("what_is_no_event_is_put_aside_and_the_rest_goes_on", refused::put_aside),
    ("a_position_in_a_header_is_not_believed", foreign::header_positions),
    (
        "a_foreign_record_that_stops_tasks_is_named_and_put_aside",
        foreign::stuck_by_a_foreign_record,
    ),
    ("a_record_that_stops_tasks_is_put_aside_by_hand", foreign::put_aside_by_hand),
    ("the_banks_past_is_written_to_a_topic_again", refill::past_republished),
    ("an_index_that_takes_no_writes_is_told_and_mended", refused::blocked_index),
    ("connect_killed_under_load_loses_and_doubles_nothing", faults::connect_killed),
    ("tasks_that_began_without_elasticsearch_go_on", faults::tasks_started_without_elasticsearch),
    ("tasks_that_stand_still_are_started_again", faults::tasks_stand_still),
    ("elasticsearch_away_for_a_while_loses_nothing", faults::elasticsearch_away),
    // These delete documents of the other tests' Banks: status finds some missing ever after.
    ("an_index_that_was_deleted_is_filled_from_the_banks_past", refill::index_refilled),
    ("an_audit_finds_each_field_of_a_document_that_differs", refill::every_field_is_audited),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share one index, and some of them stop servers.
    arguments.test_threads = Some(1);
    let missing = servers::missing();
    if let Some(missing) = &missing {
        eprintln!("the tests of the pipeline are skipped: {missing}");
    }
    // Started by the first test that runs: a list or a filter needs none.
    let servers: Arc<OnceLock<Arc<Servers>>> = Arc::default();
    let trial = |&(name, test): &(&str, Test)| {
        let servers = Arc::clone(&servers);
        let run = move || {
            test(servers.get_or_init(|| Arc::new(Servers::start())));
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(missing.is_some())
    };
    let conclusion = libtest_mimic::run(&arguments, TESTS.iter().map(trial).collect());
    // Stopped here: what is left at the end of a process is not dropped.
    drop(Arc::into_inner(servers));
    conclusion.exit_code()
}
