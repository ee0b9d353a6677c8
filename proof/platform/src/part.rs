//! A part: one process, started again when it ends by itself, and stopped when it is told to.

use std::collections::VecDeque;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::log_view::{LogView, PartLog};
use crate::server::Probe;

/// Between two looks whether it answers.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Before it is started again the first time; then twice as long, up to eight times.
const PAUSE: Duration = Duration::from_secs(1);
/// So many ends in so much time are too many. A Bank ends a few times while its database is away.
const MAX_ENDS: usize = 10;
const WINDOW: Duration = Duration::from_secs(120);

/// What a part is.
pub(crate) struct PartSpec {
    pub(crate) name: &'static str,
    /// Makes the command anew for each start.
    pub(crate) command: Box<dyn Fn() -> Command>,
    /// Tells whether it is there.
    pub(crate) probe: Probe,
    /// The signal on which it ends in order, and how long that may take.
    pub(crate) stop: (Signal, Duration),
    /// Whether it is Bancada's own, so that all it says is shown.
    pub(crate) is_ours: bool,
}

/// How a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Its process id.
    Running(u32),
    /// It ended by itself, and is started again.
    Pausing,
    /// It ended too often, or cannot be started at all: the last reason.
    GaveUp(String),
    Stopped,
}

/// A part that was started.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    probe: Probe,
    log: PartLog,
    state: watch::Receiver<State>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Part {
    fn start(
        spec: PartSpec,
        view: &LogView,
        run: &Path,
        gave_up: mpsc::UnboundedSender<String>,
    ) -> anyhow::Result<Part> {
        let log = view.open(spec.name, spec.is_ours)?;
        let (tell, state) = watch::channel(State::Pausing);
        let (stop, is_stopping) = watch::channel(false);
        let (name, probe) = (spec.name, spec.probe.clone());
        let id_file = run.join(format!("{name}.pid"));
        let life = Life { spec, log: log.clone(), id_file, tell, gave_up, is_stopping };
        let task = tokio::task::spawn_local(life.live());
        Ok(Part { name, probe, log, state, stop, task })
    }

    /// Its process, while it has one.
    pub(crate) fn process(&self) -> Option<u32> {
        match *self.state.borrow() {
            State::Running(id) => Some(id),
            _ => None,
        }
    }

    /// Waits until it answers.
    async fn answers(&self, within: Duration) -> anyhow::Result<()> {
        let looking = async {
            loop {
                let state = self.state.borrow().clone();
                match state {
                    State::GaveUp(why) => bail!("{why}"),
                    State::Stopped => bail!("it was stopped"),
                    State::Running(_) if self.probe.is_there().await => return Ok(()),
                    State::Running(_) | State::Pausing => sleep(LOOK_EVERY).await,
                }
            }
        };
        let result = timeout(within, looking).await;
        let result = result.unwrap_or_else(|_| bail!("it does not answer after {within:?}"));
        result.with_context(|| {
            let name = self.name;
            format!("{name} cannot be used; what it said is in the data's logs/{name}.log")
        })
    }

    /// Lets it end in order, and waits until it has.
    async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            self.log.say("its end cannot be waited for");
        }
    }
}

struct Life {
    spec: PartSpec,
    log: PartLog,
    id_file: PathBuf,
    tell: watch::Sender<State>,
    gave_up: mpsc::UnboundedSender<String>,
    is_stopping: watch::Receiver<bool>,
}

impl Life {
    async fn live(mut self) {
        let mut ends = VecDeque::new();
        loop {
            let why = match self.run().await {
                Ok(None) => {
                    self.tell.send_replace(State::Stopped);
                    return;
                }
                Ok(Some(status)) => format!("it ended by itself ({status})"),
                Err(error) => format!("{error:#}"),
            };
            let now = Instant::now();
            ends.push_back(now);
            while ends.front().is_some_and(|end| now - *end > WINDOW) {
                ends.pop_front();
            }
            if ends.len() >= MAX_ENDS {
                let why = format!(
                    "{why}, for the {MAX_ENDS}th time in {WINDOW:?}; what it said is in the \
                     data's logs/{}.log",
                    self.spec.name
                );
                self.log.say(&why);
                // Nobody asks any more when everything is being stopped.
                let _ = self.gave_up.send(format!("{}: {why}", self.spec.name));
                self.tell.send_replace(State::GaveUp(why));
                return;
            }
            self.log.say(&format!("{why}; it is started again"));
            self.tell.send_replace(State::Pausing);
            let pause = PAUSE * [1, 1, 2, 4, 8][ends.len().min(4)];
            tokio::select! {
                () = sleep(pause) => {}
                () = stopping(&mut self.is_stopping) => {
                    self.tell.send_replace(State::Stopped);
                    return;
                }
            }
        }
    }

    /// One process, from its start to its end; `None` when it was told to end.
    async fn run(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let mut command = (self.spec.command)();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for this program, which stops the parts in their order.
        command.process_group(0);
        let mut command = tokio::process::Command::from(command);
        let mut child = command.kill_on_drop(true).spawn().context("it cannot be started")?;
        if let Some(output) = child.stdout.take() {
            tokio::task::spawn_local(self.log.clone().follow_output(output));
        }
        if let Some(output) = child.stderr.take() {
            tokio::task::spawn_local(self.log.clone().follow(output));
        }
        let id = child.id().context("it has ended already")?;
        // For whoever wants to break it.
        std::fs::write(&self.id_file, id.to_string())?;
        self.tell.send_replace(State::Running(id));
        tokio::select! {
            ended = child.wait() => return Ok(Some(ended?)),
            () = stopping(&mut self.is_stopping) => {}
        }
        self.end(&mut child, id).await?;
        std::fs::remove_file(&self.id_file)?;
        Ok(None)
    }

    async fn end(&self, child: &mut Child, id: u32) -> anyhow::Result<()> {
        let (signal, within) = self.spec.stop;
        if let Some(process) = i32::try_from(id).ok().and_then(Pid::from_raw) {
            // It may have ended this moment.
            let _ = kill_process(process, signal);
        }
        if timeout(within, child.wait()).await.is_err() {
            self.log.say(&format!("it did not end within {within:?}, and is killed"));
            child.kill().await.context("it cannot be killed")?;
        }
        Ok(())
    }
}

async fn stopping(is_stopping: &mut watch::Receiver<bool>) {
    // Without a sender nobody waits for it any more.
    let _ = is_stopping.wait_for(|it| *it).await;
}

/// Every part that was started, in that order.
pub(crate) struct Parts {
    parts: Vec<Part>,
    view: LogView,
    run: PathBuf,
    gave_up: mpsc::UnboundedSender<String>,
}

impl Parts {
    /// None yet, the ids of whose processes will be in this folder; and where it is told which
    /// one has given up, and why.
    pub(crate) fn new(view: LogView, run: PathBuf) -> (Parts, mpsc::UnboundedReceiver<String>) {
        let (gave_up, reasons) = mpsc::unbounded_channel();
        (Parts { parts: Vec::new(), view, run, gave_up }, reasons)
    }

    /// Starts one more.
    pub(crate) fn start(&mut self, spec: PartSpec) -> anyhow::Result<()> {
        self.parts.push(Part::start(spec, &self.view, &self.run, self.gave_up.clone())?);
        Ok(())
    }

    /// Waits until all that were started answer.
    pub(crate) async fn answer(&self, within: Duration) -> anyhow::Result<()> {
        for part in &self.parts {
            part.answers(within).await?;
        }
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter()
    }

    /// Stops the last one first.
    pub(crate) async fn stop(mut self) {
        while let Some(part) = self.parts.pop() {
            part.stop().await;
        }
    }
}
