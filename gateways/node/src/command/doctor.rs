//! `bancada doctor`: can this machine run Bancada, and does it?

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use bancada_http::Site;
use serde::Serialize;

use crate::arguments::{DoctorOptions, Output};
use crate::exit::Exit;

#[derive(Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    detail: String,
}

pub(crate) fn run(options: &DoctorOptions) -> anyhow::Result<Exit> {
    let findings = vec![
        data(options),
        pages(options),
        port("web port", options.port, "--port"),
        port("grpc port", options.grpc_port, "--grpc-port"),
        port("admin port", options.admin_port, "--admin-port"),
    ];
    let mut findings = findings;
    findings.extend(running(options.admin_port));
    let ok = findings.iter().all(|finding| finding.ok);
    let mut out = std::io::stdout().lock();
    match options.output.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?,
        Output::Text => {
            for finding in findings {
                let sign = if finding.ok { "ok " } else { "BAD" };
                writeln!(out, "{sign}  {:<10}  {}", finding.what, finding.detail)?;
            }
        }
    }
    Ok(if ok { Exit::Well } else { Exit::Found })
}

fn data(options: &DoctorOptions) -> Finding {
    let data = &options.data.data;
    let shown = std::path::absolute(data).unwrap_or_else(|_| data.clone());
    let tried = std::fs::create_dir_all(data).and_then(|()| {
        let probe = data.join(".doctor");
        std::fs::write(&probe, [0; 65_536])?;
        std::fs::remove_file(probe)
    });
    let (ok, detail) = match tried {
        Ok(()) => (true, format!("{} can be written to", shown.display())),
        Err(error) => (false, format!("{}: {error}; choose another with --data", shown.display())),
    };
    Finding { what: "data", ok, detail }
}

fn pages(options: &DoctorOptions) -> Finding {
    match Site::read(&options.web.web) {
        Ok(_) => {
            let detail = format!("{} is built", options.web.web.display());
            Finding { what: "web pages", ok: true, detail }
        }
        Err(error) => Finding { what: "web pages", ok: false, detail: error.to_string() },
    }
}

fn port(what: &'static str, port: u16, option: &str) -> Finding {
    let free = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).is_ok();
    let detail = if free {
        format!("{port} is free")
    } else {
        format!("{port} is in use, by Bancada or by another process; change it with {option}")
    };
    Finding { what, ok: true, detail }
}

/// What a running Bancada says of itself.
fn running(admin_port: u16) -> Option<Finding> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().ok()?;
        let url = format!("http://127.0.0.1:{admin_port}/readyz?verbose");
        let answer = client.get(url).send().await.ok()?;
        let ok = answer.status().is_success();
        Some((ok, answer.text().await.ok()?))
    });
    let (ok, text) = answer?;
    let detail = text.trim().replace('\n', "; ");
    Some(Finding { what: "running", ok, detail })
}
