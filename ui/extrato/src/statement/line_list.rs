//! The lines of a statement, and the announcement of new ones.

use bancada_proto::web::{LineKind, StatementLine};
use bancada_ui_kit::{Amount, Instant, Locale, Words, foreign, format, use_locale};
use yew::prelude::*;

use super::line_kind;
use super::parts::Parts;
use crate::text::StatementText;

#[derive(Properties, PartialEq)]
pub(crate) struct LineListProps {
    pub(crate) lines: Vec<StatementLine>,
    /// Lines after this came while the reader was looking.
    pub(crate) seen_position: Option<u64>,
    /// Other lines are on their way.
    pub(crate) busy: bool,
}

#[component]
pub(crate) fn LineList(props: &LineListProps) -> Html {
    html! {
        <ol class="lines" id="lines" aria-busy={props.busy.to_string()}>
            for line in &props.lines {
                <Line
                    key={line.position}
                    line={line.clone()}
                    is_new={Some(line.position) > props.seen_position}
                />
            }
        </ol>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    line: StatementLine,
    is_new: bool,
}

#[component]
fn Line(props: &LineProps) -> Html {
    let locale = use_locale();
    let line = &props.line;
    let reason = line.decline.as_ref().map(|decline| locale.pick(&decline.message).to_owned());
    let note = line_kind::note(line).map(|note| note.text(locale));
    let informative = line.kind == LineKind::Decline;
    html! {
        <li
            class={classes!(
                "statement-line",
                props.is_new.then_some("line-new"),
                informative.then_some("line-informative"),
            )}
            data-position={line.position.to_string()}
            data-kind={line_kind::word(line.kind)}
            data-ended={line.has_ended.then_some("true")}
            data-transaction={line.transaction_id.clone()}
        >
            <span class={line_kind::class(line)}>
                { line_kind::name(line.kind).text(locale) }
            </span>
            <div class="line-text">
                <span class="store"><Words text={line.store.clone()} /></span>
                <span class="small"><Words text={line.description.clone()} /></span>
                <span class="small"><Instant at_ms={line.occurred_at_ms} /></span>
                if let Some(reason) = reason {
                    <span class="line-reason">{ reason }</span>
                }
                <Details line={line.clone()} />
            </div>
            <div class="statement-amount">
                <Amount money={line.amount.clone()} />
                <Parts line={line.clone()} />
                if let Some(note) = note {
                    <span class="small">{ note }</span>
                }
            </div>
        </li>
    }
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    line: StatementLine,
}

/// What only somebody who follows a payment through the system wants to know.
#[component]
fn Details(props: &DetailsProps) -> Html {
    let locale = use_locale();
    let line = &props.line;
    let fact = |name: StatementText, value: &str| {
        html! { <><dt>{ name.text(locale) }</dt><dd><code>{ value.to_owned() }</code></dd></> }
    };
    html! {
        <details class="small">
            <summary>{ StatementText::Details.text(locale) }</summary>
            <dl class="facts">
                { fact(StatementText::Transaction, &line.transaction_id) }
                { fact(StatementText::Position, &line.position.to_string()) }
                if let Some(trace_id) = &line.trace_id {
                    { fact(StatementText::Trace, trace_id) }
                }
                if let Some(decline) = &line.decline {
                    { fact(StatementText::Code, &format!("{} {}", decline.code, decline.reason)) }
                }
            </dl>
        </details>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct AnnouncementProps {
    pub(crate) arrived: Option<StatementLine>,
}

/// Tells those who do not see it that a line has come.
#[component]
pub(crate) fn Announcement(props: &AnnouncementProps) -> Html {
    let locale = use_locale();
    let text = props.arrived.as_ref().map(|line| announce(locale, line));
    html! { <p id="announcement" class="announcement" aria-live="polite">{ text }</p> }
}

fn announce(locale: Locale, line: &StatementLine) -> String {
    let kind = line_kind::name(line.kind).text(locale);
    let amount = format::money(locale, &line.amount);
    format!(
        "{}: {kind}, {}, {amount}",
        StatementText::NewLine.text(locale),
        foreign::plain(&line.store)
    )
}
