//! The title of a page, in the page and in the browser's tab.

use std::cell::Cell;

use web_sys::HtmlElement;
use yew::prelude::*;

thread_local! {
    /// The first page of a visit leaves the focus where the browser puts it.
    static FIRST_PAGE: Cell<bool> = const { Cell::new(true) };
}

/// What to show.
#[derive(Properties, PartialEq)]
pub struct PageTitleProps {
    /// The title.
    pub title: AttrValue,
}

/// The page's only `h1`. After a change of page it takes the focus, so that a screen reader
/// begins there, as it would after a page load.
#[component]
pub fn PageTitle(props: &PageTitleProps) -> Html {
    let heading = use_node_ref();
    use_effect_with(props.title.clone(), |title| {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_title(&format!("{title} · Bancada"));
        }
    });
    {
        let heading = heading.clone();
        use_effect_with((), move |()| {
            let first = FIRST_PAGE.replace(false);
            if let Some(heading) = heading.cast::<HtmlElement>().filter(|_| !first) {
                // Focusing fails only for elements that are gone.
                let _ = heading.focus();
            }
        });
    }
    html! { <h1 ref={heading} tabindex="-1">{ &props.title }</h1> }
}
