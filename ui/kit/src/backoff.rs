//! How long to wait before asking again.

const FIRST_MS: u32 = 500;
const LONGEST_MS: u32 = 8_000;

/// The wait before the attempt after `attempts` ones: doubling from half a second to 8 s.
pub fn delay_ms(attempts: u32) -> u32 {
    FIRST_MS.saturating_mul(2_u32.saturating_pow(attempts)).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let found: Vec<u32> = [0, 1, 2, 3, 4, 5, 40, u32::MAX].into_iter().map(delay_ms).collect();
        assert_eq!(found, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
    }
}
