//! Reads a command line without repeating a password.
//!
//! clap's errors show what somebody wrote. An address may hold a password, and errors end in
//! terminals, in the logs of pods and in those of CI.

use clap::Parser;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// Stands where something would be shown that may hold a password.
const NOT_SHOWN: &str = "(not shown)";
/// A mistyped option or command is no longer than this.
const MAX_SHOWN_CHARS: usize = 40;

/// Reads the command line and the environment of this process. Whoever mistyped it is told so, and
/// the process ends with code 2.
pub fn parse<P: Parser>() -> P {
    P::try_parse().unwrap_or_else(|error| without_secrets(error).exit())
}

/// The same error with nothing in it that may hold a password: no value of an option that takes an
/// address, and no word that stands where none belongs and does not look like an option's name.
pub fn without_secrets(mut error: Error) -> Error {
    let option = text(&error, ContextKind::InvalidArg).unwrap_or_default();
    let is_address = option.contains("URL") || option.contains("HOST:");
    let is_stray = error.kind() == ErrorKind::UnknownArgument;
    let is_shown = |kind: ContextKind, text: &str| match kind {
        ContextKind::InvalidValue => !is_address && is_word(text),
        // Of the other errors this is the option's own name.
        ContextKind::InvalidArg => !is_stray || is_word(text),
        _ => is_word(text),
    };
    let kinds =
        [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    for kind in kinds {
        let is_hidden = text(&error, kind).is_some_and(|text| !is_shown(kind, &text));
        if is_hidden {
            error.insert(kind, ContextValue::String(NOT_SHOWN.to_owned()));
            // It may repeat what was written.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(" ")),
        _ => None,
    }
}

/// Such as the name of an option or a command, or a number with its unit.
fn is_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.chars().count() <= MAX_SHOWN_CHARS && text.chars().all(is_plain)
}
