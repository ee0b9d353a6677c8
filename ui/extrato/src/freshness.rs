//! How current what is shown is, said plainly.

use bancada_proto::web::Freshness;
use bancada_ui_kit::{Instant, use_locale};
use yew::prelude::*;

use crate::text::{FreshnessText, n_behind};

/// The connection over which changes come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// Being made for the first time.
    #[default]
    Connecting,
    Open,
    /// Lost; the browser is making it again.
    Interrupted,
}

/// The Bank says something every five seconds, if only that it is there. So long without a word,
/// whoever follows it stands still, whatever the connection says.
const SILENCE_MS: i64 = 25_000;

/// What there is to say, most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing is known yet.
    Asking,
    /// The page does not hear from the statement's server.
    Offline,
    /// The Bank does not have what the statement shows of it.
    OtherPast,
    /// The statement was damaged, and is made anew from the Bank: lines are missing.
    Rebuilt {
        /// Events of the Bank that are not in it yet.
        behind: u64,
    },
    /// The statement's server does not hear from the Bank.
    BankSilent {
        /// When it last did.
        since_ms: Option<i64>,
    },
    /// Events of the Bank that are not in the statement yet.
    Behind(u64),
    UpToDate,
}

/// What `freshness` and the state of the connection mean together.
pub(crate) fn judge(freshness: Option<&Freshness>, link: Link) -> Standing {
    if link == Link::Interrupted {
        return Standing::Offline;
    }
    let Some(freshness) = freshness else { return Standing::Asking };
    if freshness.is_of_other_past {
        return Standing::OtherPast;
    }
    let heard_ago = freshness.heard_at_ms.map(|heard_at_ms| freshness.now_ms - heard_at_ms);
    if !freshness.connected || heard_ago.is_some_and(|ago_ms| ago_ms > SILENCE_MS) {
        return Standing::BankSilent { since_ms: freshness.heard_at_ms };
    }
    let behind = freshness.committed_position.saturating_sub(freshness.applied_position);
    if freshness.is_being_rebuilt {
        return Standing::Rebuilt { behind };
    }
    match behind {
        0 if link == Link::Connecting => Standing::Asking,
        0 => Standing::UpToDate,
        behind => Standing::Behind(behind),
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct FreshnessLineProps {
    pub(crate) freshness: Standing,
}

/// One line that a screen reader announces when it changes.
#[component]
pub(crate) fn FreshnessLine(props: &FreshnessLineProps) -> Html {
    let locale = use_locale();
    let (word, class, badge, detail) = match props.freshness {
        Standing::Asking => ("asking", "", FreshnessText::Asking, Html::default()),
        Standing::Offline => (
            "offline",
            "badge-bad",
            FreshnessText::Offline,
            FreshnessText::OfflineDetail.text(locale).into(),
        ),
        Standing::OtherPast => (
            "other_past",
            "badge-bad",
            FreshnessText::OtherPast,
            FreshnessText::OtherPastDetail.text(locale).into(),
        ),
        Standing::Rebuilt { behind } => {
            let detail = html! {
                <>
                    { FreshnessText::RebuiltDetail.text(locale) }
                    { " " }{ n_behind(locale, behind) }
                </>
            };
            ("rebuilt", "badge-bad", FreshnessText::Rebuilt, detail)
        }
        Standing::BankSilent { since_ms } => {
            let since = since_ms.map(|at_ms| {
                html! {
                    <>
                        { FreshnessText::LastHeard.text(locale) }{ " " }<Instant {at_ms} />{ ". " }
                    </>
                }
            });
            let detail = html! { <>{ since }{ FreshnessText::BankSilentDetail.text(locale) }</> };
            ("bank_silent", "badge-bad", FreshnessText::BankSilent, detail)
        }
        Standing::Behind(behind) => {
            ("behind", "badge-open", FreshnessText::Behind, n_behind(locale, behind).into())
        }
        Standing::UpToDate => {
            ("up_to_date", "badge-good", FreshnessText::UpToDate, Html::default())
        }
    };
    html! {
        <p id="freshness" class="freshness" role="status" data-freshness={word}>
            <span class={classes!("badge", class)}>{ badge.text(locale) }</span>
            <span class="small">{ detail }</span>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_is_said() {
        let freshness = |connected, applied_position, committed_position| Freshness {
            applied_position,
            committed_position,
            connected,
            is_of_other_past: false,
            is_being_rebuilt: false,
            heard_at_ms: Some(7),
            now_ms: 9,
        };
        let other_past =
            |connected| Freshness { is_of_other_past: true, ..freshness(connected, 8, 5) };
        let rebuilt =
            |connected| Freshness { is_being_rebuilt: true, ..freshness(connected, 5, 8) };
        let heard_ago = |ago_ms| Freshness { now_ms: 7 + ago_ms, ..freshness(true, 5, 5) };
        for (freshness, link, expected) in [
            (Some(rebuilt(true)), Link::Open, Standing::Rebuilt { behind: 3 }),
            (Some(rebuilt(false)), Link::Open, Standing::BankSilent { since_ms: Some(7) }),
            (Some(other_past(false)), Link::Open, Standing::OtherPast),
            (Some(other_past(true)), Link::Open, Standing::OtherPast),
            (None, Link::Connecting, Standing::Asking),
            (None, Link::Interrupted, Standing::Offline),
            (Some(freshness(true, 5, 5)), Link::Connecting, Standing::Asking),
            (Some(freshness(true, 5, 5)), Link::Open, Standing::UpToDate),
            (Some(freshness(true, 6, 5)), Link::Open, Standing::UpToDate),
            (Some(freshness(true, 5, 8)), Link::Open, Standing::Behind(3)),
            (Some(freshness(false, 5, 8)), Link::Open, Standing::BankSilent { since_ms: Some(7) }),
            (Some(freshness(false, 5, 5)), Link::Interrupted, Standing::Offline),
            (Some(heard_ago(SILENCE_MS)), Link::Open, Standing::UpToDate),
            (
                Some(heard_ago(SILENCE_MS + 1)),
                Link::Open,
                Standing::BankSilent { since_ms: Some(7) },
            ),
        ] {
            assert_eq!(judge(freshness.as_ref(), link), expected, "{freshness:?} {link:?}");
        }
    }
}
