//! A group commit as bytes: version, checksum, entries.
//!
//! The checksum is ours although SQLite has pages of its own: it is what tells a damaged file
//! from a good one before money is decided on it.
//!
//! | version | since | entries | checksum over |
//! |---|---|---|---|
//! | 1 | the first | event, postings, request, issued | the entries |
//! | 2 | captures, voids and refunds | and refusal; more kinds of event | version and entries |
//! | 3 | the payment in its events | the event has the payment after it | version and entries |
//! | 4 | answers' age by running time | and how long Banks had run | version and entries |
//!
//! Every version is read for ever, and only the newest is written: a journal grows through
//! versions, and an older program says that it needs a newer one instead of misreading.

mod old;

use bancada_bank::ledger::Entry;
use serde::de::DeserializeOwned;

use old::{EntryV1, EntryV2, EntryV3};

/// The first byte of a record; another means another layout.
pub(crate) const VERSION: u8 = 4;
/// Version byte and CRC-32C, little-endian.
const HEADER_BYTES: usize = 5;

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// So few bytes have no room for a header.
    #[error("it has only {0} bytes")]
    Short(usize),
    /// A newer program wrote the record.
    #[error("its version is {0}, and this program knows up to {VERSION}; run a newer Bancada")]
    Version(u8),
    /// A byte of the record is another than was written.
    #[error("its checksum is wrong: the file is damaged")]
    Checksum,
    /// The bytes are whole, and no entries.
    #[error("it cannot be read: {0}")]
    Content(String),
}

/// Entries as bytes.
pub fn encode(entries: &[Entry]) -> Vec<u8> {
    let header = vec![VERSION, 0, 0, 0, 0];
    let mut record =
        postcard::to_extend(entries, header).expect("entries are plain data, and memory grows");
    let checksum = checksum(VERSION, &record[HEADER_BYTES..]).to_le_bytes();
    record[1..HEADER_BYTES].copy_from_slice(&checksum);
    record
}

/// Bytes as entries.
///
/// # Errors
/// When the bytes are damaged, of a newer version, or no record.
pub fn decode(record: &[u8]) -> Result<Vec<Entry>, RecordError> {
    let Some((header, content)) = record.split_first_chunk::<HEADER_BYTES>() else {
        return Err(RecordError::Short(record.len()));
    };
    let [version, sum @ ..] = *header;
    // First, so that a damaged byte is not taken for the version of a newer program.
    if checksum(version, content) != u32::from_le_bytes(sum) {
        return Err(RecordError::Checksum);
    }
    if !(1..=VERSION).contains(&version) {
        return Err(RecordError::Version(version));
    }
    Ok(match version {
        1 => read::<Vec<EntryV1>>(content)?.into_iter().map(Entry::from).collect(),
        2 => read::<Vec<EntryV2>>(content)?.into_iter().map(Entry::from).collect(),
        3 => read::<Vec<EntryV3>>(content)?.into_iter().map(Entry::from).collect(),
        _ => read(content)?,
    })
}

/// Version 1 left its own byte unguarded; a record that claims it is checked as it was written.
pub(crate) fn checksum(version: u8, content: &[u8]) -> u32 {
    if version == 1 {
        return crc32c::crc32c(content);
    }
    crc32c::crc32c_append(crc32c::crc32c(&[version]), content)
}

fn read<T: DeserializeOwned>(content: &[u8]) -> Result<T, RecordError> {
    let read = postcard::take_from_bytes(content);
    let (value, rest) = read.map_err(|error| RecordError::Content(error.to_string()))?;
    if rest.is_empty() {
        return Ok(value);
    }
    Err(RecordError::Content(format!("{} bytes are left over", rest.len())))
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use bancada_bank::ledger::{
        Account, CaptureRefusal, Ledger, PaymentStatus, RefundRefusal, Refusal, VoidRefusal, check,
    };
    use bancada_kernel::{
        CardToken, Currency, DeclineReason, EventKind, IdempotencyKey, MerchantId,
    };

    use super::*;
    use crate::examples::{version_1, version_2, version_3};

    #[test]
    fn a_record_of_version_1_is_read_as_it_was_meant() {
        let entries = decode(&version_1()).unwrap();
        let kinds: Vec<_> = entries.iter().map(|entry| entry.event.kind).collect();
        assert_eq!(
            kinds,
            [
                EventKind::CardIssued,
                EventKind::CardIssued,
                EventKind::PaymentCaptured,
                EventKind::PaymentAuthorized,
                EventKind::PaymentDeclined,
                EventKind::PaymentDeclined,
                EventKind::CardStatusChanged,
            ]
        );
        let mut ledger = Ledger::new(Currency::BRL);
        entries.iter().for_each(|entry| ledger.apply(entry));
        assert_eq!(check(&ledger, &entries), []);
        let merchant = MerchantId::parse("loja").unwrap();
        for (key, status) in [
            ("sale", PaymentStatus::Captured),
            ("hold", PaymentStatus::Authorized),
            ("decline", PaymentStatus::Declined(DeclineReason::InsufficientFunds)),
            ("lost", PaymentStatus::Declined(DeclineReason::Abandoned)),
        ] {
            let key = IdempotencyKey::parse(key).unwrap();
            assert_eq!(ledger.payment_of_key(&merchant, &key).unwrap().status, status, "{key}");
        }
        let again = encode(&entries);
        assert_eq!((again[0], decode(&again)), (VERSION, Ok(entries)), "and written anew");
    }

    #[test]
    fn a_record_of_version_2_is_read_as_it_was_meant() {
        let entries = decode(&version_2()).unwrap();
        assert_eq!(entries[..7], decode(&version_1()).unwrap());
        let [refund, refused] = &entries[7..] else { panic!("{entries:?}") };
        assert_eq!(
            (refund.event.kind, refund.event.amount.minor),
            (EventKind::PaymentRefunded, 100)
        );
        assert_eq!(refused.refusal, Some(Refusal::Void(VoidRefusal::Captured)));
        assert!(entries.iter().all(|entry| entry.event.payment.is_none()));
        let again = encode(&entries);
        assert_eq!((again[0], decode(&again)), (VERSION, Ok(entries)), "and written anew");
    }

    #[test]
    fn a_record_of_version_3_is_read_as_it_was_meant() {
        let entries = decode(&version_3()).unwrap();
        let [entry] = &entries[..] else { panic!("{entries:?}") };
        let (event, after) = (&entry.event, entry.event.card.as_ref().unwrap().after.as_ref());
        assert_eq!((event.kind, event.position), (EventKind::BillPaid, 360));
        assert_eq!((event.amount.minor, after.unwrap().balance.minor), (i64::MAX, -i64::MAX));
        assert_eq!((entry.postings.len(), entry.ran), (2, None));
        let again = encode(&entries);
        assert_eq!((again[0], decode(&again)), (VERSION, Ok(entries)), "and written anew");
    }

    /// The record has numbers where the program has words.
    #[test]
    fn words_of_the_record_keep_their_numbers() {
        let kinds = EventKind::ALL.map(|kind| postcard::to_allocvec(&kind).unwrap());
        assert_eq!(kinds, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(|number| vec![number]));
        let words = EventKind::ALL.map(EventKind::word).map(|word| word.split_once('.').unwrap().1);
        assert_eq!(words[..4], ["issued", "status_changed", "authorized", "captured"]);
        assert_eq!(words[4..7], ["declined", "voided", "refunded"]);
        assert_eq!(words[7..10], ["limit_changed", "expired", "operation_refused"]);
        assert_eq!(
            EventKind::ALL[10..].iter().map(|kind| kind.word()).collect::<Vec<_>>(),
            ["bill.paid", "bill.refused", "loss.accepted"]
        );
        let merchant = MerchantId::parse("m").unwrap();
        for (account, number) in [
            (Account::Card(CardToken::parse("c").unwrap()), 0),
            (Account::MerchantSettlement(merchant), 1),
            (Account::BillPayments, 2),
        ] {
            assert_eq!(postcard::to_allocvec(&account).unwrap()[0], number, "{account:?}");
        }
        for (refusal, numbers) in [
            (Refusal::Capture(CaptureRefusal::Declined), [0, 0]),
            (Refusal::Capture(CaptureRefusal::Voided), [0, 1]),
            (Refusal::Capture(CaptureRefusal::Expired), [0, 2]),
            (Refusal::Capture(CaptureRefusal::AlreadyCaptured), [0, 3]),
            (Refusal::Capture(CaptureRefusal::MoreThanAuthorized), [0, 4]),
            (Refusal::Void(VoidRefusal::Declined), [1, 0]),
            (Refusal::Void(VoidRefusal::AlreadyVoided), [1, 1]),
            (Refusal::Void(VoidRefusal::Expired), [1, 2]),
            (Refusal::Void(VoidRefusal::Captured), [1, 3]),
            (Refusal::Refund(RefundRefusal::Declined), [2, 0]),
            (Refusal::Refund(RefundRefusal::Voided), [2, 1]),
            (Refusal::Refund(RefundRefusal::Expired), [2, 2]),
            (Refusal::Refund(RefundRefusal::NotCaptured), [2, 3]),
            (Refusal::Refund(RefundRefusal::MoreThanCaptured), [2, 4]),
        ] {
            assert_eq!(postcard::to_allocvec(&refusal).unwrap(), numbers, "{refusal:?}");
        }
    }

    #[test]
    fn a_version_cannot_be_mistaken_for_another() {
        let old = version_1();
        let new = encode(&decode(&old).unwrap());
        let with_version = |record: &[u8], version| [&[version], &record[1..]].concat();
        for (record, claimed) in [(&old, 2), (&old, 4), (&new, 1), (&new, 2), (&new, 3)] {
            assert_eq!(decode(&with_version(record, claimed)), Err(RecordError::Checksum));
        }
        for unknown in [0, VERSION + 1] {
            assert_eq!(decode(&with_version(&new, unknown)), Err(RecordError::Checksum));
            let sum = checksum(unknown, &new[HEADER_BYTES..]).to_le_bytes();
            let record = [&[unknown][..], &sum, &new[HEADER_BYTES..]].concat();
            assert_eq!(decode(&record), Err(RecordError::Version(unknown)));
        }
        let mut longer = [&old[HEADER_BYTES..], &[0]].concat();
        longer = [&[1][..], &checksum(1, &longer).to_le_bytes(), &longer].concat();
        assert!(matches!(decode(&longer), Err(RecordError::Content(_))));
    }
}
