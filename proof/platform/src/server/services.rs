//! Bancada's own three services.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use rustix::process::Signal;

use super::Probe;
use crate::folder::Folder;
use crate::part::PartSpec;

/// Longer than a service itself takes before it gives up.
const STOP_WITHIN: Duration = Duration::from_secs(35);

/// What they are told.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) folder: Rc<Folder>,
    pub(crate) program: PathBuf,
    pub(crate) web: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) postgres: String,
    pub(crate) kafka: String,
    /// Names to which they answer as well.
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) grpc: SocketAddr,
    pub(crate) checkout: SocketAddr,
    pub(crate) extrato: SocketAddr,
    /// Of bank, shop and statement.
    pub(crate) admin: [SocketAddr; 3],
}

impl Services {
    pub(crate) fn bank(&self) -> PartSpec {
        let services = self.clone();
        self.spec("bank", 0, move |command| {
            command.arg("--grpc").arg(services.grpc.to_string());
            command.arg("--kafka").arg(&services.kafka);
        })
    }

    pub(crate) fn checkout(&self) -> PartSpec {
        let services = self.clone();
        self.spec("checkout", 1, move |command| {
            command.arg("--http").arg(services.checkout.to_string());
            services.pages_and_bank(command);
        })
    }

    pub(crate) fn extrato(&self) -> PartSpec {
        let services = self.clone();
        self.spec("extrato", 2, move |command| {
            command.arg("--http").arg(services.extrato.to_string());
            command.arg("--kafka").arg(&services.kafka);
            services.pages_and_bank(command);
        })
    }

    fn pages_and_bank(&self, command: &mut Command) {
        let mut bank = self.grpc;
        if bank.ip().is_unspecified() {
            bank.set_ip([127, 0, 0, 1].into());
        }
        command.arg("--bank").arg(format!("http://{bank}"));
        command.arg("--web").arg(&self.web);
    }

    fn spec(
        &self,
        name: &'static str,
        number: usize,
        tell: impl Fn(&mut Command) + 'static,
    ) -> PartSpec {
        let services = self.clone();
        let admin = self.admin[number];
        let command = move || {
            let mut command = services.folder.command(&services.program);
            for (variable, _) in std::env::vars_os() {
                // They are told everything; what this program was told is not for them.
                let is_ours = variable.to_str().is_some_and(|it| it.starts_with("BANCADA_"));
                if is_ours && variable != "BANCADA_LOG" {
                    command.env_remove(variable);
                }
            }
            command.arg(name).arg("--data").arg(&services.data);
            command.arg("--admin-listen").arg(admin.to_string()).arg("--chaos");
            command.env("BANCADA_LOG_FORMAT", "text");
            if !services.allowed_hosts.is_empty() {
                command.env("BANCADA_ALLOWED_HOST", services.allowed_hosts.join(","));
            }
            if !std::io::stderr().is_terminal() {
                command.env("NO_COLOR", "1");
            }
            // Not among the arguments, which everybody on this machine can read.
            command.env("BANCADA_POSTGRES", &services.postgres);
            tell(&mut command);
            command
        };
        PartSpec {
            name,
            command: Box::new(command),
            probe: Probe::Answers(admin, "/readyz"),
            stop: (Signal::TERM, STOP_WITHIN),
            is_ours: true,
        }
    }
}
