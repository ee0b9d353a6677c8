//! A Rust toolchain that can build for the browser.
//!
//! Usually rustup has the standard library for wasm. Where it cannot get it, Debian's `-web`
//! packages (the ones its browsers are built with) bring a compiler and the library's source,
//! and the library is compiled along with the applications.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::debian;

/// What browsers run.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Said when nothing that this program may do brings a toolchain.
pub(super) const MISSING: &str = "no Rust toolchain here can build for the browser; run\n  \
    rustup target add wasm32-unknown-unknown\n\
    or, on Debian without rustup, as root\n  \
    apt-get install rustc-web cargo-web rust-web-src, and the lld of its LLVM, such as lld-22";

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// A compiler and its cargo.
pub(super) struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    /// The standard library is compiled too.
    builds_std: bool,
    /// One line that changes when the compiler does.
    pub(super) version: String,
}

/// What is installed already; takes a fraction of a second.
pub(super) fn find() -> Option<Toolchain> {
    with_library().or_else(with_source)
}

/// Installs one in the first way that works here.
pub(super) fn install() -> anyhow::Result<()> {
    let mut rustup = Command::new("rustup");
    match rustup.args(["target", "add", TARGET]).output() {
        Ok(output) if output.status.success() && find().is_some() => return Ok(()),
        Ok(output) => {
            let reason = String::from_utf8_lossy(&output.stderr);
            println!("rustup has no {TARGET}: {}", reason.lines().last().unwrap_or_default());
        }
        Err(_) => println!("rustup is not installed"),
    }
    if !debian::can_install() {
        bail!(MISSING);
    }
    println!("installing Debian's {}", DEBIAN_PACKAGES.join(", "));
    debian::install(&DEBIAN_PACKAGES)?;
    let Some(llvm) = llvm_version(Path::new(DEBIAN_RUSTC)) else { bail!(MISSING) };
    debian::install(&[&format!("lld-{llvm}")])
}

impl Toolchain {
    /// `cargo build` for the browser, still without packages.
    pub(super) fn cargo_build(&self, root: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        command
            .current_dir(root)
            .args(["build", "--locked", "--profile", "wasm", "--target", TARGET])
            .args(["--target-dir", "target/web"])
            .env("RUSTC", &self.rustc)
            // Panic messages name source files; nobody's folders belong into them.
            .env("CARGO_ENCODED_RUSTFLAGS", remapped_folders(root).join("\u{1f}"));
        if self.builds_std {
            // Building the library from source is unstable, and this compiler is not a nightly.
            command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        command
    }
}

fn remapped_folders(root: &Path) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(Path::new(&home).join(".cargo"))
    });
    let mut flags = vec![format!("--remap-path-prefix={}=bancada", root.display())];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=cargo", home.display())));
    flags
}

/// The compiler in use, if the library for the browser came with it.
fn with_library() -> Option<Toolchain> {
    let rustc = PathBuf::from(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let cargo = PathBuf::from(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let folder = output(&rustc, &["--print", "target-libdir", "--target", TARGET])?;
    let mut entries = std::fs::read_dir(folder.trim()).ok()?.filter_map(Result::ok);
    entries.find(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))?;
    let version = version(&rustc)?;
    Some(Toolchain { cargo, rustc, builds_std: false, version })
}

/// Debian's compiler, if the library's source and a linker came with it.
fn with_source() -> Option<Toolchain> {
    let (rustc, cargo) = (PathBuf::from(DEBIAN_RUSTC), PathBuf::from(DEBIAN_CARGO));
    let sysroot = output(&rustc, &["--print", "sysroot"])?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml");
    if !source.is_file() || !cargo.is_file() || !debian::exists("rust-lld") {
        return None;
    }
    let version = format!("{}, library from source", version(&rustc)?);
    Some(Toolchain { cargo, rustc, builds_std: true, version })
}

fn version(rustc: &Path) -> Option<String> {
    output(rustc, &["--version"]).map(|version| version.trim().to_owned())
}

/// The major version of the compiler's LLVM: its linker must be of the same.
fn llvm_version(rustc: &Path) -> Option<String> {
    let verbose = output(rustc, &["-vV"])?;
    let version = verbose.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next().map(str::to_owned)
}

/// What a program prints; `None` if it is not there or fails.
fn output(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
