//! The statement of one card, kept current while it is read.

use bancada_kernel::Brand;
use bancada_proto::web::StatementCard;
use bancada_ui_kit::{Empty, ErrorNote, Loading, Locale, PageTitle, address, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::freshness::{FreshnessLine, judge};
use crate::route::Route;
use crate::statement::announcement::Announcement;
use crate::statement::bill_form::BillForm;
use crate::statement::filter_form::FilterForm;
use crate::statement::follow::use_statement;
use crate::statement::line_list::LineList;
use crate::statement::state::{StatementAction, StatementState};
use crate::statement::summary::Summary;
use crate::text::{CardsText, StatementText};

#[derive(Properties, PartialEq)]
pub(crate) struct StatementPageProps {
    pub(crate) token: String,
}

#[component]
pub(crate) fn StatementPage(props: &StatementPageProps) -> Html {
    let locale = use_locale();
    let statement = use_statement(&props.token);
    let on_retry = {
        let statement = statement.dispatcher();
        Callback::from(move |()| statement.dispatch(StatementAction::Retry))
    };
    let body = match (&statement.card, &statement.error) {
        (Some(card), _) => {
            html! { <Body card={card.clone()} statement={statement.clone()} {on_retry} /> }
        }
        (None, Some(error)) if error.is_not_found() => html! {
            <Empty text={StatementText::NoSuchCard.text(locale)}>
                <Link<Route> classes="button" to={Route::Cards}>
                    { CardsText::ChooseCard.text(locale) }
                </Link<Route>>
            </Empty>
        },
        (None, Some(error)) => html! { <ErrorNote error={error.clone()} {on_retry} /> },
        (None, None) => html! { <Loading /> },
    };
    html! {
        <>
            <PageTitle title={title(locale, statement.card.as_ref())} />
            { body }
        </>
    }
}

fn title(locale: Locale, card: Option<&StatementCard>) -> String {
    let title = StatementText::Title.text(locale);
    match card {
        None => title.to_owned(),
        Some(card) => {
            let brand = Brand::from_word(&card.card.brand).name();
            format!("{title}: {brand} {}", card.card.masked)
        }
    }
}

#[derive(Properties, PartialEq)]
struct BodyProps {
    card: StatementCard,
    statement: UseReducerHandle<StatementState>,
    on_retry: Callback<()>,
}

#[component]
fn Body(props: &BodyProps) -> Html {
    let locale = use_locale();
    let statement = &props.statement;
    let on_change = {
        let statement = statement.dispatcher();
        Callback::from(move |change| statement.dispatch(StatementAction::Filter(change)))
    };
    let older = {
        let statement = statement.dispatcher();
        move |_| statement.dispatch(StatementAction::Older)
    };
    let on_reading = {
        let statement = statement.dispatcher();
        Callback::from(move |reading| statement.dispatch(StatementAction::Reading(reading)))
    };
    let on_show_new = {
        let statement = statement.dispatcher();
        Callback::from(move |()| statement.dispatch(StatementAction::ShowNew))
    };
    let standing = judge(statement.freshness.as_ref(), statement.link);
    html! {
        <>
            <FreshnessLine freshness={standing} />
            <Summary card={props.card.clone()} />
            <BillForm card={props.card.clone()} />
            <FilterForm filter={statement.filter.clone()} {on_change} />
            <h2>{ StatementText::Lines.text(locale) }</h2>
            <Announcement arrived={statement.arrived.clone()} />
            if let Some(error) = statement.error.clone() {
                <ErrorNote {error} on_retry={props.on_retry.clone()} />
            }
            if statement.lines.is_empty() {
                { no_lines(locale, statement) }
            } else {
                <LineList
                    lines={statement.lines.clone()}
                    seen_position={statement.seen_position}
                    n_held_back={statement.n_held_back}
                    busy={!statement.current}
                    {on_reading}
                    {on_show_new}
                />
            }
            if statement.older.is_some() {
                <Loading />
            } else if statement.current && statement.next.is_some() {
                <p class="actions">
                    <button id="older" type="button" onclick={older}>
                        { StatementText::Older.text(locale) }
                    </button>
                </p>
            }
        </>
    }
}

fn no_lines(locale: Locale, statement: &StatementState) -> Html {
    if !statement.current {
        return if statement.error.is_none() {
            html! { <Loading /> }
        } else {
            Html::default()
        };
    }
    if !statement.filter.is_empty() {
        return html! {
            <div role="status"><Empty text={StatementText::NoMatches.text(locale)} /></div>
        };
    }
    html! {
        <Empty text={StatementText::NoLines.text(locale)}>
            <a class="button" href={address::LOJA}>{ CardsText::GoToShop.text(locale) }</a>
        </Empty>
    }
}
