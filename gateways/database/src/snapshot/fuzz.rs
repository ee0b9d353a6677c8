//! Whatever bytes are in a snapshot: they make a ledger, which can be written, or are refused.

use bancada_bank::ledger::{Ledger, Restoring, check_state};
use bancada_fuzz::{Fuzz, gist};
use bancada_kernel::Currency;

use super::frame::{self, HEADER_BYTES, check_header, most_rows};

pub(super) const POSITION: u64 = 7;

/// Frames one after the other, each behind its length in two bytes.
fn join(frames: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let with_length = |frame: Vec<u8>| {
        let length = u16::try_from(frame.len()).unwrap();
        [&length.to_le_bytes()[..], &frame].concat()
    };
    frames.into_iter().flat_map(with_length).collect()
}

fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        frames.push(rest[..length].to_vec());
        bytes = &rest[length..];
    }
    frames
}

/// A header and frames.
pub(super) fn write(ledger: &Ledger) -> Vec<Vec<u8>> {
    let mut frames = vec![frame::header(POSITION).to_vec()];
    let written = ledger.parts(|part| -> Result<(), ()> {
        frames.push(frame::part(POSITION, frames.len() as u64, &part));
        Ok(())
    });
    written.unwrap();
    frames.push(frame::end(POSITION, frames.len() as u64));
    frames
}

fn read(frames: &[Vec<u8>]) -> Result<Ledger, String> {
    let (header, frames) = frames.split_first().ok_or("no header")?;
    check_header(header, POSITION).map_err(|error| error.to_string())?;
    let n_bytes: usize = frames.iter().map(Vec::len).sum();
    let mut restoring = Restoring::new(most_rows(n_bytes as u64));
    for (frame, number) in frames.iter().zip(1..) {
        let part = frame::open(POSITION, number, frame).map_err(|error| error.to_string())?;
        let Some(part) = part else { break };
        restoring.add(part).map_err(|error| error.to_string())?;
    }
    restoring.finish().map_err(|error| error.to_string())
}

fn seal(bytes: &mut Vec<u8>) {
    let mut frames = split(bytes);
    if let Some(first) = frames.first_mut() {
        *first = frame::header(POSITION).to_vec();
    }
    for (frame, number) in frames.iter_mut().zip(0..).skip(1) {
        frame.resize(frame.len().max(4), 0);
        *frame = frame::seal(POSITION, number, std::mem::take(frame));
    }
    *bytes = join(frames);
}

#[test]
fn no_bytes_make_a_snapshot_panic_and_what_is_read_can_be_written() {
    let mut ledger = Ledger::new(Currency::BRL);
    let mut seeds = vec![join(write(&ledger))];
    for entry in bancada_record::decode(&bancada_record::examples::version_1()).unwrap() {
        ledger.apply(&entry);
        seeds.push(join(write(&ledger)));
    }
    assert_eq!(read(&write(&ledger)).as_ref(), Ok(&ledger));
    assert!(seeds.iter().all(|seed| seed.len() > HEADER_BYTES));
    let fuzz = Fuzz::new(env!("CARGO_MANIFEST_DIR"), "snapshot").seeds(seeds).repair(seal);
    fuzz.run(|bytes| match read(&split(bytes)) {
        Ok(ledger) => {
            assert_eq!(read(&write(&ledger)).as_ref(), Ok(&ledger));
            format!("{} breaches", check_state(&ledger).len())
        }
        Err(why) => gist(&why),
    });
}
