//! The figures as a picture: how far each is along the way to its goal.

use std::fmt::Write as _;

use crate::figure::{Figure, Wanted};

const ROW: usize = 30;
const LEFT: f64 = 450.0;
const WIDTH: f64 = 360.0;

/// An SVG with a bar for every figure that has a goal; the line is the goal.
pub(crate) fn svg(figures: &[Figure]) -> String {
    let with_goal: Vec<_> = figures.iter().filter(|figure| figure.target > 0.0).collect();
    let height = (with_goal.len() + 1) * ROW + 10;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 980 {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <rect width=\"980\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (row, figure) in with_goal.iter().enumerate() {
        let y = row * ROW + 10;
        // How much of the goal, at most twice; for what should be small, the other way round.
        let share = match figure.wanted {
            Wanted::AtLeast => figure.measured.median / figure.target,
            Wanted::AtMost => figure.target / figure.measured.median,
        };
        let bar = share.clamp(0.0, 2.0) / 2.0 * WIDTH;
        let color = if figure.is_met() { "#2f7d4f" } else { "#b3541e" };
        let sign = if figure.wanted == Wanted::AtLeast { "≥" } else { "≤" };
        let _ = writeln!(
            svg,
            "<text x=\"10\" y=\"{}\">{} {}</text>\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{bar:.1}\" height=\"18\" fill=\"{color}\"/>\
             <text x=\"{}\" y=\"{}\">{} (goal {sign} {})</text>",
            y + 14,
            figure.goal,
            figure.what.replace('&', "&amp;").replace('<', "&lt;"),
            LEFT + WIDTH + 10.0,
            y + 14,
            number(figure.measured.median),
            number(figure.target),
        );
    }
    let goal = LEFT + WIDTH / 2.0;
    let bottom = with_goal.len() * ROW + 10;
    let _ = writeln!(
        svg,
        "<line x1=\"{goal}\" y1=\"4\" x2=\"{goal}\" y2=\"{bottom}\" stroke=\"#222\" \
         stroke-dasharray=\"4 3\"/><text x=\"{goal}\" y=\"{}\" text-anchor=\"middle\">goal</text>",
        bottom + 14
    );
    svg + "</svg>\n"
}

fn number(number: f64) -> String {
    let digits = if number >= 10.0 { 0 } else { 2 + usize::from(number < 0.1) };
    format!("{number:.digits$}")
}
