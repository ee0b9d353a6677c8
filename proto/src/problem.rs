//! Problem details for HTTP errors (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::web::Text;

/// The body of every HTTP error, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:bancada:problem:CODE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One line in the reader's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong and what to do, in the reader's language.
    pub detail: String,
    /// Title and detail in each language, for a page whose reader changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<ProblemTexts>,
    /// Stable word for programs, e.g. `card_number_invalid`.
    pub code: String,
    /// The field at fault as a path, e.g. `card.number` or `items[0].quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For finding this request in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// What a problem says, in each language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemTexts {
    /// One line.
    pub title: Text,
    /// What was wrong and what to do.
    pub detail: Text,
}
