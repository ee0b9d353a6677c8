//! What may hold a password is shown by no error and by no help.

use bancada_fuzz::mistypings;
use bancada_telemetry::command_line::without_secrets;
use clap::{Command, CommandFactory as _, Parser as _};

use super::Arguments;

const PASSWORD: &str = "s3cr3tPass";

/// Command, option and an address with a password.
const OPTIONS: [(&[&str], &str, &str); 10] = [
    (&["up"], "--postgres", "postgresql://me:s3cr3tPass@h:5432/x"),
    (&["bank"], "--postgres", "host=h user=me password=s3cr3tPass"),
    (&["checkout"], "--bank", "http://me:s3cr3tPass@h:50052"),
    (&["extrato"], "--kafka", "me:s3cr3tPass@h:9092"),
    (&["audit"], "--elasticsearch", "http://me:s3cr3tPass@h:9200"),
    (&["audit"], "--checkout", "http://me:s3cr3tPass@h:8080"),
    (&["audit"], "--extrato", "http://me:s3cr3tPass@h:8080"),
    (&["pipeline", "apply"], "--connect", "http://me:s3cr3tPass@h:8083"),
    (&["pipeline", "apply"], "--kibana", "http://me:s3cr3tPass@h:5601"),
    (&["dead-letters", "list"], "--admin", "http://me:s3cr3tPass@h:9464"),
];

fn refusal(words: &[&str]) -> Option<String> {
    let words = std::iter::once("bancada").chain(words.iter().copied());
    let error = Arguments::try_parse_from(words).err()?;
    Some(without_secrets(error).to_string())
}

#[test]
fn no_error_of_the_command_line_holds_a_password_whatever_is_mistyped() {
    let mut n_refused = 0;
    for (command, option, address) in OPTIONS {
        // Each mistake in the address takes clap a while, so here every ninth; the addresses' own
        // tests make all of them.
        for (number, text) in mistypings(address, PASSWORD).enumerate() {
            let text = text.as_str();
            let joined = format!("{option}={text}");
            let glued = format!("{option}{text}");
            let stray = format!("--no-such-option={text}");
            let mut cases: Vec<Vec<&str>> = Vec::new();
            if number % 9 == 0 {
                cases.extend([vec![option, text], vec![joined.as_str()]]);
            }
            if number % 90 == 0 {
                cases.extend([vec![text], vec![&glued], vec![&stray], vec!["--log-format", text]]);
                let said = refusal(&[text]);
                assert!(said.is_none_or(|said| !said.contains(PASSWORD)), "{text}");
            }
            for case in cases {
                let words: Vec<_> = command.iter().copied().chain(case).collect();
                let Some(said) = refusal(&words) else { continue };
                n_refused += 1;
                assert!(!said.contains(PASSWORD), "{words:?}: {said}");
            }
        }
    }
    assert!(n_refused > 500, "{n_refused}");
}

#[test]
fn an_error_still_says_which_option_is_wrong_and_what_was_mistyped() {
    let said = refusal(&["up", "--postgres", "postgresql://me:s3cr3tPass@h:port/x"]).unwrap();
    assert!(said.contains("--postgres") && said.contains("its port is no number"), "{said}");
    let said = refusal(&["up", "--port", "80o"]).unwrap();
    assert!(said.contains("80o") && said.contains("--port"), "{said}");
    let said = refusal(&["up", "--prot", "80"]).unwrap();
    assert!(said.contains("--prot") && said.contains("--port"), "{said}");
}

fn shown_by_help(command: &Command, found: &mut Vec<String>) {
    for option in command.get_arguments() {
        let names = option.get_value_names().unwrap_or_default();
        let is_address = names.iter().any(|name| name.contains("URL") || name.contains("HOST:"));
        if is_address && option.get_env().is_some() && !option.is_hide_env_values_set() {
            found.push(format!("{} --{}", command.get_name(), option.get_id()));
        }
    }
    for command in command.get_subcommands() {
        shown_by_help(command, found);
    }
}

#[test]
fn no_help_shows_an_address_that_the_environment_holds() {
    let mut found = Vec::new();
    let mut command = Arguments::command();
    command.build();
    shown_by_help(&command, &mut found);
    assert!(found.is_empty(), "{found:?}");
}
