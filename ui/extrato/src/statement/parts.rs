//! In how many parts something was bought, and what that means for the fatura.

use std::rc::Rc;

use bancada_proto::web::{LineKind, StatementLine};
use bancada_ui_kit::{format, use_locale};
use yew::prelude::*;

use crate::text::StatementText;

#[derive(Properties, PartialEq)]
pub(crate) struct PartsProps {
    pub(crate) line: Rc<StatementLine>,
}

/// The parts, where there are any. All of them are on the fatura of the purchase, and it says so.
#[component]
pub(crate) fn Parts(props: &PartsProps) -> Html {
    let locale = use_locale();
    let line = &props.line;
    let plan = format::plan(locale, &line.amount, line.installments);
    match plan.filter(|_| has_parts(line.kind)) {
        None => Html::default(),
        Some(plan) => html! {
            <>
                <span class="small plan">{ plan }</span>
                if line.kind == LineKind::Purchase {
                    <span class="small">{ StatementText::WholeOnFatura.text(locale) }</span>
                }
            </>
        },
    }
}

/// What is returned or released, or was refused, is not paid in parts.
fn has_parts(kind: LineKind) -> bool {
    match kind {
        LineKind::Purchase | LineKind::Hold => true,
        LineKind::Decline | LineKind::Void | LineKind::Refund | LineKind::BillPayment => false,
    }
}
