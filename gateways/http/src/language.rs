//! The reader's language, by `Accept-Language` (RFC 9110, 12.5.4).

/// A language that Bancada speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    PtBr,
    En,
}

impl Language {
    /// The best of what the reader accepts; English when that is neither.
    pub(crate) fn accepted(header: Option<&str>) -> Language {
        let mut best = (Language::En, 0.0_f32);
        for item in header.unwrap_or_default().split(',') {
            let (tag, weight) = match item.split_once(';') {
                Some((tag, weight)) => {
                    (tag, weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()))
                }
                None => (item, Some(1.0)),
            };
            let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let language = match primary.as_str() {
                "pt" => Language::PtBr,
                "en" => Language::En,
                _ => continue,
            };
            let weight = weight.unwrap_or(0.0);
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// For `Content-Language`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Language::PtBr => "pt-BR",
            Language::En => "en",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heavier_of_two_languages_wins() {
        for (header, expected) in [
            (None, Language::En),
            (Some(""), Language::En),
            (Some("pt-BR,pt;q=0.9,en-US;q=0.8"), Language::PtBr),
            (Some("en;q=0.5, PT;q=0.7"), Language::PtBr),
            (Some("fr-FR, de"), Language::En),
            (Some("fr, pt;q=0.1"), Language::PtBr),
            (Some("pt;q=0, en;q=broken"), Language::En),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header:?}");
        }
    }
}
