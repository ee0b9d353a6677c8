//! Exit codes, documented in `bancada --help`.

use bancada_telemetry::console;
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Well,
    /// What was looked for was found wrong: an audit or a check failed.
    Found,
    /// It could not do what was asked.
    Failed,
    /// The supervision tree gave up; whoever started this should start it again.
    GaveUp,
}

impl Exit {
    /// Prints the error in one line, causes included.
    pub(crate) fn of_error(error: &anyhow::Error) -> Exit {
        console::complain(format_args!("error: {error:#}"));
        Exit::Failed
    }
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> u8 {
        match exit {
            Exit::Well => 0,
            Exit::Found => 1,
            // 2 is clap's, for a command line that makes no sense.
            Exit::Failed => 3,
            Exit::GaveUp => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(u8::from(exit))
    }
}
