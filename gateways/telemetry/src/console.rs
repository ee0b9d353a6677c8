//! What a process says to whoever started it.
//!
//! `println!` and `eprintln!` panic when nothing takes what they say: the reader of a pipe is
//! gone, the disk under a file is full. A process that serves others says what it can, and goes
//! on.

use std::fmt::Arguments;
use std::io::{self, Write};

/// A line on the standard output, if somebody takes it.
pub fn say(line: Arguments<'_>) {
    write_to(&mut io::stdout(), format_args!("{line}\n"));
}

/// A text on the standard output without the end of a line, if somebody takes it.
pub fn ask(text: Arguments<'_>) {
    write_to(&mut io::stdout(), text);
}

/// A line on the standard error, if somebody takes it.
pub fn complain(line: Arguments<'_>) {
    write_to(&mut io::stderr(), format_args!("{line}\n"));
}

fn write_to(out: &mut impl Write, text: Arguments<'_>) {
    // One write, so that lines of several threads do not mix. There is nobody to tell of an error.
    let _ = out.write_all(text.to_string().as_bytes());
    let _ = out.flush();
}

/// The standard error as the logs see it: it takes everything, and what cannot be written is lost.
pub(crate) struct WhateverHappens;

impl Write for WhateverHappens {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn what_nobody_takes_is_lost_and_that_is_all() {
        write_to(&mut Gone, format_args!("nobody hears this"));
    }
}
