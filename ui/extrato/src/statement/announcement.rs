//! What is said of new lines to those who do not see them.

use bancada_ui_kit::{Locale, use_locale};
use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::line_list::in_a_sentence;
use super::state::Arrived;
use crate::text::{StatementText, n_new_lines};

/// Lines that come within this time are said together: a voice takes longer than a line.
const TOGETHER_MS: u32 = 700;

#[derive(Properties, PartialEq)]
pub(crate) struct AnnouncementProps {
    pub(crate) arrived: Option<Arrived>,
}

/// What was said last, and how many lines were said before.
#[derive(Clone, Default, PartialEq)]
struct Said {
    latest: Option<Arrived>,
    n_before: u64,
}

/// Tells that lines have come: one by its text, several by their number and the newest.
#[component]
pub(crate) fn Announcement(props: &AnnouncementProps) -> Html {
    let locale = use_locale();
    let said = use_state(Said::default);
    let arrived = use_mut_ref(|| None);
    arrived.borrow_mut().clone_from(&props.arrived);
    let n_said = n_lines(said.latest.as_ref());
    let is_due = n_lines(props.arrived.as_ref()) > n_said;
    let setter = said.setter();
    use_effect_with((is_due, n_said), move |&(is_due, n_before)| {
        let timeout = is_due.then(|| {
            Timeout::new(TOGETHER_MS, move || {
                setter.set(Said { latest: arrived.borrow().clone(), n_before });
            })
        });
        move || drop(timeout)
    });
    let text = said.latest.as_ref().map(|latest| sentence(locale, latest, said.n_before));
    html! { <p id="announcement" class="announcement" aria-live="polite">{ text }</p> }
}

fn n_lines(arrived: Option<&Arrived>) -> u64 {
    arrived.map_or(0, |arrived| arrived.n_lines)
}

fn sentence(locale: Locale, latest: &Arrived, n_before: u64) -> String {
    let line = in_a_sentence(locale, &latest.line);
    match latest.n_lines - n_before {
        1 => format!("{}: {line}", StatementText::NewLine.text(locale)),
        n => format!("{}. {line}", n_new_lines(locale, n)),
    }
}
