//! Whether a card can be used.

use bancada_ui_kit::Locale;

use crate::text::CardsText;

/// The status in a word; a status that this page does not know is shown as it is.
pub(crate) fn name(locale: Locale, status: &str) -> String {
    match status {
        "active" => CardsText::Active.text(locale).to_owned(),
        "blocked" => CardsText::Blocked.text(locale).to_owned(),
        "cancelled" => CardsText::Cancelled.text(locale).to_owned(),
        other => other.to_owned(),
    }
}

/// The class that colours it.
pub(crate) fn class(status: &str) -> &'static str {
    match status {
        "active" => "badge badge-good",
        "blocked" | "cancelled" => "badge badge-bad",
        _ => "badge",
    }
}
