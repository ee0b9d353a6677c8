//! What went wrong, what to do, and a way to try again.

use yew::prelude::*;

use crate::api::ApiError;
use crate::language::use_locale;
use crate::locale::Locale;
use crate::text::{KitText, problem_texts, unreadable};

/// What to show.
#[derive(Properties, PartialEq)]
pub struct ErrorNoteProps {
    /// What went wrong.
    pub error: ApiError,
    /// Shows a button when given.
    #[prop_or_default]
    pub on_retry: Option<Callback<()>>,
    /// More to do about it.
    #[prop_or_default]
    pub children: Html,
}

/// An error in words, announced to screen readers.
#[component]
pub fn ErrorNote(props: &ErrorNoteProps) -> Html {
    let locale = use_locale();
    let (title, detail, trace) = words(locale, &props.error);
    let retry = props.on_retry.clone().map(|on_retry| {
        html! {
            <button type="button" onclick={move |_| on_retry.emit(())}>
                { KitText::TryAgain.text(locale) }
            </button>
        }
    });
    html! {
        <div class="note note-error" role="alert">
            if let Some(title) = title {
                <p><strong>{ title }</strong></p>
            }
            <p>{ detail }</p>
            if let Some(trace) = trace {
                <p class="small">
                    { KitText::Reference.text(locale) }{ ": " }<code>{ trace }</code>
                </p>
            }
            { props.children.clone() }
            { retry }
        </div>
    }
}

fn words(locale: Locale, error: &ApiError) -> (Option<String>, String, Option<String>) {
    match error {
        ApiError::Network => (None, KitText::Network.text(locale).to_owned(), None),
        ApiError::Timeout => (None, KitText::Timeout.text(locale).to_owned(), None),
        ApiError::Unreadable { status } => (None, unreadable(locale, *status), None),
        ApiError::Problem(problem) => {
            let (title, detail) = problem_texts(locale, problem);
            (Some(title), detail, problem.trace_id.clone())
        }
    }
}
