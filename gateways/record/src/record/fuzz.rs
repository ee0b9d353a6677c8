//! Whatever bytes a journal holds: they are read or refused, and what is read can be written.

use bancada_bank::ledger::{CaptureRefusal, Entry, RefundRefusal, Refusal, VoidRefusal};
use bancada_fuzz::Fuzz;
use bancada_kernel::EventKind;

use super::{HEADER_BYTES, RecordError, VERSION, checksum, decode, encode};
use crate::examples::version_1;

/// Entries of every kind, with every kind of refusal.
fn entries() -> Vec<Entry> {
    let known = decode(&version_1()).unwrap();
    let refusals = [
        Refusal::Capture(CaptureRefusal::MoreThanAuthorized),
        Refusal::Void(VoidRefusal::Captured),
        Refusal::Refund(RefundRefusal::NotCaptured),
    ];
    let kinds = EventKind::ALL.into_iter().zip(known.iter().cycle());
    let of_kind = kinds.map(|(kind, entry)| {
        let mut entry = entry.clone();
        entry.event.kind = kind;
        entry
    });
    let refused = refusals.into_iter().zip(&known);
    let refused = refused.map(|(it, entry)| Entry { refusal: Some(it), ..entry.clone() });
    of_kind.chain(refused).collect()
}

fn seal(record: &mut Vec<u8>) {
    record.resize(record.len().max(HEADER_BYTES), 0);
    if !(1..=VERSION).contains(&record[0]) {
        record[0] = VERSION;
    }
    let sum = checksum(record[0], &record[HEADER_BYTES..]).to_le_bytes();
    record[1..HEADER_BYTES].copy_from_slice(&sum);
}

#[test]
fn no_bytes_make_a_record_panic_and_what_is_read_can_be_written() {
    let alone = entries().into_iter().map(|entry| encode(&[entry]));
    let seeds = alone.chain([version_1(), encode(&entries()), encode(&[])]);
    let fuzz = Fuzz::new(env!("CARGO_MANIFEST_DIR"), "record").seeds(seeds).repair(seal);
    fuzz.run(|record| match decode(record) {
        Ok(entries) => {
            assert_eq!(decode(&encode(&entries)).as_ref(), Ok(&entries));
            let shape = |entry: &Entry| {
                (entry.event.kind, entry.refusal, entry.postings.len(), entry.issued.is_some())
            };
            format!("{:?}", entries.iter().take(4).map(shape).collect::<Vec<_>>())
        }
        Err(RecordError::Content(why)) => why,
        Err(RecordError::Short(_)) => "short".to_owned(),
        Err(RecordError::Version(_)) => "version".to_owned(),
        Err(RecordError::Checksum) => "checksum".to_owned(),
    });
}
