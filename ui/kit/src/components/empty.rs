//! What a list shows when it has nothing.

use yew::prelude::*;

/// What to show.
#[derive(Properties, PartialEq)]
pub struct EmptyProps {
    /// That there is nothing, and why.
    pub text: AttrValue,
    /// What to do about it, usually a link.
    #[prop_or_default]
    pub children: Html,
}

/// Says that there is nothing here, and what to do.
#[component]
pub fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="empty">
            <p>{ &props.text }</p>
            { props.children.clone() }
        </div>
    }
}
