//! The head of every page.

use yew::prelude::*;

use super::language_switch::LanguageSwitch;
use crate::address;
use crate::language::use_locale;
use crate::text::KitText;

/// Which application the page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// The shop.
    Loja,
    /// The statement.
    Extrato,
}

/// What to show.
#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    /// Where the reader is.
    pub site: Site,
    /// The application's own links, as list items.
    #[prop_or_default]
    pub children: Html,
}

/// Name, the two applications, the application's own links, and the language switch.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let locale = use_locale();
    let site = |site: Site, path: &'static str, name: KitText| {
        let current = (site == props.site).then_some("true");
        html! { <li><a href={path} aria-current={current}>{ name.text(locale) }</a></li> }
    };
    html! {
        <header class="header">
            <a class="skip" href="#main">{ KitText::SkipToContent.text(locale) }</a>
            <div class="header-row">
                <a class="brand" href="/">{ "Bancada" }</a>
                <nav aria-label={KitText::MainNavigation.text(locale)}>
                    <ul class="sites">
                        { site(Site::Loja, address::LOJA, KitText::Shop) }
                        { site(Site::Extrato, address::EXTRATO, KitText::Statement) }
                    </ul>
                    <ul class="links">{ props.children.clone() }</ul>
                </nav>
                <LanguageSwitch />
            </div>
        </header>
    }
}
