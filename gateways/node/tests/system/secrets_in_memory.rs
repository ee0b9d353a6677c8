//! What is left of card data in the memory of a process that has answered.
//!
//! Memory is read as root reads it, from `/proc/PID/mem`; elsewhere the test says that it was
//! skipped. What the process itself had of a card is cleared. Buffers of libraries (sockets,
//! HTTP/1, HTTP/2, gRPC's frames) are not ours to clear: they are used again, and freed with what
//! was last in them.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};

use bancada_grpc::client::{BankAddress, connect};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use serde_json::json;

use crate::program::*;

/// Nobody's, so that it is nowhere in the program.
const NUMBER: &str = "4539578763621486";
/// What came later over the same connections and through the same buffers.
const LATER_NUMBER: &str = "4556737586899855";
const N_PAYMENTS: usize = 300;
/// More than go through any buffer of a connection before it is used again.
const N_LATER: usize = 300;
/// The end of a number is looked for: whoever frees a block may write over its beginning.
const END_DIGITS: usize = 8;
/// Around a number that is in a message, as it came or was sent: in a buffer of a library.
const AROUND_BYTES: usize = 40;

/// Copies of a number in the memory that a process can write.
#[derive(Clone, Copy, Debug, Default)]
struct Copies {
    /// Alone, as our own values and messages hold it.
    alone: usize,
    /// Inside of a whole message.
    in_messages: usize,
}

/// How often a number is in a process's memory; `None` where that cannot be read.
fn copies_in_memory(process: u32, number: &str) -> Option<Copies> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let mut memory = File::open(format!("/proc/{process}/mem")).ok()?;
    let mut found = Copies::default();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (range, rights) = (fields.next()?, fields.next()?);
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        let mut region = Vec::new();
        if memory.seek(SeekFrom::Start(from)).is_ok() {
            // What the process gives back meanwhile cannot be read, and holds nothing.
            let _ = (&mut memory).take(to - from).read_to_end(&mut region);
        }
        count(&region, &number.as_bytes()[number.len() - END_DIGITS..], &mut found);
    }
    Some(found)
}

fn count(region: &[u8], end: &[u8], found: &mut Copies) {
    for (at, _) in region.windows(end.len()).enumerate().filter(|(_, window)| *window == end) {
        let around = &region
            [at.saturating_sub(AROUND_BYTES)..region.len().min(at + end.len() + AROUND_BYTES)];
        let has = |text: &[u8]| around.windows(text.len()).any(|window| window == text);
        if has(b"Ana Teste") || has(br#""number""#) {
            found.in_messages += 1;
        } else {
            found.alone += 1;
        }
    }
}

/// Orders in the shop and calls of the Bank with a card that nobody has, all of them declined.
async fn pay(system: &System, number: &str, n_payments: usize) {
    let mut bank = BankServiceClient::new(connect(&BankAddress::parse(&system.bank).unwrap()));
    for _ in 0..n_payments {
        let (status, answer) = system.post_order(Some(&new_key()), &order(number)).await.unwrap();
        assert_eq!((status, &answer["status"]), (201, &json!("declined")), "{answer}");
        let request = v1::AuthorizeRequest {
            merchant_id: "loja".to_owned(),
            idempotency_key: new_key(),
            card: Some(v1::CardDetails {
                number: number.to_owned(),
                holder: "Ana Teste".to_owned(),
                expiry_month: 12,
                expiry_year: 2035,
                cvv: "987".to_owned(),
            }),
            amount: Some(v1::Money { amount_minor: 100, currency: "BRL".to_owned() }),
            capture: true,
            store: "Loja".to_owned(),
            description: "cafe".to_owned(),
            order_id: "7".to_owned(),
            installments: 1,
        };
        bank.authorize(request).await.unwrap();
    }
}

#[test]
fn what_was_answered_is_not_left_in_memory() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let program = system.up(&[]);
        system.is_ready().await;
        pay(&system, NUMBER, N_PAYMENTS).await;
        let Some(at_once) = copies_in_memory(program.id(), NUMBER) else {
            eprintln!("skipped: the memory of another process can be read by root on Linux alone");
            return;
        };
        pay(&system, LATER_NUMBER, N_LATER).await;
        let left = copies_in_memory(program.id(), NUMBER).unwrap();
        eprintln!(
            "of a card number in {} messages there are {at_once:?} at once, and {left:?} after as \
             many with another one",
            2 * N_PAYMENTS
        );
        assert_eq!((at_once.alone, left.alone), (0, 0), "copies of our own are left");
        assert!(left.in_messages <= at_once.in_messages, "{left:?} after {at_once:?}");
    });
}

#[test]
fn no_core_is_dumped() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let mut program = system.up(&[]);
        system.is_ready().await;
        let limits = fs::read_to_string(format!("/proc/{}/limits", program.id()));
        let Ok(limits) = limits else {
            eprintln!("skipped: only Linux tells the limits of a process");
            return;
        };
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let numbers: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(numbers, ["0", "0"], "{core}");
        // A program that cores are piped to does not ask for the limit; the mark that it does ask
        // for is held by the test of the function that sets it.
        program.signal("-ABRT");
        assert_eq!(program.wait(), None, "a signal ended it");
    });
}
