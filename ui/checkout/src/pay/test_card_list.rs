//! The cards that work here, and what each does.

use bancada_kernel::Money;
use bancada_kernel::test_cards::{TEST_CARDS, TestCard, TestOutcome};
use bancada_ui_kit::{Locale, format, money, use_locale};
use yew::prelude::*;

use crate::text::{PayText, up_to_limit};

/// A card with less than this is worth a word about its limit: R$ 1.000,00.
const SMALL_LIMIT_MINOR: i64 = 100_000;

#[derive(Properties, PartialEq)]
pub(crate) struct TestCardListProps {
    pub(crate) disabled: bool,
    pub(crate) on_use: Callback<&'static TestCard>,
}

#[component]
pub(crate) fn TestCardList(props: &TestCardListProps) -> Html {
    let locale = use_locale();
    html! {
        <section class="test-cards" aria-labelledby="test-cards">
            <h2 id="test-cards">{ PayText::TestCards.text(locale) }</h2>
            <p class="small">{ PayText::TestCardsHint.text(locale) }</p>
            <ul>
                for card in TEST_CARDS {
                    { row(locale, card, props) }
                }
            </ul>
        </section>
    }
}

fn row(locale: Locale, card: &'static TestCard, props: &TestCardListProps) -> Html {
    let number = card.printed_number();
    let on_use = props.on_use.clone();
    let use_this = PayText::UseThisCard;
    html! {
        <li class="test-card" key={card.number}>
            <span>{ card.brand.name() }</span>
            <code>{ &number }</code>
            <span class="small">{ effect(locale, card) }</span>
            <button
                type="button"
                disabled={props.disabled}
                class="use-card"
                data-number={card.number}
                aria-label={format!("{}: {} {number}", use_this.text(locale), card.brand.name())}
                onclick={move |_| on_use.emit(card)}
            >
                { use_this.text(locale) }
            </button>
        </li>
    }
}

fn effect(locale: Locale, card: &TestCard) -> String {
    match card.outcome {
        TestOutcome::Approved if card.limit_minor < SMALL_LIMIT_MINOR => {
            let limit = money::web(Money::brl(card.limit_minor));
            up_to_limit(locale, &format::money(locale, &limit))
        }
        TestOutcome::Approved => PayText::Approves.text(locale).to_owned(),
        TestOutcome::Declined(reason) => {
            // Whoever tests knows what the card is for, as its owner would.
            let [pt_br, en] = reason.to_cardholder();
            let reason = match locale {
                Locale::PtBr => pt_br,
                Locale::En => en,
            };
            format!("{} {reason}", PayText::Declines.text(locale))
        }
    }
}
