//! Paying toward the card's bill.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use bancada_proto::web::{BillPayment, BillPaymentList, Decline, Money, StatementCard};
use bancada_ui_kit::api::ApiError;
use bancada_ui_kit::{Amount, ErrorNote, Locale, format, use_locale};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::bill_amount::{minor_of, typed};
use super::bill_attempt::BillAttempt;
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
    /// The text is no amount.
    NoAmount,
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
    let payments = use_bills(card);
    let shown = match (&*text, owed) {
        (Some(text), _) => text.clone(),
        (None, ..=0) => String::new(),
        (None, owed) => typed(owed, decimal(locale)),
    };
    let oninput = {
        let (text, answer) = (text.clone(), answer.clone());
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            text.set(Some(input.value()));
            answer.set(Answer::None);
        })
    };
    let onsubmit = {
        let (text, answer, shown) = (text.clone(), answer.clone(), shown.clone());
        let (token, currency) = (card.token.clone(), card.balance.currency.clone());
        let (watched, refresh) = (payments.watched.clone(), payments.refresh.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *answer == Answer::Sending {
                return;
            }
            let Some(amount_minor) = minor_of(&shown) else {
                answer.set(Answer::NoAmount);
                return;
            };
            let attempt = BillAttempt::begin(&token, amount_minor);
            let amount = Money { amount_minor, currency: currency.clone() };
            let (text, answer) = (text.clone(), answer.clone());
            let (watched, refresh) = (watched.clone(), refresh.clone());
            answer.set(Answer::Sending);
            spawn_local(async move {
                let sent = api::pay_bill(locale, &attempt.token, &attempt.key, amount).await;
                // Without an answer it may have been taken: the next press repeats it.
                if matches!(sent, Ok(_) | Err(ApiError::Problem(_))) {
                    BillAttempt::forget();
                }
                match sent {
                    Ok(payment) => {
                        watched.borrow_mut().insert(payment.id);
                        text.set(None);
                        answer.set(Answer::None);
                    }
                    Err(error) => answer.set(Answer::Failed(error)),
                }
                refresh.emit(());
            });
        })
    };
    let has_no_amount = *answer == Answer::NoAmount;
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
                        aria-invalid={has_no_amount.then_some("true")}
                        aria-describedby={has_no_amount.then_some("bill-amount-error")}
                    />
                    if has_no_amount {
                        <p id="bill-amount-error" class="problem" role="alert">
                            { BillText::NoAmount.text(locale) }
                        </p>
                    }
                </div>
                <div class="field">
                    <button
                        id="pay-bill"
                        type="submit"
                        class="primary"
                        disabled={*answer == Answer::Sending}
                    >
                        { BillText::Pay.text(locale) }
                    </button>
                </div>
            </form>
            if let Answer::Failed(error) = &*answer {
                <ErrorNote error={error.clone()}>
                    if !matches!(error, ApiError::Problem(_)) {
                        <p>{ BillText::MayRepeat.text(locale) }</p>
                    }
                </ErrorNote>
            }
            <div id="bill-payments" role="status">
                { for payments.list.iter().filter_map(|payment| standing(locale, payment)) }
            </div>
        </section>
    }
}

fn decimal(locale: Locale) -> char {
    match locale {
        Locale::PtBr => ',',
        Locale::En => '.',
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
    Some(html! {
        <p {class} data-bill={payment.id.clone()} data-status={payment.status.clone()}>
            <Amount money={payment.amount.clone()} />{ ": " }{ text.text(locale) }
            if let Some(why) = why {
                { " " }{ why }
            }
            { " " }<span class="small">{ format::instant(locale, payment.asked_at_ms) }</span>
        </p>
    })
}

/// Payments that are on their way, and how to look again.
struct Bills {
    list: Vec<BillPayment>,
    /// Those whose refusal would be news.
    watched: Rc<RefCell<HashSet<String>>>,
    refresh: Callback<()>,
}

/// Looks when the page is opened, when asked to, and with every change of the card for as long as
/// a payment is on its way. Of refused ones, only what was seen on its way is shown: old ones are
/// no news.
#[hook]
fn use_bills(card: &StatementCard) -> Bills {
    let locale = use_locale();
    let list = use_state(Vec::<BillPayment>::new);
    let round = use_state(|| 0_u32);
    let watched = use_mut_ref(HashSet::<String>::new);
    let is_waiting = list.iter().any(|payment| payment.status == "pending");
    let news = is_waiting.then(|| card.clone());
    {
        let (list, watched) = (list.clone(), watched.clone());
        use_effect_with((card.token.clone(), *round, news), move |(token, ..)| {
            let token = token.clone();
            spawn_local(async move {
                // It is looked again with the next change.
                if let Ok(BillPaymentList { payments }) = api::bills(locale, &token).await {
                    let mut watched = watched.borrow_mut();
                    let pending = payments.iter().filter(|payment| payment.status == "pending");
                    watched.extend(pending.map(|payment| payment.id.clone()));
                    let news = payments.into_iter().filter(|it| watched.contains(&it.id));
                    list.set(news.collect());
                }
            });
        });
    }
    let refresh = Callback::from(move |()| round.set(round.wrapping_add(1)));
    Bills { list: (*list).clone(), watched, refresh }
}
