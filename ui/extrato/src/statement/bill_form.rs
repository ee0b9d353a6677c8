//! Paying toward the card's bill.

use bancada_proto::web::{BillPayment, Decline, Money, StatementCard};
use bancada_ui_kit::api::ApiError;
use bancada_ui_kit::{Amount, ErrorNote, Locale, format, use_locale};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::bill_amount::{NoAmount, minor_of, typed};
use super::bill_attempt;
use super::bills::use_bills;
use crate::api;
use crate::text::BillText;

#[derive(Properties, PartialEq)]
pub(crate) struct BillFormProps {
    pub(crate) card: StatementCard,
}

/// What became of the last press of the button.
#[derive(Clone, PartialEq)]
enum Answer {
    None,
    Sending,
    /// The text is not the amount of a payment.
    NoAmount(NoAmount),
    /// More than is owed: whether that is meant is asked.
    MoreThanOwed(i64),
    /// A payment that was sent before, and had no answer.
    Taken(Box<BillPayment>),
    Failed(ApiError),
}

#[component]
pub(crate) fn BillForm(props: &BillFormProps) -> Html {
    let locale = use_locale();
    let card = &props.card;
    let owed = card.balance.amount_minor;
    // What was typed; what is owed until then.
    let text = use_state(|| None::<String>);
    let answer = use_state(|| Answer::None);
    // Known at once, where the state is only known with the next rendering.
    let is_sending = use_mut_ref(|| false);
    let on_taken = {
        let (text, answer, is_sending) = (text.clone(), answer.clone(), is_sending.clone());
        Callback::from(move |payment: BillPayment| {
            if !*is_sending.borrow() {
                text.set(None);
                answer.set(Answer::Taken(Box::new(payment)));
            }
        })
    };
    let payments = use_bills(card, on_taken);
    let shown = match (&*text, owed) {
        (Some(text), _) => text.clone(),
        (None, ..=0) => String::new(),
        (None, owed) => typed(owed, locale),
    };
    let oninput = {
        let (text, answer, is_sending) = (text.clone(), answer.clone(), is_sending.clone());
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            text.set(Some(input.value()));
            if !*is_sending.borrow() {
                answer.set(Answer::None);
            }
        })
    };
    let pay = {
        let (text, answer) = (text.clone(), answer.clone());
        let (token, currency) = (card.token.clone(), card.balance.currency.clone());
        let (watched, refresh) = (payments.watched.clone(), payments.refresh.clone());
        Callback::from(move |amount_minor: i64| {
            if is_sending.replace(true) {
                return;
            }
            let (attempt, is_repeated) = bill_attempt::begin(&token, amount_minor);
            let amount = Money { amount_minor, currency: currency.clone() };
            let (token, text, answer) = (token.clone(), text.clone(), answer.clone());
            let (watched, refresh) = (watched.clone(), refresh.clone());
            let is_sending = is_sending.clone();
            answer.set(Answer::Sending);
            spawn_local(async move {
                let sent = api::pay_bill(locale, &token, &attempt.key, amount).await;
                is_sending.replace(false);
                if sent.as_ref().err().is_none_or(|error| !error.is_outcome_open()) {
                    bill_attempt::end(&token, &attempt.key);
                }
                match sent {
                    Ok(payment) => {
                        watched.borrow_mut().insert(payment.id.clone());
                        text.set(None);
                        answer.set(match is_repeated {
                            true => Answer::Taken(Box::new(payment)),
                            false => Answer::None,
                        });
                    }
                    Err(error) => answer.set(Answer::Failed(error)),
                }
                refresh.emit(());
            });
        })
    };
    let onsubmit = {
        let (answer, shown, pay) = (answer.clone(), shown.clone(), pay.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match minor_of(&shown, locale) {
                _ if *answer == Answer::Sending => {}
                Err(why) => answer.set(Answer::NoAmount(why)),
                Ok(minor) if minor > owed => answer.set(Answer::MoreThanOwed(minor)),
                Ok(minor) => pay.emit(minor),
            }
        })
    };
    let problem = match &*answer {
        Answer::NoAmount(NoAmount::Nothing) => Some(BillText::NoAmount),
        Answer::NoAmount(NoAmount::Ambiguous) => Some(BillText::Ambiguous),
        _ => None,
    };
    let is_disabled = *answer == Answer::Sending;
    let money = |amount_minor| Money { amount_minor, currency: card.balance.currency.clone() };
    html! {
        <section class="bill" aria-labelledby="bill-title">
            <h2 id="bill-title">{ BillText::Title.text(locale) }</h2>
            if owed <= 0 {
                <p>{ BillText::NothingOwed.text(locale) }</p>
            }
            <form id="bill-form" class="bill-form" {onsubmit} novalidate=true>
                <div class="field">
                    <label for="bill-amount">{ BillText::AmountLabel.text(locale) }</label>
                    <input
                        id="bill-amount"
                        type="text"
                        inputmode="decimal"
                        autocomplete="off"
                        maxlength="20"
                        value={shown}
                        {oninput}
                        readonly={is_disabled}
                        aria-invalid={problem.map(|_| "true")}
                        aria-describedby={problem.map(|_| "bill-amount-error")}
                    />
                    if let Some(problem) = problem {
                        <p id="bill-amount-error" class="problem" role="alert">
                            { problem.text(locale) }
                        </p>
                    }
                </div>
                <div class="field">
                    <button id="pay-bill" type="submit" class="primary" disabled={is_disabled}>
                        { BillText::Pay.text(locale) }
                    </button>
                </div>
            </form>
            { match &*answer {
                Answer::MoreThanOwed(minor) => {
                    let minor = *minor;
                    more_than_owed(locale, money(minor), pay.reform(move |_: MouseEvent| minor))
                }
                Answer::Failed(error) => html! {
                    <ErrorNote error={error.clone()}>
                        if error.is_outcome_open() {
                            <p>{ BillText::MayRepeat.text(locale) }</p>
                        }
                    </ErrorNote>
                },
                _ => Html::default(),
            } }
            <div id="bill-payments" role="status">
                if let Answer::Taken(payment) = &*answer {
                    { note(locale, payment, "note", BillText::Taken, None) }
                }
                if !matches!(*answer, Answer::Sending | Answer::Failed(_)) {
                    { for bill_attempt::open(&card.token).into_iter().map(|attempt| html! {
                        <p class="note" data-bill={attempt.key} data-status="open">
                            <Amount money={money(attempt.amount_minor)} />
                            { ": " }{ BillText::Open.text(locale) }
                        </p>
                    }) }
                }
                { for payments.list.iter().filter_map(|payment| standing(locale, payment)) }
            </div>
        </section>
    }
}

fn more_than_owed(locale: Locale, money: Money, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <div id="more-than-owed" class="note" role="alert">
            <p><Amount {money} />{ " " }{ BillText::MoreThanOwed.text(locale) }</p>
            <button id="pay-more" type="button" {onclick}>
                { BillText::PayMore.text(locale) }
            </button>
        </div>
    }
}

/// What is not a line of the statement: a payment on its way, and one that was refused.
fn standing(locale: Locale, payment: &BillPayment) -> Option<Html> {
    let reason = |decline: &Decline| match locale {
        Locale::PtBr => decline.message.pt_br.clone(),
        Locale::En => decline.message.en.clone(),
    };
    let (class, text, why) = match payment.status.as_str() {
        "pending" => ("note", BillText::Pending, None),
        "refused" => ("note note-error", BillText::Refused, payment.decline.as_ref().map(reason)),
        _ => return None,
    };
    Some(note(locale, payment, class, text, why))
}

fn note(
    locale: Locale,
    payment: &BillPayment,
    class: &'static str,
    text: BillText,
    why: Option<String>,
) -> Html {
    html! {
        <p {class} data-bill={payment.id.clone()} data-status={payment.status.clone()}>
            <Amount money={payment.amount.clone()} />{ ": " }{ text.text(locale) }
            if let Some(why) = why {
                { " " }{ why }
            }
            { " " }<span class="small">{ format::instant(locale, payment.asked_at_ms) }</span>
        </p>
    }
}
