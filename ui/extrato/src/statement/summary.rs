//! What a card owes and may still spend.

use bancada_proto::web::{Money, StatementCard};
use bancada_ui_kit::{Amount, Words, format, use_locale};
use yew::prelude::*;

use crate::card_status;
use crate::text::{StatementText, fatura_days, of_charged};

#[derive(Properties, PartialEq)]
pub(crate) struct SummaryProps {
    pub(crate) card: StatementCard,
}

#[component]
pub(crate) fn Summary(props: &SummaryProps) -> Html {
    let locale = use_locale();
    let card = &props.card;
    let sum = |id: &'static str, name: StatementText, money: &Money, note: Option<String>| {
        html! {
            <div>
                <dt>{ name.text(locale) }</dt>
                <dd {id}><Amount money={money.clone()} /></dd>
                if let Some(note) = note {
                    <dd class="small">{ note }</dd>
                }
            </div>
        }
    };
    let days = fatura_days(locale, card.closing_day, card.due_day);
    let charged = (card.fatura_due != card.current_fatura)
        .then(|| of_charged(locale, &format::money(locale, &card.current_fatura)));
    let fatura_note = charged.into_iter().chain([days]).collect::<Vec<_>>().join(". ");
    html! {
        <section class="summary">
            <p>
                { StatementText::Holder.text(locale) }{ ": " }
                <strong><Words text={card.holder.clone()} /></strong>{ " " }
                <span id="card-status" class={card_status::class(&card.status)}>
                    { card_status::name(locale, &card.status) }
                </span>
            </p>
            <dl class="sums">
                { sum("available", StatementText::Available, &card.available, None) }
                { sum("fatura", StatementText::Fatura, &card.fatura_due, Some(fatura_note)) }
                { sum("balance", StatementText::Balance, &card.balance, None) }
                { sum("held", StatementText::Held, &card.held, None) }
                { sum("limit", StatementText::Limit, &card.limit, None) }
            </dl>
        </section>
    }
}
