//! What stands where an answer is awaited.

use yew::prelude::*;

use crate::language::use_locale;
use crate::text::KitText;

/// Says that something is on its way.
#[component]
pub fn Loading() -> Html {
    let locale = use_locale();
    html! { <p class="loading" role="status">{ KitText::Loading.text(locale) }</p> }
}
