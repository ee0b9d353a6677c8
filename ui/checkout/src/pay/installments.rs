//! The choice of installments.

use bancada_proto::web::Money;
use bancada_ui_kit::{Locale, format, money, use_locale};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::text::{PayText, in_full};

const MOST: u32 = 12;

#[derive(Properties, PartialEq)]
pub(crate) struct InstallmentsProps {
    pub(crate) total: Money,
    pub(crate) chosen: u32,
    pub(crate) disabled: bool,
    pub(crate) on_choose: Callback<u32>,
}

/// 1 to 12 installments that the Bank collects, with the amount of each.
#[component]
pub(crate) fn Installments(props: &InstallmentsProps) -> Html {
    let locale = use_locale();
    let onchange = {
        let on_choose = props.on_choose.clone();
        move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            on_choose.emit(select.value().parse().unwrap_or(1));
        }
    };
    html! {
        <div class="field">
            <label for="installments">{ PayText::Installments.text(locale) }</label>
            <select id="installments" disabled={props.disabled} {onchange}>
                for count in (1..=MOST).filter(|count| money::is_plan(&props.total, *count)) {
                    <option value={count.to_string()} selected={count == props.chosen}>
                        { option(locale, &props.total, count) }
                    </option>
                }
            </select>
        </div>
    }
}

fn option(locale: Locale, total: &Money, count: u32) -> String {
    let plan = format::plan(locale, total, count);
    plan.unwrap_or_else(|| in_full(locale, &format::money(locale, total)))
}
