//! Text as it is searched: without case and accents.

/// The searched form of a text: `CAFÉ com Pão` becomes `cafe com pao`. The accents of Portuguese
/// and its neighbours are known; other letters stay as they are.
pub fn searchable(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(without_accent).collect()
}

fn without_accent(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_matter() {
        for (text, expected) in [
            ("CAFÉ com Pão", "cafe com pao"),
            ("Ação à Çavá", "acao a cava"),
            ("50% off_1", "50% off_1"),
            ("", ""),
        ] {
            assert_eq!(searchable(text), expected);
            assert_eq!(searchable(expected), expected);
        }
    }
}
