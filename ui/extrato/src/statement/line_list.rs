//! The lines of a statement, and what is said when new ones come.
//!
//! A line that is far from what the reader sees is one text of the same height, which the browser
//! can search: with thousands of lines a page stays small.

use std::rc::Rc;

use bancada_proto::web::{LineKind, StatementLine};
use bancada_ui_kit::viewport::{View, Viewport, use_view, use_viewport};
use bancada_ui_kit::{Amount, Instant, Locale, Words, foreign, format, use_locale};
use web_sys::{Element, HtmlDetailsElement, HtmlElement, Node};
use yew::prelude::*;

use super::line_kind;
use super::parts::Parts;
use crate::text::{StatementText, n_new_lines};

/// How far from the view a line is still shown whole.
const NEAR: &str = "1000px 0px";
/// All that lies below is in view: only what is above it is not.
const NOT_ABOVE: &str = "0px 0px 10000000px 0px";

#[derive(Properties, PartialEq)]
pub(crate) struct LineListProps {
    pub(crate) lines: Vec<Rc<StatementLine>>,
    /// Lines after this came while the reader was looking.
    pub(crate) seen_position: Option<u64>,
    /// How many lines wait for the reader to come back to the list's beginning.
    pub(crate) n_held_back: u64,
    /// Other lines are on their way.
    pub(crate) busy: bool,
    /// Whether the reader has left the list's beginning behind.
    pub(crate) on_reading: Callback<bool>,
    /// The reader wants what waits.
    pub(crate) on_show_new: Callback<()>,
}

#[component]
pub(crate) fn LineList(props: &LineListProps) -> Html {
    let (viewport, not_above) = (use_viewport(NEAR), use_viewport(NOT_ABOVE));
    let beginning = use_node_ref();
    let on_reading = props.on_reading.clone();
    let on_view = Callback::from(move |view: View| on_reading.emit(!view.is_near && view.is_above));
    use_view(not_above, beginning.clone(), on_view);
    html! {
        <>
            <div ref={beginning.clone()} id="lines-beginning" tabindex="-1" />
            <NewLines n={props.n_held_back} {beginning} on_show={props.on_show_new.clone()} />
            <ol class="lines" id="lines" aria-busy={props.busy.to_string()}>
                for line in &props.lines {
                    <Line
                        key={line.position}
                        line={line.clone()}
                        is_new={Some(line.position) > props.seen_position}
                        viewport={viewport.clone()}
                    />
                }
            </ol>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct NewLinesProps {
    n: u64,
    beginning: NodeRef,
    on_show: Callback<()>,
}

/// Says how many lines wait, and shows them.
#[component]
fn NewLines(props: &NewLinesProps) -> Html {
    let locale = use_locale();
    if props.n == 0 {
        return Html::default();
    }
    let (on_show, beginning) = (props.on_show.clone(), props.beginning.clone());
    let show = move |_| {
        on_show.emit(());
        // The button is gone now, and the lines are at the list's beginning.
        if let Some(beginning) = beginning.cast::<HtmlElement>() {
            beginning.scroll_into_view();
            // Something that can be focused is.
            let _ = beginning.focus();
        }
    };
    html! {
        <p class="new-lines">
            <button id="new-lines" type="button" onclick={show}>
                { n_new_lines(locale, props.n) }
            </button>
        </p>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    line: Rc<StatementLine>,
    is_new: bool,
    viewport: Rc<Viewport>,
}

#[component]
fn Line(props: &LineProps) -> Html {
    let locale = use_locale();
    let node = use_node_ref();
    let is_open = use_state_eq(|| false);
    let height = use_height_when_away(&props.viewport, &node);
    let line = &props.line;
    let on_toggle = {
        let is_open = is_open.setter();
        Callback::from(move |open| is_open.set(open))
    };
    let is_away = height.is_some() && !*is_open;
    use_effect_with((node.clone(), height.filter(|_| is_away)), |(node, height)| {
        let style = node.cast::<HtmlElement>().map(|element| element.style());
        let height = height.map_or(String::new(), |height| format!("{height}px"));
        // A property that exists can be set; an empty one is the style sheet's.
        let _ = style.map(|style| style.set_property("block-size", &height));
    });
    let informative = line.kind == LineKind::Decline;
    let details = html! { <Details line={line.clone()} is_open={*is_open} {on_toggle} /> };
    html! {
        <li
            ref={node}
            class={classes!(
                "statement-line",
                props.is_new.then_some("line-new"),
                informative.then_some("line-informative"),
                is_away.then_some("line-away"),
            )}
            data-position={line.position.to_string()}
            data-kind={line_kind::word(line.kind)}
            data-ended={line.has_ended.then_some("true")}
            data-transaction={line.transaction_id.clone()}
        >
            if is_away {
                { in_a_sentence(locale, line) }
            } else {
                { whole(locale, line, details) }
            }
        </li>
    }
}

/// How high the line is while it is far from what the reader sees; nothing while it is near, or
/// has the focus.
#[hook]
fn use_height_when_away(viewport: &Rc<Viewport>, node: &NodeRef) -> Option<f64> {
    let height = use_state_eq(|| None::<f64>);
    let (setter, watched) = (height.setter(), node.clone());
    let on_view = Callback::from(move |view: View| {
        let is_needed = view.is_near || has_focus(&watched);
        setter.set((!is_needed).then_some(view.height));
    });
    use_view(viewport.clone(), node.clone(), on_view);
    *height
}

fn has_focus(node: &NodeRef) -> bool {
    let focused: Option<Element> =
        web_sys::window().and_then(|it| it.document()).and_then(|it| it.active_element());
    let node = node.cast::<Node>();
    node.is_some_and(|node| node.contains(focused.as_deref()))
}

fn whole(locale: Locale, line: &Rc<StatementLine>, details: Html) -> Html {
    let reason = line.decline.as_ref().map(|decline| locale.pick(&decline.message).to_owned());
    let note = line_kind::note(line).map(|note| note.text(locale));
    html! {
        <>
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
                { details }
            </div>
            <div class="statement-amount">
                <Amount money={line.amount.clone()} />
                <Parts line={line.clone()} />
                if let Some(note) = note {
                    <span class="small">{ note }</span>
                }
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    line: Rc<StatementLine>,
    is_open: bool,
    on_toggle: Callback<bool>,
}

/// What only somebody who follows a payment through the system wants to know.
#[component]
fn Details(props: &DetailsProps) -> Html {
    let locale = use_locale();
    let line = &props.line;
    let node = use_node_ref();
    let (on_toggle, details) = (props.on_toggle.clone(), node.clone());
    let toggled = move |_| {
        let is_open = details.cast::<HtmlDetailsElement>().is_some_and(|details| details.open());
        on_toggle.emit(is_open);
    };
    let code = line.decline.as_ref().map(|it| format!("{} {}", it.code, it.reason));
    let fact = |name: StatementText, value: &str| {
        html! { <><dt>{ name.text(locale) }</dt><dd><code>{ value.to_owned() }</code></dd></> }
    };
    html! {
        <details ref={node} class="small" ontoggle={toggled}>
            <summary>{ StatementText::Details.text(locale) }</summary>
            if props.is_open {
                <dl class="facts">
                    { fact(StatementText::Transaction, &line.transaction_id) }
                    { fact(StatementText::Position, &line.position.to_string()) }
                    if let Some(trace_id) = &line.trace_id {
                        { fact(StatementText::Trace, trace_id) }
                    }
                    if let Some(code) = code {
                        { fact(StatementText::Code, &code) }
                    }
                </dl>
            }
        </details>
    }
}

/// What, where and how much.
pub(super) fn in_a_sentence(locale: Locale, line: &StatementLine) -> String {
    let kind = line_kind::name(line.kind).text(locale);
    let store = foreign::plain(&line.store);
    format!("{kind}, {store}, {}", format::money(locale, &line.amount))
}
