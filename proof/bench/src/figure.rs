//! A goal and what was measured for it.

use serde::Serialize;

use crate::comparison::Comparison;
use crate::statistics::Ratio;

/// On which side of the target a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    AtLeast,
    AtMost,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    /// `G1`, …
    pub(crate) goal: &'static str,
    /// What is divided by what, or what is counted.
    pub(crate) what: String,
    pub(crate) wanted: Wanted,
    pub(crate) target: f64,
    pub(crate) measured: Ratio,
    /// Where the figure comes from, if from two sides.
    pub(crate) comparison: Option<Comparison>,
    /// What it is made of, if it is not one number over another.
    pub(crate) detail: Option<String>,
}

impl Figure {
    /// A ratio that should be at least so much.
    pub(crate) fn ratio(
        goal: &'static str,
        what: &str,
        target: f64,
        comparison: Comparison,
    ) -> Figure {
        Figure {
            goal,
            what: what.to_owned(),
            wanted: Wanted::AtLeast,
            target,
            measured: comparison.ratio,
            comparison: Some(comparison),
            detail: None,
        }
    }

    /// A single number.
    pub(crate) fn number(
        goal: &'static str,
        what: &str,
        wanted: Wanted,
        target: f64,
        value: f64,
    ) -> Figure {
        let measured = Ratio { median: value, low: value, high: value };
        Figure {
            goal,
            what: what.to_owned(),
            wanted,
            target,
            measured,
            comparison: None,
            detail: None,
        }
    }

    /// Whether the median is where it should be.
    pub(crate) fn is_met(&self) -> bool {
        match self.wanted {
            Wanted::AtLeast => self.measured.median >= self.target,
            Wanted::AtMost => self.measured.median <= self.target,
        }
    }
}
