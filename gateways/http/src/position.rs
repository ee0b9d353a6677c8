//! Positions that a client gives.

use std::str::FromStr;

/// A position or an id as the stores have them, which is 0 to 2^63 - 1: a larger number is none,
/// and a mistake of the client rather than of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position(pub(crate) u64);

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Position, ()> {
        let number: u64 = text.parse().map_err(|_| ())?;
        if i64::try_from(number).is_ok() { Ok(Position(number)) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_ends_where_the_stores_do() {
        assert_eq!("0".parse(), Ok(Position(0)));
        assert_eq!("9223372036854775807".parse(), Ok(Position(u64::MAX / 2)));
        for bad in ["9223372036854775808", "18446744073709551615", "-1", "", "1e3", "1 "] {
            assert_eq!(bad.parse::<Position>(), Err(()), "{bad}");
        }
    }
}
