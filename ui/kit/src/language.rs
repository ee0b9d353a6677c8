//! The language in use: read by every component, changed by the switch in the header.

use yew::prelude::*;

use crate::locale::Locale;
use crate::storage;

const STORAGE_KEY: &str = "bancada.language";

/// The language in use and how to change it.
#[derive(Clone, PartialEq)]
pub struct Language {
    /// In use now.
    pub locale: Locale,
    /// Changes it and remembers the choice.
    pub choose: Callback<Locale>,
}

/// What is inside is shown in the reader's language.
#[derive(Properties, PartialEq)]
pub struct LanguageProviderProps {
    /// The application.
    pub children: Html,
}

/// Detects the reader's language, keeps it, and tells the document.
#[component]
pub fn LanguageProvider(props: &LanguageProviderProps) -> Html {
    let locale = use_state(detect);
    let choose = {
        let locale = locale.clone();
        Callback::from(move |chosen: Locale| {
            storage::put_local(STORAGE_KEY, &chosen.tag());
            locale.set(chosen);
        })
    };
    use_effect_with(*locale, |locale| tell_the_document(*locale));
    let language = Language { locale: *locale, choose };
    html! {
        <ContextProvider<Language> context={language}>
            { props.children.clone() }
        </ContextProvider<Language>>
    }
}

/// The language in use. Outside a [`LanguageProvider`] it is English.
#[hook]
pub fn use_locale() -> Locale {
    use_context::<Language>().map_or(Locale::En, |language| language.locale)
}

fn detect() -> Locale {
    let stored: Option<String> = storage::get_local(STORAGE_KEY);
    let languages: Vec<String> = web_sys::window()
        .map(|window| window.navigator().languages())
        .map(|languages| languages.iter().filter_map(|tag| tag.as_string()).collect())
        .unwrap_or_default();
    Locale::choose(stored.as_deref(), &languages)
}

fn tell_the_document(locale: Locale) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        // Setting an attribute fails only for names that are not XML names.
        let _ = root.set_attribute("lang", locale.tag());
    }
}
