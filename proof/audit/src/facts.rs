//! What is shown of one thing, field by field, each in a few bytes: a Bank has millions of them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Serialize;
use serde_json::Value;

/// The fields of one kind of thing. What is in none of them is a field of its own.
pub(crate) type Names = &'static [&'static str];

/// How the rest is called.
const REST: &str = "a field that none has";

/// One thing: a hash of each field, and one of the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts(Box<[u64]>);

impl Facts {
    /// Of a thing that is an object in JSON. A field that is absent is null.
    pub(crate) fn of(names: Names, shown: &impl Serialize) -> Facts {
        let shown = serde_json::to_value(shown).unwrap_or_default();
        let named = names.iter().map(|name| hash(&shown[*name]));
        let rest = shown.as_object().into_iter().flatten();
        let rest: Vec<_> = rest.filter(|(name, _)| !names.contains(&name.as_str())).collect();
        let rest = if rest.is_empty() { Value::Null } else { serde_json::json!(rest) };
        Facts(named.chain([hash(&rest)]).collect())
    }

    /// The names of the fields in which two of a kind differ.
    pub(crate) fn differences(&self, names: Names, other: &Facts) -> Vec<&'static str> {
        let all = names.iter().copied().chain([REST]);
        let pairs = self.0.iter().zip(&other.0);
        all.zip(pairs).filter(|(_, (one, other))| one != other).map(|(name, _)| name).collect()
    }
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
