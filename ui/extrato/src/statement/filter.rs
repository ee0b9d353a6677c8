//! Which lines of a statement are wanted. The server filters; the page only asks.

use bancada_proto::web::LineKind;

use super::line_kind;
use super::local_day::{self, Day};

/// The fields of the filter form as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) search: String,
    pub(crate) kind: Option<LineKind>,
    /// The value of a date field; empty when not set.
    pub(crate) from: String,
    /// The value of a date field; the whole day is wanted.
    pub(crate) to: String,
}

/// A change of one field, or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FilterChange {
    Search(String),
    Kind(Option<LineKind>),
    From(String),
    To(String),
    Clear,
}

impl Filter {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    pub(crate) fn change(&mut self, change: FilterChange) {
        match change {
            FilterChange::Search(search) => self.search = search,
            FilterChange::Kind(kind) => self.kind = kind,
            FilterChange::From(from) => self.from = from,
            FilterChange::To(to) => self.to = to,
            FilterChange::Clear => *self = Filter::default(),
        }
    }

    /// The parameters of the request, not encoded.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        self.parameters_with(local_day::begins_at_ms)
    }

    fn parameters_with(&self, begins_at_ms: impl Fn(Day) -> i64) -> Vec<(&'static str, String)> {
        let search = Some(self.search.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = self.kind.map(|kind| line_kind::word(kind).to_owned());
        let from_ms = local_day::parse(&self.from).map(|day| begins_at_ms(day).to_string());
        let to_ms = local_day::parse(&self.to).map(|(year, month, day)| {
            let next_day = begins_at_ms((year, month, day + 1));
            (next_day - 1).to_string()
        });
        [("search", search), ("kind", kind), ("from_ms", from_ms), ("to_ms", to_ms)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_filled_in_is_asked_for() {
        let hour = |(_, month, day): Day| i64::from(month * 100 + day) * 1_000;
        let mut filter = Filter::default();
        assert!(filter.is_empty());
        assert_eq!(filter.parameters_with(hour), []);
        filter.change(FilterChange::Search("  ".into()));
        assert_eq!(filter.parameters_with(hour), []);
        filter.change(FilterChange::Search(" mug ".into()));
        filter.change(FilterChange::Kind(Some(LineKind::Refund)));
        filter.change(FilterChange::From("2026-11-02".into()));
        filter.change(FilterChange::To("2026-11-03".into()));
        let expected = [
            ("search", "mug".to_owned()),
            ("kind", "refund".to_owned()),
            ("from_ms", "1102000".to_owned()),
            ("to_ms", "1103999".to_owned()),
        ];
        assert_eq!(filter.parameters_with(hour), expected);
        filter.change(FilterChange::Clear);
        assert!(filter.is_empty());
    }
}
