//! What is said when a journal is not whole, and what whoever runs it can do.

use bancada_bank::ports::JournalError;
use bancada_telemetry::console;

use crate::exit::Exit;

/// Says what is wrong and what to do, in one line.
pub(crate) fn text(error: &JournalError) -> String {
    let mut text = error.to_string();
    if error.is_loss() {
        text.push_str(
            ". Nothing was changed. Put a backup in place (bancada restore); without one, bancada \
             accept-loss says what is missing and gives it up",
        );
    }
    text
}

/// The same as the error of a command.
pub(crate) fn error(error: JournalError) -> anyhow::Error {
    anyhow::anyhow!(text(&error))
}

/// Ends the process before anybody is answered.
pub(crate) fn end(cause: &JournalError) -> ! {
    console::complain(format_args!("error: {}", text(cause)));
    std::process::exit(i32::from(u8::from(Exit::Failed)));
}
