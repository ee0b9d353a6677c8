//! Figures for people, and for programs.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::comparison::Side;
use crate::figure::{Figure, Wanted};

/// Everything that one run says.
#[derive(Serialize)]
struct Run<'a> {
    rounds: usize,
    seconds_per_round: f64,
    concurrency: usize,
    figures: &'a [Figure],
}

/// Prints one goal's figures, with both sides where there are two.
pub(crate) fn print(figures: &[Figure]) {
    for figure in figures {
        let verdict = if figure.is_met() { "met" } else { "MISSED" };
        let sign = match figure.wanted {
            Wanted::AtLeast => ">=",
            Wanted::AtMost => "<=",
        };
        let measured = figure.measured;
        let interval = if measured.low < measured.high {
            format!("[{}, {}]", short(measured.low), short(measured.high))
        } else {
            String::new()
        };
        let (median, target) = (short(measured.median), short(figure.target));
        println!(
            "{:<4} {:<52} {median:>8} {interval:<18} {sign} {target:<7} {verdict}",
            figure.goal, figure.what
        );
        if let Some(detail) = &figure.detail {
            println!("       {detail}");
        }
        if let Some(comparison) = &figure.comparison {
            comparison.sides.iter().for_each(print_side);
            let weather = |of: fn(&crate::machine::Weather) -> f64| {
                crate::statistics::median(comparison.weather.iter().map(of))
            };
            println!(
                "       load {:.1}, sync p50 {:.2} ms, p99 {:.2} ms",
                weather(|it| it.load),
                weather(|it| it.sync_p50_ms),
                weather(|it| it.sync_p99_ms)
            );
        }
    }
}

fn print_side(side: &Side) {
    let Side { name, per_second, p50_ms, p99_ms, server_cpu_us, client_cpu_us, .. } = side;
    print!("       {name:<24} {per_second:>9.0}/s  p50 {p50_ms:>7.2} ms  p99 {p99_ms:>7.2} ms");
    print!("  cpu {server_cpu_us:>5.1} us server, {client_cpu_us:>5.1} us client");
    if side.refused > 0.0 {
        print!("  {:.2} refused for each approved", side.refused);
    }
    println!();
}

/// Three figures that count.
fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 0.1 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

/// Writes everything as JSON.
pub(crate) fn write_json(
    path: &Path,
    plan: &crate::comparison::Plan,
    figures: &[Figure],
) -> anyhow::Result<()> {
    let run = Run {
        rounds: plan.rounds,
        seconds_per_round: plan.length.as_secs_f64(),
        concurrency: plan.concurrency,
        figures,
    };
    let text = serde_json::to_string_pretty(&run)?;
    std::fs::write(path, text + "\n")
        .with_context(|| format!("{} cannot be written", path.display()))
}
