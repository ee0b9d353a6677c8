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
const VERSION: u8 = 4;
/// Version byte and CRC-32C, little-endian.
const HEADER_BYTES: usize = 5;

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("it has only {0} bytes")]
    Short(usize),
    #[error("its version is {0}, and this program knows up to {VERSION}; run a newer Bancada")]
    Version(u8),
    #[error("its checksum is wrong: the file is damaged")]
    Checksum,
    #[error("it cannot be read: {0}")]
    Content(String),
}

/// Entries as bytes.
pub(crate) fn encode(entries: &[Entry]) -> Vec<u8> {
    let header = vec![VERSION, 0, 0, 0, 0];
    let mut record =
        postcard::to_extend(entries, header).expect("entries are plain data, and memory grows");
    let checksum = checksum(VERSION, &record[HEADER_BYTES..]).to_le_bytes();
    record[1..HEADER_BYTES].copy_from_slice(&checksum);
    record
}

/// Bytes as entries.
pub(crate) fn decode(record: &[u8]) -> Result<Vec<Entry>, RecordError> {
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
fn checksum(version: u8, content: &[u8]) -> u32 {
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

/// A record as a program after this one may write it.
#[cfg(test)]
pub(crate) fn of_next_version(content: &[u8]) -> Vec<u8> {
    let version = VERSION + 1;
    [&[version], &checksum(version, content).to_le_bytes()[..], content].concat()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
pub(crate) mod tests {
    use bancada_bank::ledger::{
        Account, CaptureRefusal, Ledger, PaymentStatus, RefundRefusal, Refusal, VoidRefusal, check,
    };
    use bancada_kernel::{
        CardToken, Currency, DeclineReason, EventKind, IdempotencyKey, MerchantId,
    };

    use super::*;

    /// A record as the program wrote it before there were captures, voids and refunds: two cards
    /// are issued; a sale, a hold, a decline and an abandoned key; a card is blocked.
    const VERSION_1: &str = "\
     01a2356f910710000000000000000000000000000000010001100000000000000000000000000000000101066361\
     72645f3101102a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e61205465737465d00f0342524c000342524c00\
     0342524c00050f000342524c00000000000182f8b2e5bd6800000001f30f0c010310000000000000000000000000\
     00000002000210000000000000000000000000000000020106636172645f3201102a2a2a2a2a2a2a2a2a2a2a2a31\
     303030020109416e61205465737465d00f0342524c000342524c000342524c00050f000342524c00000000000184\
     f8b2e5bd6801050601000001f30f0c00100000000000000000000000000000000303031000000000000000030000\
     0000000000000106636172645f3202102a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e61205465737465d00f\
     0342524cd8040342524c000342524c00050fd8040342524c044c6f6a6105436166c3a901046c6f6a61036f2d3100\
     0386f8b2e5bd6800020006636172645f32d80401046c6f6a61d704010473616c6501010101010101010101010101\
     01010101001000000000000000000000000000000004020410000000000000000400000000000000000106636172\
     645f3203102a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e61205465737465d00f0342524cd8040342524c90\
     030342524c00050f90030342524c044c6f6a6105436166c3a901046c6f6a61036f2d31000388f8b2e5bd68010506\
     01000104686f6c640101010101010101010101010101010101001000000000000000000000000000000005040510\
     000000000000000500000000000000000106636172645f3204102a2a2a2a2a2a2a2a2a2a2a2a3130303002010941\
     6e61205465737465d00f0342524cd8040342524c90030342524c00050fd08c010342524c044c6f6a6105436166c3\
     a901046c6f6a61036f2d310108038af8b2e5bd68000001076465636c696e65010101010101010101010101010101\
     01010010000000000000000000000000000000060406100000000000000006000000000000000000000342524c00\
     0001046c6f6a6100010e018cf8b2e5bd68010506010001046c6f7374000010000000000000000000000000000000\
     07010710000000000000000000000000000000070106636172645f3205102a2a2a2a2a2a2a2a2a2a2a2a31303030\
     020109416e61205465737465d00f0342524cd8040342524c90030342524c01050f000342524c0000000000018ef8\
     b2e5bd6800000000";

    /// The same as the program wrote it before its events told the payment, with a refund of the
    /// sale and a refused void.
    const VERSION_2: &str = "\
     02b7225b5e091000000000000000000000000000000001000110000000000000000000000000000000010106636\
     172645f3101102a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e61205465737465d00f0342524c000342524c\
     000342524c00050f000342524c00000000000182f8b2e5bd6800000001f30f0c010300100000000000000000000\
     0000000000002000210000000000000000000000000000000020106636172645f3201102a2a2a2a2a2a2a2a2a2a\
     2a2a31303030020109416e61205465737465d00f0342524c000342524c000342524c00050f000342524c0000000\
     0000184f8b2e5bd6801050601000001f30f0c000010000000000000000000000000000000030303100000000000\
     00000300000000000000000106636172645f3202102a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e6120546\
     5737465d00f0342524cd8040342524c000342524c00050fd8040342524c044c6f6a6105436166c3a901046c6f6a\
     61036f2d31000386f8b2e5bd6800020006636172645f32d80401046c6f6a61d704010473616c650101010101010\
     1010101010101010101010000100000000000000000000000000000000402041000000000000000040000000000\
     0000000106636172645f3203102a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e61205465737465d00f03425\
     24cd8040342524c90030342524c00050f90030342524c044c6f6a6105436166c3a901046c6f6a61036f2d310003\
     88f8b2e5bd6801050601000104686f6c64010101010101010101010101010101010100001000000000000000000\
     000000000000005040510000000000000000500000000000000000106636172645f3204102a2a2a2a2a2a2a2a2a\
     2a2a2a31303030020109416e61205465737465d00f0342524cd8040342524c90030342524c00050fd08c0103425\
     24c044c6f6a6105436166c3a901046c6f6a61036f2d310108038af8b2e5bd68000001076465636c696e65010101\
     0101010101010101010101010101000010000000000000000000000000000000060406100000000000000006000\
     000000000000000000342524c000001046c6f6a6100010e018cf8b2e5bd68010506010001046c6f737400000010\
     00000000000000000000000000000007010710000000000000000000000000000000070106636172645f3205102\
     a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e61205465737465d00f0342524cd8040342524c90030342524c\
     01050f000342524c0000000000018ef8b2e5bd68000000000010000000000000000000000000000000030608100\
     00000000000000300000000000000000106636172645f3202102a2a2a2a2a2a2a2a2a2a2a2a3130303002010941\
     6e61205465737465d00f0342524cd8040342524c000342524c00050fc8010342524c044c6f6a6105436166c3a90\
     1046c6f6a61036f2d31000386f8b2e5bd680000010473616c650101010101010101010101010101010101000010\
     00000000000000000000000000000003090910000000000000000300000000000000000106636172645f3202102\
     a2a2a2a2a2a2a2a2a2a2a2a31303030020109416e61205465737465d00f0342524cd8040342524c000342524c00\
     050fd8040342524c044c6f6a6105436166c3a901046c6f6a61036f2d31000386f8b2e5bd680000010473616c650\
     10101010101010101010101010101010100010103";

    /// A bill as the program wrote it before running times and largest amounts: all that an `i64`
    /// has room for, and paid.
    const VERSION_3: &str = "\
     03c6e46e7d011001a21fa5960370aaa3f62582b0b147900ae8021001a21fa5960370aaa3f625836134d7750125\
     636172645f343731633465353031316463353635366330623534643139373363396162626202102a2a2a2a2a2a\
     2a2a2a2a2a2a3333333700010745787472656d6f80c0a8ca9a3a0342524cfdffffffffffffffff010342524c00\
     0342524c00050ffeffffffffffffffff010342524c00000000056d61782d31000186d8acfac36801afeaababa3\
     beada6d58ddc86bf8fffd9fcc003e5efcdd1ab86f0a051010202feffffffffffffffff010025636172645f3437\
     316334653530313164633536353663306235346431393733633961626262fdffffffffffffffff01000000";

    pub(crate) fn version_1() -> Vec<u8> {
        bytes(VERSION_1)
    }

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits = hexadecimal.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.map(byte).collect()
    }

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
        let entries = decode(&bytes(VERSION_2)).unwrap();
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
        let entries = decode(&bytes(VERSION_3)).unwrap();
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
