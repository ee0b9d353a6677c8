//! The interface languages and how one is chosen.

use bancada_proto::web::Text;

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    /// Brazilian Portuguese.
    PtBr,
    /// English.
    En,
}

impl Locale {
    /// Every language, in the order the switch shows them.
    pub const ALL: [Locale; 2] = [Locale::PtBr, Locale::En];

    /// The BCP 47 tag: for `<html lang>`, `Accept-Language` and `Intl`.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::PtBr => "pt-BR",
            Locale::En => "en",
        }
    }

    /// The language's own name.
    pub fn name(self) -> &'static str {
        match self {
            Locale::PtBr => "Português",
            Locale::En => "English",
        }
    }

    /// The language of a [`Locale::tag`].
    pub fn from_tag(tag: &str) -> Option<Locale> {
        Locale::ALL.into_iter().find(|locale| locale.tag() == tag)
    }

    /// The reader's own choice, else the first language of the browser that we speak, else
    /// English.
    pub fn choose(stored: Option<&str>, languages: &[String]) -> Locale {
        stored
            .and_then(Locale::from_tag)
            .or_else(|| languages.iter().find_map(|language| spoken(language)))
            .unwrap_or(Locale::En)
    }

    /// The side of a bilingual text that this reader reads.
    pub fn pick(self, text: &Text) -> &str {
        match self {
            Locale::PtBr => &text.pt_br,
            Locale::En => &text.en,
        }
    }
}

fn spoken(language: &str) -> Option<Locale> {
    match language.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "pt" => Some(Locale::PtBr),
        "en" => Some(Locale::En),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_wins_then_the_browser_then_english() {
        for (stored, languages, expected) in [
            (None, vec!["pt-BR"], Locale::PtBr),
            (None, vec!["pt-PT", "en"], Locale::PtBr),
            (None, vec!["PT"], Locale::PtBr),
            (None, vec!["de-DE", "pt-BR"], Locale::PtBr),
            (None, vec!["de-DE", "en-GB", "pt-BR"], Locale::En),
            (None, vec!["de"], Locale::En),
            (None, vec![], Locale::En),
            (Some("en"), vec!["pt-BR"], Locale::En),
            (Some("pt-BR"), vec!["en-US"], Locale::PtBr),
            (Some("nonsense"), vec!["pt"], Locale::PtBr),
        ] {
            let languages: Vec<String> = languages.into_iter().map(str::to_owned).collect();
            assert_eq!(Locale::choose(stored, &languages), expected, "{stored:?} {languages:?}");
        }
    }
}
