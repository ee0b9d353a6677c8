//! What all parts say: whole in a file for each, and in one view on the terminal.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Context as _;
use bancada_telemetry::console;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// What servers write before what has gone wrong.
const LOUD: [&str; 3] = [" ERROR ", "[ERROR]", "PANIC"];

/// The view.
#[derive(Clone)]
pub(crate) struct LogView {
    folder: PathBuf,
    is_verbose: bool,
}

impl LogView {
    /// Files in this folder; those of the run before are kept beside them.
    pub(crate) fn new(folder: &Path, is_verbose: bool) -> anyhow::Result<LogView> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(LogView { folder: folder.to_owned(), is_verbose })
    }

    /// Begins the file of a part.
    pub(crate) fn open(&self, name: &'static str, is_ours: bool) -> anyhow::Result<PartLog> {
        let path = self.folder.join(format!("{name}.log"));
        if path.exists() {
            fs::rename(&path, path.with_extension("log.before"))?;
        }
        let file =
            File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        let shows_all = is_ours || self.is_verbose;
        Ok(PartLog { name, shows_all, is_verbose: self.is_verbose, file: Rc::new(file) })
    }
}

/// What one part says.
#[derive(Clone)]
pub(crate) struct PartLog {
    name: &'static str,
    shows_all: bool,
    is_verbose: bool,
    file: Rc<File>,
}

impl PartLog {
    /// Follows its output to the end. What our own services print there is for those who start
    /// them alone.
    pub(crate) async fn follow_output(mut self, output: impl AsyncRead + Unpin) {
        self.shows_all &= self.is_verbose;
        self.follow(output).await;
    }

    /// Follows its errors to the end.
    pub(crate) async fn follow(self, output: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        // Ends with the output; what is not text is written down as it is.
        while lines.read_until(b'\n', &mut line).await.is_ok_and(|n| n > 0) {
            // A full disk must not stop who writes.
            let _ = (&*self.file).write_all(&line);
            let text = String::from_utf8_lossy(&line);
            let is_loud = LOUD.iter().any(|word| text.contains(word));
            if (self.shows_all || is_loud) && !text.trim().is_empty() {
                self.show(text.trim_end());
            }
            line.clear();
        }
    }

    /// A word about the part rather than of it.
    pub(crate) fn say(&self, text: &str) {
        let _ = writeln!(&*self.file, "{text}");
        self.show(text);
    }

    fn show(&self, text: &str) {
        console::complain(format_args!("{:<13} | {text}", self.name));
    }
}
