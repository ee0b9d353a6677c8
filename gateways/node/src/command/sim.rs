//! `bancada sim`: runs in which everything is made up but the decisions.

use std::collections::BTreeMap;
use std::io::Write as _;

use bancada_simulator::{Detail, Kind, Outcome, Plan, run as run_plan, shrink};
use serde::Serialize;

use bancada_telemetry::console;

use crate::arguments::{Output, SimOptions};
use crate::exit::Exit;

/// Lines of a failing history that are printed, the last ones.
const N_LINES: usize = 80;
/// After so many seeds a word of how far it is.
const N_SEEDS_PER_WORD: u64 = 1_000;

pub(crate) fn run(options: &SimOptions) -> anyhow::Result<Exit> {
    let mut plan = Plan::new(options.seed, options.steps);
    plan = options.without.iter().fold(plan, |plan, kind| plan.without(*kind));
    let report = if options.until_failure { until_failure(plan) } else { Report::of(&plan) };
    let mut out = std::io::stdout().lock();
    match options.output.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Output::Text => report.print(&mut out)?,
    }
    Ok(if report.breaches.is_empty() { Exit::Well } else { Exit::Found })
}

/// The first seed from this one on that fails.
fn until_failure(mut plan: Plan) -> Report {
    let mut n_payments = 0;
    loop {
        let outcome = run_plan(&plan, Detail::Nothing);
        n_payments += outcome.n_payments;
        if !outcome.breaches.is_empty() {
            return Report::of(&plan);
        }
        if plan.seed.is_multiple_of(N_SEEDS_PER_WORD) {
            console::complain(format_args!(
                "seed {}: all is well after {n_payments} payments",
                plan.seed
            ));
        }
        plan.seed = plan.seed.wrapping_add(1);
    }
}

/// What is printed of a run.
#[derive(Debug, Serialize)]
struct Report {
    seed: u64,
    steps: u64,
    payments: u64,
    entries: u64,
    answers: u64,
    /// Of the whole history: the same for the same history.
    digest: String,
    /// How often each kind of fault and of work happened.
    happened: BTreeMap<&'static str, u64>,
    breaches: Vec<String>,
    /// What runs it again.
    command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    smallest: Option<Smallest>,
}

/// A failing run made smaller.
#[derive(Debug, Serialize)]
struct Smallest {
    /// The command that runs it again.
    command: String,
    /// Runs that it took to find it.
    runs: u32,
    breaches: Vec<String>,
    /// The last lines of its history.
    history: Vec<String>,
}

impl Report {
    fn of(plan: &Plan) -> Report {
        let outcome = run_plan(plan, Detail::Digest);
        let smallest = match outcome.breaches[..] {
            [] => None,
            _ => shrink(plan).map(|shrunk| Smallest {
                command: command(&shrunk.plan),
                runs: shrunk.n_runs,
                breaches: shrunk.outcome.breaches,
                history: last(shrunk.outcome.lines),
            }),
        };
        Report::new(plan, outcome, smallest)
    }

    fn new(plan: &Plan, outcome: Outcome, smallest: Option<Smallest>) -> Report {
        let counts = outcome.counts;
        let happened = Kind::ALL.iter().map(|kind| (kind.word(), counts.of(*kind)));
        Report {
            seed: plan.seed,
            steps: plan.steps,
            payments: outcome.n_payments,
            entries: outcome.n_entries,
            answers: outcome.n_answers,
            digest: format!("{:016x}", outcome.digest),
            happened: happened.filter(|(_, times)| *times > 0).collect(),
            breaches: outcome.breaches,
            command: command(plan),
            smallest,
        }
    }

    fn print(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let Report { seed, steps, payments, entries, answers, digest, .. } = self;
        writeln!(
            out,
            "seed {seed}, {steps} steps: {payments} payments, {entries} entries, \
             {answers} answers; history {digest}"
        )?;
        let happened: Vec<_> =
            self.happened.iter().map(|(word, times)| format!("{word} {times}")).collect();
        writeln!(out, "  {}", happened.join(", "))?;
        for breach in &self.breaches {
            writeln!(out, "WRONG  {breach}")?;
        }
        if self.breaches.is_empty() {
            return writeln!(out, "lost 0, duplicate 0, mismatch 0, overspent 0");
        }
        writeln!(out, "again: {}", self.command)?;
        let Some(smallest) = &self.smallest else { return Ok(()) };
        writeln!(out, "\nThe smallest run that fails, of {} that were tried:", smallest.runs)?;
        for line in &smallest.history {
            writeln!(out, "  {line}")?;
        }
        for breach in &smallest.breaches {
            writeln!(out, "WRONG  {breach}")?;
        }
        writeln!(out, "again: {}", smallest.command)
    }
}

/// What runs a plan again.
fn command(plan: &Plan) -> String {
    let mut command = format!("bancada sim --seed {} --steps {}", plan.seed, plan.steps);
    let off: Vec<_> = plan.may.off().map(Kind::word).collect();
    if !off.is_empty() {
        command.push_str(" --without ");
        command.push_str(&off.join(","));
    }
    command
}

fn last(mut lines: Vec<String>) -> Vec<String> {
    lines.split_off(lines.len().saturating_sub(N_LINES))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn options(line: &str) -> SimOptions {
        match Arguments::try_parse_from(line.split(' ')).unwrap().command {
            Command::Sim(options) => options,
            _ => panic!("it is another command"),
        }
    }

    #[test]
    fn a_run_in_which_all_is_well_says_so_and_says_it_again() {
        let options = options("bancada sim --seed 7 --steps 600");
        let plan = Plan::new(options.seed, options.steps);
        let [first, again] = [(); 2].map(|()| {
            let mut out = Vec::new();
            Report::of(&plan).print(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        });
        assert_eq!(first, again);
        assert!(first.starts_with("seed 7, 600 steps: ") && first.contains("lost 0"), "{first}");
    }

    #[test]
    fn a_failing_run_says_how_it_is_run_again() {
        let plan = Plan::new(3, 500).without(Kind::PowerCut).without(Kind::Order);
        let again = options(&command(&plan));
        assert_eq!((again.seed, again.steps), (3, 500));
        assert_eq!(again.without, [Kind::PowerCut, Kind::Order]);
        let mut outcome = run_plan(&plan, Detail::Digest);
        outcome.breaches = vec!["I1: lost".to_owned()];
        let smallest = Smallest {
            command: command(&plan),
            runs: 9,
            breaches: vec!["I1: lost earlier".to_owned()],
            history: last((0..200).map(|n| format!("step {n}")).collect()),
        };
        let unshrunk = Report::new(&plan, outcome.clone(), None);
        let mut out = Vec::new();
        unshrunk.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("WRONG") && !text.contains("lost 0"), "{text}");
        let report = Report::new(&plan, outcome, Some(smallest));
        let mut out = Vec::new();
        report.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for words in [
            "WRONG  I1: lost\n",
            "WRONG  I1: lost earlier\n",
            "  step 199\n",
            "again: bancada sim --seed 3 --steps 500 --without power-cut,order\n",
        ] {
            assert!(text.contains(words), "{words:?} is not in {text}");
        }
        assert!(!text.contains("step 119\n"), "only the last lines");
    }

    #[test]
    fn a_kind_that_there_is_not_is_a_command_line_without_sense() {
        let line = "bancada sim --without earthquake";
        let Err(error) = Arguments::try_parse_from(line.split(' ')) else { panic!("accepted") };
        assert!(error.to_string().contains("power-cut"), "{error}");
    }
}
