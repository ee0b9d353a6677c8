//! The four fields of a card.

use bancada_kernel::calendar::Day;
use bancada_kernel::{Brand, Timestamp};
use bancada_ui_kit::{Locale, use_locale};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::check::{brand_so_far, seems_expired};
use super::form::{Field, PayAction, PayForm};
use crate::text::PayText;

#[derive(Properties, PartialEq)]
pub(crate) struct CardFieldsProps {
    pub(crate) form: UseReducerHandle<PayForm>,
}

/// The fields, each with its message; the first bad one takes the focus after a complaint.
#[component]
pub(crate) fn CardFields(props: &CardFieldsProps) -> Html {
    let locale = use_locale();
    let nodes: [NodeRef; 4] = [use_node_ref(), use_node_ref(), use_node_ref(), use_node_ref()];
    {
        let nodes = nodes.clone();
        let first_bad = props.form.first_bad_field();
        use_effect_with(props.form.n_complaints, move |_| {
            let node = first_bad.and_then(|field| nodes.get(field as usize)?.cast());
            if let Some(input) = node {
                let input: HtmlInputElement = input;
                // Focusing fails only for elements that are gone.
                let _ = input.focus();
            }
        });
    }
    html! {
        <fieldset class="fields">
            <legend>{ PayText::Card.text(locale) }</legend>
            for (field, node) in Field::ALL.into_iter().zip(nodes) {
                <CardField {field} {node} form={props.form.clone()} />
            }
        </fieldset>
    }
}

/// What is particular to a field.
struct Look {
    id: &'static str,
    label: PayText,
    hint: Option<PayText>,
    autocomplete: &'static str,
    inputmode: &'static str,
    max_length: &'static str,
}

fn look(field: Field) -> Look {
    match field {
        Field::Number => Look {
            id: "card-number",
            label: PayText::Number,
            hint: None,
            autocomplete: "cc-number",
            inputmode: "numeric",
            max_length: "60",
        },
        Field::Holder => Look {
            id: "card-holder",
            label: PayText::Holder,
            hint: None,
            autocomplete: "cc-name",
            inputmode: "text",
            max_length: "60",
        },
        Field::Expiry => Look {
            id: "card-expiry",
            label: PayText::Expiry,
            hint: Some(PayText::ExpiryHint),
            autocomplete: "cc-exp",
            inputmode: "numeric",
            max_length: "12",
        },
        Field::Cvv => Look {
            id: "card-cvv",
            label: PayText::Cvv,
            hint: Some(PayText::CvvHint),
            autocomplete: "cc-csc",
            inputmode: "numeric",
            max_length: "4",
        },
    }
}

#[derive(Properties, PartialEq)]
struct CardFieldProps {
    field: Field,
    node: NodeRef,
    form: UseReducerHandle<PayForm>,
}

#[component]
fn CardField(props: &CardFieldProps) -> Html {
    let locale = use_locale();
    let field = props.field;
    let look = look(field);
    let error = props.form.error_of(field).map(|error| error.text(locale));
    let (hint_id, error_id) = (format!("{}-hint", look.id), format!("{}-error", look.id));
    let described = match (look.hint.is_some(), error.is_some()) {
        (true, true) => Some(format!("{error_id} {hint_id}")),
        (true, false) => Some(hint_id.clone()),
        (false, true) => Some(error_id.clone()),
        (false, false) => None,
    };
    let typed = {
        let form = props.form.dispatcher();
        move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            form.dispatch(PayAction::Typed(field, input.value()));
        }
    };
    // The field's property, never its attribute: attributes are in the page's source, where
    // whatever reads or copies that finds the card.
    let node = props.node.clone();
    use_effect_with(props.form.text_of(field).to_owned(), move |text| {
        if let Some(input) = node.cast::<HtmlInputElement>()
            && input.value() != **text
        {
            input.set_value(text);
        }
    });
    html! {
        <div class="field">
            <label for={look.id}>{ look.label.text(locale) }</label>
            <input
                ref={props.node.clone()}
                id={look.id}
                type="text"
                autocomplete={look.autocomplete}
                inputmode={look.inputmode}
                maxlength={look.max_length}
                autocapitalize={(field == Field::Holder).then_some("words")}
                spellcheck="false"
                required=true
                aria-invalid={error.is_some().then_some("true")}
                aria-describedby={described}
                disabled={props.form.in_flight}
                oninput={typed}
            />
            if let Some(error) = error {
                <p class="problem" id={error_id}>{ error }</p>
            }
            if let Some(hint) = look.hint {
                <p class="small" id={hint_id}>{ hint.text(locale) }</p>
            }
            if field == Field::Expiry {
                <p id="expiry-warning" class="small" aria-live="polite">
                    if seems_expired(&props.form.card.expiry, this_month()) {
                        { PayText::ExpiryPast.text(locale) }
                    }
                </p>
            }
            if field == Field::Number {
                <p class="small" aria-live="polite">
                    { brand_line(locale, &props.form.card.number) }
                </p>
            }
        </div>
    }
}

/// By the Bank's calendar.
fn this_month() -> (u16, u8) {
    Day::of(Timestamp(js_sys::Date::now() as i64)).year_month()
}

/// The brand as soon as the digits tell it.
fn brand_line(locale: Locale, number: &str) -> Option<String> {
    let name = match brand_so_far(number)? {
        Brand::Other => PayText::BrandOther.text(locale),
        brand => brand.name(),
    };
    Some(format!("{}: {name}", PayText::Brand.text(locale)))
}
