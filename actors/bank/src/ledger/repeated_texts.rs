//! Texts that repeat from payment to payment, kept once.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Texts that are remembered, at most: merchants and shops are few, and a text that is not found
/// is only kept once more.
const N_PLACES: usize = 1_024;

/// The texts that were seen last. What is shared is no part of a state: all of these are equal.
#[derive(Clone, Debug)]
pub(super) struct RepeatedTexts<T>(Vec<Option<T>>);

impl<T: AsRef<str> + Clone> RepeatedTexts<T> {
    /// This text, as it was seen before, or as it is made now.
    pub(super) fn once(&mut self, text: &str, make: impl FnOnce() -> T) -> T {
        if self.0.is_empty() {
            self.0.resize_with(N_PLACES, || None);
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash are good")]
        let place = &mut self.0[hasher.finish() as usize % N_PLACES];
        match place {
            Some(known) if known.as_ref() == text => known.clone(),
            _ => place.insert(make()).clone(),
        }
    }
}

impl<T> Default for RepeatedTexts<T> {
    fn default() -> RepeatedTexts<T> {
        RepeatedTexts(Vec::new())
    }
}

impl<T> PartialEq for RepeatedTexts<T> {
    fn eq(&self, _: &RepeatedTexts<T>) -> bool {
        true
    }
}

impl<T> Eq for RepeatedTexts<T> {}

#[cfg(test)]
mod tests {
    use bancada_kernel::Text;

    use super::*;

    #[test]
    fn a_text_that_repeats_is_kept_once_and_none_is_taken_for_another() {
        let mut texts = RepeatedTexts::default();
        let first = texts.once("Loja", || Text::from("Loja"));
        assert!(texts.once("Loja", || unreachable!("it is known")).is_shared_with(&first));
        for n in 0..3 * N_PLACES {
            let text = n.to_string();
            assert_eq!(texts.once(&text, || Text::from(text.as_str())), *text);
        }
        assert_eq!(texts.0.len(), N_PLACES);
    }
}
