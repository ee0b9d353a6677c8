//! A text that somebody else wrote.

use yew::prelude::*;

use crate::foreign::plain;

/// What to show.
#[derive(Properties, PartialEq)]
pub struct WordsProps {
    /// The text, as it came.
    pub text: AttrValue,
}

/// A text whose direction is its own, and nobody else's.
#[component]
pub fn Words(props: &WordsProps) -> Html {
    html! { <bdi>{ plain(&props.text) }</bdi> }
}
