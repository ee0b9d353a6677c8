//! A point in time.

use yew::prelude::*;

use crate::format;
use crate::language::use_locale;

/// What to show.
#[derive(Properties, PartialEq)]
pub struct InstantProps {
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// An instant in the Bank's zone; the tooltip has the seconds and names the zone.
#[component]
pub fn Instant(props: &InstantProps) -> Html {
    let locale = use_locale();
    html! {
        <time
            datetime={format::iso(props.at_ms)}
            title={format::instant_in_full(locale, props.at_ms)}
        >
            { format::instant(locale, props.at_ms) }
        </time>
    }
}
