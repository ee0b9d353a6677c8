//! Every option is an environment variable, or is one of these.

use clap::{Command, CommandFactory as _};

use super::Arguments;

/// What is asked once, by the person at the terminal, and what a process must not be told by its
/// surroundings: to forget, to accept, to overlook.
const TYPED_ONLY: [&str; 0] = [];

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
fn every_option_is_an_environment_variable_or_typed_only() {
    let mut found = Vec::new();
    let mut command = Arguments::command();
    command.build();
    without_variable(&command, &mut found);
    assert_eq!(found, TYPED_ONLY);
}
