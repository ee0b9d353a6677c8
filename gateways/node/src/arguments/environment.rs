//! Every option is an environment variable, or has a reason to be none.

use clap::{Command, CommandFactory as _};

use super::Arguments;

/// The options without a variable, by the reason that they have none.
const WITHOUT_VARIABLE: [(&str, &[&str]); 4] = [
    (
        "a process must not be told by its surroundings to forget, to accept or to overlook",
        &["up --fresh", "up --yes", "accept-loss --yes", "audit --cut-log"],
    ),
    (
        "it is the port alone of an address that has a variable",
        &[
            "bank --admin-port",
            "bank --grpc-port",
            "checkout --admin-port",
            "checkout --port",
            "extrato --admin-port",
            "extrato --port",
        ],
    ),
    ("it is what the command is about", &["backup --to", "restore --from"]),
    (
        "it is another each time",
        &["set-aside --topic", "republish --topic", "sim --until-failure", "sim --without"],
    ),
];

fn without_variable(command: &Command, found: &mut Vec<String>) {
    for option in command.get_arguments() {
        let is_own = !matches!(option.get_id().as_str(), "help" | "version");
        if is_own && option.get_long().is_some() && option.get_env().is_none() {
            let path = format!("{} --{}", command.get_name(), option.get_long().unwrap());
            found.push(path);
        }
    }
    for command in command.get_subcommands() {
        without_variable(command, found);
    }
}

#[test]
fn every_option_is_an_environment_variable_or_is_known_to_be_none() {
    let mut found = Vec::new();
    let mut command = Arguments::command();
    command.build();
    without_variable(&command, &mut found);
    let mut expected: Vec<_> = WITHOUT_VARIABLE.iter().flat_map(|(_, options)| *options).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
}
