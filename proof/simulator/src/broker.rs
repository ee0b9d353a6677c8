//! The broker, and the Bank's outbox that fills it: at least once, in order per card, unless a
//! fault says otherwise.

use std::rc::Rc;

use bancada_extrato::ports::{Offsets, SourcePosition, SourceRecord, Undecodable};
use bancada_kernel::{CardToken, PaymentEvent};

use crate::draw::Draw;
use crate::switches::{Counts, Kind, Switches};

const N_PARTITIONS: usize = 3;
/// Events handed on at once.
const N_RELAYED: usize = 16;
/// Records read at once, at most.
const N_READ: usize = 24;

/// What is kept of a record.
#[derive(Clone)]
enum Record {
    Event(Rc<PaymentEvent>),
    Spoiled(Option<CardToken>),
}

/// Partitions of records, each read by offset.
pub(crate) struct Broker {
    partitions: [Vec<Record>; N_PARTITIONS],
    /// How many events were handed on.
    cursor: usize,
    /// What of it survives the end of the Bank's process.
    saved_cursor: usize,
    draw: Draw,
}

impl Broker {
    pub(crate) fn new(draw: Draw) -> Broker {
        Broker { partitions: Default::default(), cursor: 0, saved_cursor: 0, draw }
    }

    /// The outbox begins again where it last knew it was.
    pub(crate) fn bank_started(&mut self) {
        self.cursor = self.saved_cursor;
    }

    /// How far the note of what was handed on is.
    pub(crate) fn noted(&self) -> u64 {
        self.saved_cursor as u64
    }

    /// The note is lost with the end of the journal: the outbox hands everything on again.
    pub(crate) fn forget_noted(&mut self) {
        self.saved_cursor = 0;
    }

    /// Whether everything was handed on.
    pub(crate) fn has_all(&self, events: &[Rc<PaymentEvent>]) -> bool {
        self.cursor >= events.len()
    }

    /// Hands the next events on.
    pub(crate) fn relay(
        &mut self,
        events: &[Rc<PaymentEvent>],
        may: Switches,
        counts: &mut Counts,
    ) {
        let next = events.iter().skip(self.cursor).take(N_RELAYED);
        for event in next {
            self.cursor += 1;
            let fault = match self.draw.below(320) {
                0..4 => Kind::LostRecord,
                4..10 => Kind::DoubledRecord,
                10..14 => Kind::SwappedRecords,
                14..16 => Kind::UnreadableRecord,
                _ => {
                    self.push(Record::Event(Rc::clone(event)), event);
                    continue;
                }
            };
            if may.has(fault) {
                counts.count(fault);
            }
            match fault {
                _ if !may.has(fault) => self.push(Record::Event(Rc::clone(event)), event),
                Kind::LostRecord => {}
                Kind::UnreadableRecord => {
                    let token = event.card.as_ref().map(|card| card.token.clone());
                    self.push(Record::Spoiled(token), event);
                }
                Kind::DoubledRecord => {
                    self.push(Record::Event(Rc::clone(event)), event);
                    self.push(Record::Event(Rc::clone(event)), event);
                }
                _ => {
                    self.push(Record::Event(Rc::clone(event)), event);
                    let partition = &mut self.partitions[partition_of(event)];
                    if let Some(last) = partition.len().checked_sub(2) {
                        partition.swap(last, last + 1);
                    }
                }
            }
        }
        // It is saved now and then: what was handed on since is handed on twice.
        if self.draw.one_in(4) {
            self.saved_cursor = self.cursor;
        }
    }

    fn push(&mut self, record: Record, event: &PaymentEvent) {
        self.partitions[partition_of(event)].push(record);
    }

    /// A partition is lost, and begins anew.
    pub(crate) fn wipe(&mut self) -> usize {
        let partition = self.draw.below(N_PARTITIONS);
        self.partitions[partition].clear();
        partition
    }

    /// The next records after these offsets, partition by partition. A partition that does not
    /// hold what comes next is read from its beginning, as soon as that is noticed.
    pub(crate) fn read(&mut self, after: &mut Offsets) -> Vec<SourceRecord> {
        let mut records = Vec::new();
        for (partition, kept) in (0_u32..).zip(&self.partitions) {
            let limit = 1 + self.draw.below(N_READ);
            let read = after.0.entry(partition).or_default();
            if *read > kept.len() as u64 {
                *read = 0;
            }
            let from = usize::try_from(*read).unwrap_or(kept.len());
            for (record, offset) in kept.iter().zip(1_u64..).skip(from).take(limit) {
                let event = match record {
                    Record::Event(event) => Ok(PaymentEvent::clone(event)),
                    Record::Spoiled(card) => {
                        let why = "spoiled".to_owned();
                        Err(Undecodable { card: card.clone(), raw: Vec::new(), why })
                    }
                };
                let at = Some(SourcePosition { partition, offset });
                records.push(SourceRecord { at, event });
            }
        }
        records
    }

    /// Whether these offsets are those of the last records.
    pub(crate) fn is_read(&self, after: &Offsets) -> bool {
        (0_u32..).zip(&self.partitions).all(|(partition, kept)| {
            after.0.get(&partition).copied().unwrap_or(0) == kept.len() as u64
        })
    }
}

fn partition_of(event: &PaymentEvent) -> usize {
    let token = event.card.as_ref().map_or("", |card| card.token.as_str());
    token.bytes().map(usize::from).sum::<usize>() % N_PARTITIONS
}
