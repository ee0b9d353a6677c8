//! The choice of language.

use yew::prelude::*;

use crate::language::Language;
use crate::locale::Locale;
use crate::text::KitText;

/// One button for each language; the one in use is pressed.
#[component]
pub fn LanguageSwitch() -> Html {
    let Some(language) = use_context::<Language>() else {
        return Html::default();
    };
    let buttons = Locale::ALL.into_iter().map(|locale| {
        let choose = language.choose.clone();
        let short = locale.tag().get(..2).unwrap_or_default().to_uppercase();
        html! {
            <button
                type="button"
                lang={locale.tag()}
                title={locale.name()}
                aria-label={format!("{short}, {}", locale.name())}
                aria-pressed={(locale == language.locale).to_string()}
                onclick={move |_| choose.emit(locale)}
            >
                { short }
            </button>
        }
    });
    html! {
        <div class="language" role="group" aria-label={KitText::Language.text(language.locale)}>
            { for buttons }
        </div>
    }
}
