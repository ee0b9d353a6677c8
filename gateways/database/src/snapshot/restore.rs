//! Reading a snapshot: one thread reads bytes, some decode frames, the caller puts the ledger
//! together.
//!
//! Frames go round: the n-th is decoded by the thread n modulo their number, so that the caller
//! takes them in order and none has to wait in a heap. Few are in memory at once.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use bancada_bank::ledger::{Ledger, Part, Restoring};
use bancada_bank::ports::SnapshotError;

use super::frame::{self, check_header, most_rows};

/// Threads that decode. One is as fast as the caller, who is a thread as well; with two nobody
/// waits for long.
const N_DECODERS: usize = 2;
/// Frames that wait before or after a decoder.
const N_WAITING: usize = 2;

type Frame = Result<(u64, Vec<u8>), SnapshotError>;
type Decoded = Result<Option<Part>, SnapshotError>;

/// The ledger at a position, from a header and frames of so many bytes; `next` gives them in
/// order, and `None` after the last.
pub(crate) fn restore(
    position: u64,
    n_bytes: u64,
    mut next: impl FnMut() -> Result<Option<Vec<u8>>, SnapshotError> + Send,
) -> Result<Ledger, SnapshotError> {
    let header = next()?.unwrap_or_default();
    check_header(&header, position).map_err(unusable)?;
    std::thread::scope(|scope| {
        let decoders: Vec<_> = (0..N_DECODERS).map(|_| decoder(scope, position)).collect();
        let (frames, parts): (Vec<_>, Vec<_>) = decoders.into_iter().unzip();
        scope.spawn(move || {
            for number in 1.. {
                let frame = match next() {
                    Ok(Some(frame)) => Ok((number, frame)),
                    Ok(None) => return,
                    Err(error) => Err(error),
                };
                let is_last = frame.is_err();
                // Whoever has found an error wants no more frames.
                if frames[turn(number)].send(frame).is_err() || is_last {
                    return;
                }
            }
        });
        put_together(&parts, n_bytes)
    })
}

fn decoder<'scope>(
    scope: &'scope Scope<'scope, '_>,
    position: u64,
) -> (SyncSender<Frame>, Receiver<Decoded>) {
    let (frames, queue) = sync_channel::<Frame>(N_WAITING);
    let (decoded, parts) = sync_channel(N_WAITING);
    scope.spawn(move || {
        for frame in queue {
            let part = frame.and_then(|(number, frame)| {
                frame::open(position, number, &frame).map_err(unusable)
            });
            if decoded.send(part).is_err() {
                return;
            }
        }
    });
    (frames, parts)
}

fn put_together(parts: &[Receiver<Decoded>], n_bytes: u64) -> Result<Ledger, SnapshotError> {
    let mut restoring = Restoring::new(most_rows(n_bytes));
    for number in 1.. {
        let Ok(part) = parts[turn(number)].recv() else {
            return Err(SnapshotError::Unusable("its end is missing".to_owned()));
        };
        match part? {
            Some(part) => restoring.add(part).map_err(unusable)?,
            None => break,
        }
    }
    restoring.finish().map_err(unusable)
}

fn turn(number: u64) -> usize {
    usize::try_from(number % N_DECODERS as u64).unwrap_or(0)
}

fn unusable(error: impl std::fmt::Display) -> SnapshotError {
    SnapshotError::Unusable(error.to_string())
}

#[cfg(test)]
mod tests {
    use bancada_kernel::Currency;

    use super::super::fuzz::{POSITION, write};
    use super::*;

    fn read(frames: &[Vec<u8>]) -> Result<Ledger, SnapshotError> {
        let n_bytes: usize = frames.iter().map(Vec::len).sum();
        let mut frames = frames.iter().cloned();
        restore(POSITION, n_bytes as u64, move || Ok(frames.next()))
    }

    /// A million rows in a snapshot of some bytes, whose frame is whole and has its checksum.
    fn announce_too_many(frames: &mut [Vec<u8>], n_from_the_end: usize) {
        let mut content = frames[1].clone();
        let at = content.len() - n_from_the_end;
        assert_eq!(content[at], 0, "an empty ledger announces nothing");
        content.splice(at..=at, postcard::to_allocvec(&1_000_000_u64).unwrap());
        frames[1] = frame::seal(POSITION, 1, content);
    }

    #[test]
    fn no_room_is_made_for_more_rows_than_a_snapshot_has_bytes_for() {
        let whole = write(&Ledger::new(Currency::BRL));
        assert_eq!(read(&whole), Ok(Ledger::new(Currency::BRL)));
        // The last numbers of the first frame: cards, payments, answers and accounts.
        for n_from_the_end in 1..=4 {
            let mut frames = whole.clone();
            announce_too_many(&mut frames, n_from_the_end);
            let said = read(&frames).unwrap_err().to_string();
            assert!(said.contains("more rows than can be in it"), "{said}");
        }
    }
}
