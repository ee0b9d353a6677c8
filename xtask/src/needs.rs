//! What tests start: who needs what, where it is got, and how the tests are told.

use std::ffi::OsString;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::cargo::cargo;
use crate::phase::{Phases, succeed};
use crate::{axe, browser, kafka, pipeline, postgres, web};

/// The built pages, which the program serves.
const PAGES: &str = "BANCADA_WEB";

/// A thing that tests start or serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// `bancada`, as the tests of other crates start it.
    Program,
    Pages,
    Browser,
    Postgresql,
    Kafka,
    Pipeline,
}

use Need::{Browser, Kafka, Pages, Pipeline, Postgresql, Program};

/// What all tests together need, in the order in which getting it fails fastest. The program is
/// built with them.
pub(crate) const ALL: &[Need] = &[Pages, Browser, Postgresql, Kafka, Pipeline];

/// The crates whose tests need something, by the end of their name.
const OF_CRATES: [(&str, &[Need]); 5] = [
    ("database", &[Postgresql]),
    ("kafka", &[Kafka]),
    ("node", &[Pages, Postgresql, Kafka, Pipeline]),
    ("platform", &[Program, Pages, Postgresql, Kafka, Pipeline]),
    ("e2e", &[Program, Pages, Browser]),
];

/// Variables for tests, with their values.
pub(crate) type Variables = Vec<(&'static str, OsString)>;

/// What the tests of a crate need.
pub(crate) fn of(package: &str) -> &'static [Need] {
    let name = package.trim_start_matches("bancada-");
    OF_CRATES.iter().find(|(of, _)| *of == name).map_or(&[], |(_, needs)| needs)
}

/// Gets what is needed, and says how the tests are told of it.
pub(crate) fn ensure(
    root: &Path,
    phases: &mut Phases,
    needs: &[Need],
) -> anyhow::Result<Variables> {
    let mut variables = Variables::new();
    for need in needs {
        match need {
            Program => phases.run("program", || {
                succeed(cargo(root).args(["build", "--locked", "-p", "bancada-node"]))
            })?,
            Pages => {
                phases.run("web pages", || web::run(root, true))?;
                variables.push((PAGES, root.join("dist/web").into()));
            }
            Browser => {
                phases.run("browser", browser::ensure)?;
                let script = phases.run("accessibility", || axe::ensure(root))?;
                variables.extend(script.map(|script| (axe::SCRIPT, script.into())));
            }
            Postgresql => phases.run("postgresql", postgres::ensure_with_pooler)?,
            Kafka => {
                let libs = phases.run("kafka", || kafka::ensure(root))?;
                variables.push((kafka::LIBS, libs));
            }
            Pipeline => {
                variables.extend(phases.run("elasticsearch", || pipeline::ensure(root))?);
            }
        }
    }
    Ok(variables)
}

/// `cargo xtask env`: gets everything, and prints what a shell has to be told to run tests by
/// itself, and nothing else: `eval "$(cargo xtask env)"`. What getting says goes to standard error,
/// so another process of this program gets, and writes the variables down.
pub(crate) fn print_variables(root: &Path, write_to: Option<&Path>) -> anyhow::Result<()> {
    if let Some(file) = write_to {
        let variables = ensure(root, &mut Phases::default(), ALL)?;
        return std::fs::write(file, for_a_shell(&variables)?).context("failed to write them down");
    }
    let file = root.join("target/test-variables.sh");
    let said = std::io::stderr().as_fd().try_clone_to_owned().context("failed to share stderr")?;
    let mut getting = Command::new(std::env::current_exe().context("who is this program?")?);
    succeed(getting.arg("env").arg("--write-to").arg(&file).stdout(Stdio::from(said)))?;
    print!("{}", std::fs::read_to_string(&file).context("failed to read what was written")?);
    Ok(())
}

fn for_a_shell(variables: &Variables) -> anyhow::Result<String> {
    let mut lines = String::new();
    for (name, value) in variables {
        let Some(value) = value.to_str().filter(|value| !value.contains('\'')) else {
            bail!("the value of {name} cannot be written for a shell");
        };
        lines += &format!("export {name}='{value}'\n");
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_needs_what_its_tests_start_and_others_need_nothing() {
        assert_eq!(of("bancada-kafka"), [Kafka]);
        assert_eq!(of("e2e"), [Program, Pages, Browser]);
        assert!(of("bancada-bank").is_empty());
    }

    #[test]
    fn a_shell_reads_the_values_as_they_are() {
        let variables = vec![("A", "/a b/$c".into()), ("B", "x".into())];
        assert_eq!(for_a_shell(&variables).unwrap(), "export A='/a b/$c'\nexport B='x'\n");
        assert!(for_a_shell(&vec![("A", "it's".into())]).is_err());
    }
}
