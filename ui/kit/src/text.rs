//! The catalogue of texts: every one in every language, or it does not compile.

use bancada_proto::problem::Problem;

use crate::locale::Locale;

/// Declares an enum of texts, each with its Portuguese and its English side.
///
/// ```
/// bancada_ui_kit::texts! {
///     /// What a door says.
///     pub DoorText {
///         Push: "Empurre", "Push";
///     }
/// }
/// assert_eq!(DoorText::Push.text(bancada_ui_kit::Locale::En), "Push");
/// ```
#[macro_export]
macro_rules! texts {
    ($(#[$meta:meta])* $visibility:vis $name:ident {
        $($key:ident: $pt_br:literal, $en:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "a text is its own description")]
        $visibility enum $name {
            $($key),+
        }

        impl $name {
            /// Every text, for checks of the whole catalogue.
            #[cfg(test)]
            $visibility const ALL: &[Self] = &[$(Self::$key),+];

            /// This text in a language.
            $visibility fn text(self, locale: $crate::Locale) -> &'static str {
                match locale {
                    $crate::Locale::PtBr => match self { $(Self::$key => $pt_br),+ },
                    $crate::Locale::En => match self { $(Self::$key => $en),+ },
                }
            }
        }
    };
}

texts! {
    /// Texts that every page shares.
    pub KitText {
        SkipToContent: "Pular para o conteúdo", "Skip to content";
        MainNavigation: "Principal", "Main";
        Language: "Idioma", "Language";
        Loading: "Carregando…", "Loading…";
        TryAgain: "Tentar de novo", "Try again";
        Network: "Sem resposta do servidor. Confira sua conexão e tente de novo.",
            "The server did not answer. Check your connection and try again.";
        Timeout: "O servidor demorou demais para responder. Tente de novo.",
            "The server took too long to answer. Try again.";
        Reference: "Referência para o suporte", "Reference for support";
        Statement: "Extrato", "Statement";
        Shop: "Loja", "Shop";
        NotFoundTitle: "Página não encontrada", "Page not found";
        NotFound: "Não há nada neste endereço. Talvez o link esteja incompleto.",
            "There is nothing at this address. The link may be incomplete.";
        Footnote: "Simulador de pagamentos: nenhum dinheiro de verdade é movimentado.",
            "A payments simulator: no real money moves.";
    }
}

/// What is wrong with a text and its translation, if anything: one is empty, padded, or ends as
/// another kind of sentence than the other.
pub fn flaw(pt_br: &str, en: &str) -> Option<&'static str> {
    let sides = [pt_br, en];
    if sides.iter().any(|side| side.trim().is_empty()) {
        return Some("a side is empty");
    }
    if sides.iter().any(|side| side.trim() != *side || side.contains("  ")) {
        return Some("a side has stray spaces");
    }
    let [pt_br_end, en_end] =
        sides.map(|side| side.chars().last().filter(|c| !c.is_alphanumeric()));
    (pt_br_end != en_end).then_some("the sides end differently")
}

/// Title and detail of a problem in the language that is in use, whichever it was when the server
/// said it. A server that has one language only has said it in that.
pub fn problem_texts(locale: Locale, problem: &Problem) -> (String, String) {
    match &problem.texts {
        Some(texts) => {
            (locale.pick(&texts.title).to_owned(), locale.pick(&texts.detail).to_owned())
        }
        None => (problem.title.clone(), problem.detail.clone()),
    }
}

/// What to say about an answer that is not of our API.
pub fn unreadable(locale: Locale, status: u16) -> String {
    match locale {
        Locale::PtBr => {
            format!("O servidor respondeu algo inesperado (HTTP {status}). Tente de novo.")
        }
        Locale::En => {
            format!("The server answered something unexpected (HTTP {status}). Try again.")
        }
    }
}

#[cfg(test)]
mod tests {
    use bancada_proto::problem::ProblemTexts;
    use bancada_proto::web::Text;

    use super::*;

    #[test]
    fn every_text_is_whole_in_both_languages() {
        for text in KitText::ALL {
            let found = flaw(text.text(Locale::PtBr), text.text(Locale::En));
            assert_eq!(found, None, "{text:?}");
        }
    }

    #[test]
    fn a_problem_speaks_the_language_that_is_in_use() {
        let text = |pt_br: &str, en: &str| Text { pt_br: pt_br.to_owned(), en: en.to_owned() };
        let texts =
            ProblemTexts { title: text("Não", "No"), detail: text("Não pode.", "Not so.") };
        let mut problem = Problem {
            kind: String::new(),
            title: "Não".to_owned(),
            status: 422,
            detail: "Não pode.".to_owned(),
            texts: Some(texts),
            code: String::new(),
            field: None,
            trace_id: None,
        };
        let said = |problem: &Problem, locale| problem_texts(locale, problem).1;
        assert_eq!(said(&problem, Locale::PtBr), "Não pode.");
        assert_eq!(said(&problem, Locale::En), "Not so.");
        problem.texts = None;
        assert_eq!(said(&problem, Locale::En), "Não pode.");
    }

    #[test]
    fn flaws_are_found() {
        for (pt_br, en, flawed) in [
            ("Sim.", "Yes.", false),
            ("Sim", "Yes", false),
            ("Sim.", "Yes", true),
            ("", "Yes", true),
            ("Sim", " ", true),
            ("Sim ", "Yes", true),
            ("Sim  não", "Yes no", true),
        ] {
            assert_eq!(flaw(pt_br, en).is_some(), flawed, "{pt_br:?} {en:?}");
        }
    }
}
