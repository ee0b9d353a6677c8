//! What is installed on this machine, and installing Debian's packages where that is possible.

use std::path::PathBuf;
use std::process::Command;

use crate::phase::succeed;

/// Whether packages can be installed without asking anybody.
pub(crate) fn can_install() -> bool {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|id| String::from_utf8_lossy(&id.stdout).trim() == "0");
    is_root && exists("apt-get")
}

/// Installs packages.
pub(crate) fn install(packages: &[&str]) -> anyhow::Result<()> {
    println!("installing Debian's {}", packages.join(", "));
    let install = || {
        let mut command = Command::new("apt-get");
        command.args(["install", "--yes", "--no-install-recommends"]).args(packages);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        succeed(&mut command)
    };
    install().or_else(|_| {
        // A fresh machine knows no packages yet.
        succeed(Command::new("apt-get").arg("update"))?;
        install()
    })
}

/// Whether a program of this name is on the search path.
pub(crate) fn exists(program: &str) -> bool {
    located(program).is_some()
}

/// Where a program of this name is on the search path.
pub(crate) fn located(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
