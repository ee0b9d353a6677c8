//! Random damages to the directory of services that were killed: each start is refused, or right.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::load::Load;
use crate::program::{BINARY, PATIENCE, System, eventually, new_key, run};
use crate::said::Said;

const DAMAGES: u64 = 100;
/// That were placed before the kill.
const N_ORDERS: usize = 4;
const SECTOR: usize = 512;
const PAGE: usize = 4_096;

/// A directory with payments, orders and a statement, killed; an older copy of it; and what payers
/// were told.
struct Killed {
    directory: tempfile::TempDir,
}

impl Killed {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

async fn killed() -> Killed {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let system = System::new(&data);
    let mut program = system.up(&[]);
    system.is_ready().await;
    system.buy(&new_key(), "4242424242424242").await.unwrap();
    // Copied file by file while it runs: what somebody does who does not know better.
    copy(&data, &directory.path().join("older"));
    let load = Load::start_paced(&system.bank, directory.path(), "1s", 1_500);
    system.advances(400).await;
    for _ in 0..3 {
        system.buy(&new_key(), "5555555555554444").await.unwrap();
    }
    let log = load.finish().await;
    system.passes_audit(Some(&log)).await;
    program.kill();
    Killed { directory }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.path().extension().is_none_or(|it| it != "sqlite3-shm") {
            // The file may have gone meanwhile.
            let _ = fs::copy(entry.path(), target);
        }
    }
}

/// Damages one file of one service; what was done.
fn damage(random: &mut StdRng, killed: &Killed, data: &Path) -> String {
    let (service, store) = [
        ("bank", "journal.sqlite3"),
        ("bank", "journal.sqlite3"),
        ("checkout", "orders.sqlite3"),
        ("extrato", "statement.sqlite3"),
    ][random.random_range(0..4)];
    let mut files: Vec<_> = fs::read_dir(data.join(service))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name != "lock"))
        .collect();
    files.sort();
    let is_store = |file: &&PathBuf| file.display().to_string().contains(store);
    let stores: Vec<_> = files.iter().filter(is_store).collect();
    // What matters most is damaged most.
    let file = match random.random_bool(0.5) {
        true => stores[random.random_range(0..stores.len())],
        false => &files[random.random_range(0..files.len())],
    };
    let mut content = fs::read(file).unwrap();
    let at = random.random_range(0..content.len().max(1));
    let what = match random.random_range(0..6) {
        0 if !content.is_empty() => {
            let bit = random.random_range(0..8);
            content[at] ^= 1 << bit;
            format!("bit {bit} of byte {at}")
        }
        1 if !content.is_empty() => {
            let start = at / SECTOR * SECTOR;
            let end = content.len().min(start + SECTOR);
            content[start..end].fill(0);
            format!("sector at {start} is zero")
        }
        2 if content.len() >= 2 * PAGE => {
            let n_pages = content.len() / PAGE;
            let (a, b) = (random.random_range(0..n_pages), random.random_range(0..n_pages));
            for byte in 0..PAGE {
                content.swap(a * PAGE + byte, b * PAGE + byte);
            }
            format!("pages {a} and {b} are swapped")
        }
        3 => {
            content.truncate(at);
            format!("cut at {at}")
        }
        4 => {
            let name = file.strip_prefix(data).unwrap();
            match fs::read(killed.path("older").join(name)) {
                Ok(older) => content = older,
                Err(_) => content.clear(),
            }
            "an older copy".to_owned()
        }
        _ => {
            fs::remove_file(file).unwrap();
            return format!("{}: missing", file.display());
        }
    };
    fs::write(file, content).unwrap();
    format!("{}: {what}", file.display())
}

/// What a start on a damaged directory led to.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It says why and what to do, with code 3.
    Refused(String),
    /// It runs, and the audit finds nothing.
    Right,
    Wrong(String),
}

async fn outcome(data: &Path, log: &Path, output: &Path) -> Outcome {
    let system = System::new(data);
    let mut program = system.up_writing(&[], "error", output);
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(code) = program.ended() {
            return refusal(code, output);
        }
        let ready = system.web.get(format!("{}/readyz", system.admin)).send().await;
        if ready.is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        if Instant::now() > deadline {
            return Outcome::Wrong("it is never ready".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let said = system.audit(Some(log)).await;
    if said.code == Some(0) {
        return orders_are_right(&system, data).await;
    }
    // What no start reads is read in the background, and ends it when it is found.
    for _ in 0..100 {
        if let Some(code) = program.ended() {
            return refusal(code, output);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Outcome::Wrong(format!("the audit: {said}"))
}

/// Every order that was placed is shown, or the shop says that it cannot be read.
async fn orders_are_right(system: &System, data: &Path) -> Outcome {
    let url = format!("{}/api/checkout/v1/orders?limit=50", system.shop);
    let answer = system.web.get(url).send().await.unwrap();
    let status = answer.status();
    let body: serde_json::Value = answer.json().await.unwrap();
    let n_orders = body["orders"].as_array().map_or(0, Vec::len);
    match (status.as_u16(), n_orders) {
        (200, N_ORDERS) => Outcome::Right,
        _ => Outcome::Wrong(format!("{}: orders: {status} {body}", data.display())),
    }
}

fn refusal(code: Option<i32>, output: &Path) -> Outcome {
    let said = fs::read_to_string(output).unwrap();
    let error = said.lines().rfind(|line| line.starts_with("error: "));
    match (code, error) {
        (Some(3), Some(error)) => Outcome::Refused(error.to_owned()),
        _ => Outcome::Wrong(format!("it ends with {code:?} and says {said}")),
    }
}

/// Gives up what was lost: what is left runs and agrees. The result is what does not.
async fn accepted(data: &Path) -> Option<String> {
    let mut command = std::process::Command::new(BINARY);
    let said = Said::by(command.args(["accept-loss", "--yes", "--data"]).arg(data));
    if said.code != Some(0) {
        return Some(said.to_string());
    }
    let system = System::new(data);
    let mut program = system.up(&[]);
    system.is_ready().await;
    let audit = system.audit(None).await;
    program.kill();
    let is_told = audit.printed.contains("accepted loss: ");
    (audit.code != Some(0) || !is_told).then(|| format!("{said}\n{audit}"))
}

#[test]
fn a_random_damage_is_refused_or_does_no_harm() {
    run(async {
        let seed = std::env::var("BANCADA_DAMAGE_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(rand::random::<u32>);
        let killed = killed().await;
        let log = killed.path("run.jsonl");
        let (mut n_refused, mut n_accepted, mut wrong) = (0, 0, Vec::new());
        for number in 0..DAMAGES {
            let mut random = StdRng::seed_from_u64(u64::from(seed) << 32 | number);
            let place = killed.path("damaged");
            let _ = fs::remove_dir_all(&place);
            copy(&killed.path("data"), &place);
            let what = damage(&mut random, &killed, &place);
            let output = killed.path("output");
            let _ = fs::remove_file(&output);
            match outcome(&place, &log, &output).await {
                Outcome::Refused(why) => {
                    println!("{number} {what}: {why}");
                    n_refused += 1;
                    if why.contains("accept-loss") {
                        n_accepted += 1;
                        let how = accepted(&place).await;
                        wrong.extend(how.map(|how| format!("{number} {what}: accepted: {how}")));
                    }
                }
                Outcome::Right => println!("{number} {what}: right"),
                Outcome::Wrong(how) => wrong.push(format!("{number} {what}: {how}")),
            }
        }
        println!(
            "BANCADA_DAMAGE_SEED={seed}: {n_refused} of {DAMAGES} refused, {n_accepted} accepted"
        );
        assert!(n_refused > 0);
        assert!(wrong.is_empty(), "BANCADA_DAMAGE_SEED={seed}: {wrong:#?}");
    });
}

#[test]
fn a_damaged_statement_is_set_aside_and_rebuilt_and_says_so() {
    run(async {
        let killed = killed().await;
        let folder = killed.path("data/extrato");
        let statement = rusqlite::Connection::open(folder.join("statement.sqlite3")).unwrap();
        let sql = "UPDATE line SET body = replace(body, 'Loja', 'Lama')";
        assert!(statement.execute(sql, ()).unwrap() > 0);
        drop(statement);
        let output = killed.path("output");
        let system = System::new(&killed.path("data"));
        let mut program = system.up_writing(&[], "warn", &output);
        system.is_ready().await;
        // Nobody asks: whoever looks after the start finds it.
        let is_aside = async || {
            let names = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name());
            let names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
            names.iter().any(|name| name.starts_with("statement.damaged-"))
        };
        eventually("the statement is set aside", is_aside).await;
        system.passes_audit(Some(&killed.path("run.jsonl"))).await;
        program.kill();
        let said = fs::read_to_string(&output).unwrap();
        assert!(said.contains("the file is set aside"), "{said}");
    });
}

#[test]
fn a_shop_without_its_orders_is_refused() {
    run(async {
        let killed = killed().await;
        let orders = killed.path("data/checkout/orders.sqlite3");
        let (log, output) = (killed.path("run.jsonl"), killed.path("output"));
        let commits = fs::read(orders.with_extension("sqlite3-wal")).unwrap();
        let mut damaged = commits.clone();
        damaged[4_200] ^= 1;
        fs::write(orders.with_extension("sqlite3-wal"), damaged).unwrap();
        let refused = outcome(&killed.path("data"), &log, &output).await;
        assert!(
            matches!(&refused, Outcome::Refused(why) if why.contains("damaged")),
            "{refused:?}"
        );
        fs::write(orders.with_extension("sqlite3-wal"), commits).unwrap();
        fs::rename(&orders, killed.path("orders")).unwrap();
        let refused = outcome(&killed.path("data"), &log, &output).await;
        assert!(
            matches!(&refused, Outcome::Refused(why) if why.contains("missing")),
            "{refused:?}"
        );
        fs::rename(killed.path("orders"), &orders).unwrap();
        assert_eq!(outcome(&killed.path("data"), &log, &output).await, Outcome::Right);
    });
}

#[test]
fn a_bank_beside_others_who_know_more_is_refused() {
    run(async {
        let killed = killed().await;
        let (log, output) = (killed.path("run.jsonl"), killed.path("output"));
        // Each alone knows that an older copy of the Bank's folder was put in place.
        for (others, who) in [(["checkout"], "the statement"), (["extrato"], "the shop")] {
            let place = killed.path("mixed");
            let _ = fs::remove_dir_all(&place);
            copy(&killed.path("data"), &place);
            fs::remove_dir_all(place.join("bank")).unwrap();
            copy(&killed.path("older/bank"), &place.join("bank"));
            for other in others {
                fs::remove_dir_all(place.join(other)).unwrap();
            }
            let refused = outcome(&place, &log, &output).await;
            assert!(matches!(&refused, Outcome::Refused(why) if why.contains(who)), "{refused:?}");
        }
    });
}

#[test]
fn a_directory_that_is_only_killed_is_never_refused() {
    run(async {
        let killed = killed().await;
        for _ in 0..3 {
            let place = killed.path("copied");
            let _ = fs::remove_dir_all(&place);
            copy(&killed.path("data"), &place);
            let found = outcome(&place, &killed.path("run.jsonl"), &killed.path("output")).await;
            assert_eq!(found, Outcome::Right);
        }
    });
}
