//! What a command said, and where: the answer to its question, or what it had to tell meanwhile.

use std::fmt;
use std::process::Command;

/// What a command said until it ended. Shown, it is both, for whoever reads why a test failed.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    /// The answer, on its standard output.
    pub(crate) printed: String,
    /// Errors and the log, which come when they come.
    pub(crate) logged: String,
}

impl Said {
    /// Runs a command until it ends, which may block for long.
    pub(crate) fn by(command: &mut Command) -> Said {
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Said {
            code: output.status.code(),
            printed: text(&output.stdout),
            logged: text(&output.stderr),
        }
    }

    /// The same while others go on.
    pub(crate) async fn by_and_by(mut command: Command) -> Said {
        tokio::task::spawn_blocking(move || Said::by(&mut command)).await.unwrap()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { code, printed, logged } = self;
        write!(f, "it ended with {code:?}; printed:\n{printed}\nlogged:\n{logged}")
    }
}
