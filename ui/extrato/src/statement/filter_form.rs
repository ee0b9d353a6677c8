//! The form that narrows a statement down.

use bancada_ui_kit::use_locale;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::filter::{Filter, FilterChange};
use super::line_kind;
use crate::text::StatementText;

#[derive(Properties, PartialEq)]
pub(crate) struct FilterFormProps {
    pub(crate) filter: Filter,
    pub(crate) on_change: Callback<FilterChange>,
}

/// Each change takes effect by itself; there is nothing to send.
#[component]
pub(crate) fn FilterForm(props: &FilterFormProps) -> Html {
    let locale = use_locale();
    let filter = &props.filter;
    let typed = |change: fn(String) -> FilterChange| {
        let on_change = props.on_change.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            on_change.emit(change(input.value()));
        })
    };
    let chosen = {
        let on_change = props.on_change.clone();
        move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            on_change.emit(FilterChange::Kind(line_kind::from_word(&select.value())));
        }
    };
    let clear = props.on_change.reform(|_: MouseEvent| FilterChange::Clear);
    let date = |id: &'static str, label: StatementText, value: &str, change| {
        html! {
            <div class="field">
                <label for={id}>{ label.text(locale) }</label>
                <input {id} type="date" value={value.to_owned()} oninput={typed(change)} />
            </div>
        }
    };
    html! {
        <form
            class="filters"
            role="search"
            aria-label={StatementText::Filters.text(locale)}
            onsubmit={|event: SubmitEvent| event.prevent_default()}
        >
            <div class="field">
                <label for="search">{ StatementText::Search.text(locale) }</label>
                <input
                    id="search"
                    type="search"
                    autocomplete="off"
                    maxlength="100"
                    value={filter.search.clone()}
                    oninput={typed(FilterChange::Search)}
                />
            </div>
            <div class="field">
                <label for="kind">{ StatementText::Kind.text(locale) }</label>
                <select id="kind" onchange={chosen}>
                    <option value="" selected={filter.kind.is_none()}>
                        { StatementText::AllKinds.text(locale) }
                    </option>
                    for kind in line_kind::ALL {
                        <option
                            value={line_kind::word(kind)}
                            selected={filter.kind == Some(kind)}
                        >
                            { line_kind::name(kind).text(locale) }
                        </option>
                    }
                </select>
            </div>
            { date("from", StatementText::From, &filter.from, FilterChange::From) }
            { date("to", StatementText::To, &filter.to, FilterChange::To) }
            <div class="field">
                <button
                    id="clear-filters"
                    type="button"
                    disabled={filter.is_empty()}
                    onclick={clear}
                >
                    { StatementText::ClearFilters.text(locale) }
                </button>
            </div>
        </form>
    }
}
