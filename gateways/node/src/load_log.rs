//! What `bancada load` writes down and `bancada audit` reads: one JSON object per line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// One payment, as its payer knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paid {
    /// The idempotency key; also the order's id at the Bank.
    pub(crate) key: String,
    /// Who asked.
    pub(crate) merchant: String,
    /// `************1234`
    pub(crate) card: String,
    /// Minor units of BRL.
    pub(crate) amount_minor: i64,
    /// Milliseconds since the Unix epoch.
    pub(crate) sent_at_ms: i64,
    /// From the first attempt to the answer.
    pub(crate) took_us: u64,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// What the Bank said, if it said anything.
    pub(crate) answer: Answer,
    /// The Bank's payment, when it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_id: Option<String>,
    /// The decline's word, when it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What a payer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
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
pub(crate) struct LoadLog {
    /// Every payment, in order.
    pub(crate) payments: Vec<Paid>,
    /// Why payments may be missing from it, if they may.
    pub(crate) cut: Option<String>,
}

/// Reads a log, also one that ends too early: its load was killed, or the file was cut. It is an
/// error when a line before the last is no payment, and when the Bank answered nothing in it, for
/// nothing can be proved with that.
pub(crate) fn read(path: &Path) -> anyhow::Result<LoadLog> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown} cannot be read"))?;
    let log =
        read_lines(BufReader::new(file)).with_context(|| format!("{shown} is no load log"))?;
    if !log.payments.iter().any(|paid| paid.payment_id.is_some()) {
        anyhow::bail!("{shown} holds no payment that was answered, so nothing is proved with it");
    }
    Ok(log)
}

fn read_lines(mut lines: impl BufRead) -> anyhow::Result<LoadLog> {
    let mut payments = Vec::new();
    let mut closing = None::<Closing>;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if closing.is_some() {
            anyhow::bail!("line {number} follows the one that ends the log");
        }
        match (serde_json::from_slice(&line), serde_json::from_slice(&line)) {
            (Ok(paid), _) => payments.push(paid),
            (Err(_), Ok(end)) => closing = Some(end),
            // What was being written when it ended.
            (Err(_), Err(_)) if !line.ends_with(b"\n") => break,
            (Err(error), Err(_)) => {
                return Err(error).with_context(|| format!("line {number} is not a payment"));
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

    fn read_text(text: &str) -> anyhow::Result<LoadLog> {
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
                    assert!(error.to_string().contains("nothing is proved"), "{error:#}");
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
        assert!(format!("{error:#}").contains("line 1"), "{error:#}");
        let two = paid("a", Some("1")) + &closing(1) + &paid("b", Some("2"));
        let error = format!("{:#}", read_text(&two).unwrap_err());
        assert!(error.contains("line 3 follows"), "{error}");
    }
}
