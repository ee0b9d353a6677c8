//! What payers write down and an audit reads: one JSON object a line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One payment, as its payer knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The idempotency key; also the order's id at the Bank.
    pub key: String,
    /// Who asked.
    pub merchant: String,
    /// `************1234`
    pub card: String,
    /// Minor units of BRL.
    pub amount_minor: i64,
    /// Milliseconds since the Unix epoch.
    pub sent_at_ms: i64,
    /// From the first attempt to the answer.
    pub took_us: u64,
    /// How often it was sent.
    pub attempts: u32,
    /// What the Bank said, if it said anything.
    pub answer: Answer,
    /// The Bank's payment, when it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<String>,
    /// The decline's word, when it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a payer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Charged.
    Approved,
    /// Not charged.
    Declined,
    /// Nothing, in all the time there was.
    Unknown,
}

/// The last line of a log: whoever reads it knows that there is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closing {
    /// How many payments the log holds.
    pub(crate) n_payments: u64,
}

/// What a log holds.
#[derive(Debug)]
pub struct LoadLog {
    /// Every payment, in order.
    pub payments: Vec<Paid>,
    /// Why payments may be missing from it, if they may.
    pub cut: Option<String>,
}

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be made, or not be written to.
    #[error("{path} cannot be written: {error}", path = path.display())]
    NotWritten {
        /// Its file.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// It cannot be opened or read.
    #[error("{path} cannot be read: {error}", path = path.display())]
    NotRead {
        /// Its file.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// It holds something else than payments.
    #[error("{path} is no load log: {flaw}", path = path.display())]
    Foreign {
        /// Its file.
        path: PathBuf,
        /// Where, and what.
        flaw: Flaw,
    },
    /// The Bank answered nothing in it.
    #[error("{path} holds no payment that was answered, so nothing is proved with it",
        path = path.display())]
    ProvesNothing {
        /// Its file.
        path: PathBuf,
    },
    /// The thread that writes it panicked.
    #[error("the log's writer panicked")]
    Panicked,
}

/// The line that makes a file no load log.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// It is no JSON object with the fields of a payment.
    #[error("line {line} is not a payment: {error}")]
    NoPayment {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// The log had ended before it.
    #[error("line {line} follows the one that ends the log")]
    BeyondEnd {
        /// Counted from 1.
        line: u64,
    },
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads a log, also one that ends too early: its load was killed, or the file was cut.
///
/// # Errors
/// When it cannot be read, when a line before the last is no payment, and when the Bank answered
/// nothing in it, for nothing can be proved with that.
pub fn read(path: &Path) -> Result<LoadLog, LogError> {
    let owned = || path.to_owned();
    let not_read = |error| LogError::NotRead { path: owned(), error };
    let log = match read_lines(BufReader::new(File::open(path).map_err(not_read)?)) {
        Ok(log) => log,
        Err(Flaw::Io(error)) => return Err(not_read(error)),
        Err(flaw) => return Err(LogError::Foreign { path: owned(), flaw }),
    };
    if !log.payments.iter().any(|paid| paid.payment_id.is_some()) {
        return Err(LogError::ProvesNothing { path: owned() });
    }
    Ok(log)
}

fn read_lines(mut lines: impl BufRead) -> Result<LoadLog, Flaw> {
    let mut payments = Vec::new();
    let mut closing = None::<Closing>;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if closing.is_some() {
            return Err(Flaw::BeyondEnd { line: number });
        }
        match (serde_json::from_slice(&line), serde_json::from_slice(&line)) {
            (Ok(paid), _) => payments.push(paid),
            (Err(_), Ok(end)) => closing = Some(end),
            // What was being written when it ended.
            (Err(_), Err(_)) if !line.ends_with(b"\n") => break,
            (Err(error), Err(_)) => {
                return Err(Flaw::NoPayment { line: number, error });
            }
        }
    }
    let n_read = payments.len() as u64;
    let cut = match closing {
        None => Some("no line says that it ends here".to_owned()),
        Some(Closing { n_payments }) if n_payments != n_read => {
            Some(format!("its last line says that it holds {n_payments} payments"))
        }
        Some(_) => None,
    };
    let cut = cut.map(|why| format!("the load log is cut: {n_read} payments were read, and {why}"));
    Ok(LoadLog { payments, cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(key: &str, payment: Option<&str>) -> String {
        let answer = if payment.is_some() { Answer::Approved } else { Answer::Unknown };
        let paid = Paid {
            key: key.to_owned(),
            merchant: "load".to_owned(),
            card: "************4242".to_owned(),
            amount_minor: 1,
            sent_at_ms: 1,
            took_us: 1,
            attempts: 1,
            answer,
            payment_id: payment.map(ToOwned::to_owned),
            reason: None,
        };
        serde_json::to_string(&paid).unwrap() + "\n"
    }

    fn closing(n_payments: u64) -> String {
        serde_json::to_string(&Closing { n_payments }).unwrap() + "\n"
    }

    fn read_text(text: &str) -> Result<LoadLog, LogError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_log_is_whole_only_with_every_byte_of_it() {
        let whole = paid("a", Some("1")) + &paid("b", None) + &paid("c", Some("2")) + &closing(3);
        let log = read_text(&whole).unwrap();
        assert_eq!((log.payments.len(), log.cut), (3, None));
        // Without its last end of line it holds all the same.
        for n_bytes in 0..whole.len() - 1 {
            match read_text(&whole[..n_bytes]) {
                Ok(log) => assert!(log.cut.is_some(), "{n_bytes} bytes: {log:?}"),
                Err(error) => {
                    assert!(error.to_string().contains("nothing is proved"), "{error}");
                    assert!(n_bytes < paid("a", Some("1")).len(), "{n_bytes} bytes");
                }
            }
        }
        // Lines that are missing inside.
        let log = read_text(&(paid("a", Some("1")) + &closing(3))).unwrap();
        assert!(log.cut.unwrap().contains("1 payments were read"), "a line is missing");
    }

    #[test]
    fn what_proves_nothing_is_an_error() {
        for text in [String::new(), closing(0), paid("a", None), paid("a", None) + &closing(1)] {
            let error = read_text(&text).unwrap_err().to_string();
            assert!(error.contains("nothing is proved"), "{error}");
        }
    }

    #[test]
    fn a_line_that_is_no_payment_is_an_error_unless_it_is_the_torn_last_one() {
        let error = read_text(&("{\n".to_owned() + &paid("a", Some("1")))).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
        let two = paid("a", Some("1")) + &closing(1) + &paid("b", Some("2"));
        let error = read_text(&two).unwrap_err().to_string();
        assert!(error.contains("line 3 follows"), "{error}");
    }
}
