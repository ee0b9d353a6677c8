//! Amounts in a text, as its reader writes them.

use bancada_kernel::{Currency, Money};

/// `R$ 1.234,56`. The space does not break, as in a browser's own format.
pub(crate) fn in_portuguese(money: Money) -> String {
    let digits = digits(money, '.', ',');
    match money.currency {
        Currency::BRL => format!("R$\u{a0}{digits}"),
        other => format!("{}\u{a0}{digits}", other.code()),
    }
}

/// `R$1,234.56`
pub(crate) fn in_english(money: Money) -> String {
    let digits = digits(money, ',', '.');
    match money.currency {
        Currency::BRL => format!("R${digits}"),
        other => format!("{}\u{a0}{digits}", other.code()),
    }
}

/// In groups of three, with as many decimals as the currency has.
fn digits(money: Money, group: char, decimal: char) -> String {
    let exponent = usize::from(money.currency.exponent().unwrap_or(0));
    let digits = format!("{:0>width$}", money.minor.unsigned_abs(), width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    let mut text = String::from(if money.minor < 0 { "-" } else { "" });
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(decimal);
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_as_its_reader_writes_it() {
        for (minor, portuguese, english) in [
            (0, "R$\u{a0}0,00", "R$0.00"),
            (5, "R$\u{a0}0,05", "R$0.05"),
            (3_990, "R$\u{a0}39,90", "R$39.90"),
            (100_000, "R$\u{a0}1.000,00", "R$1,000.00"),
            (123_456_789, "R$\u{a0}1.234.567,89", "R$1,234,567.89"),
            (-5, "R$\u{a0}-0,05", "R$-0.05"),
            (i64::MIN, "R$\u{a0}-92.233.720.368.547.758,08", "R$-92,233,720,368,547,758.08"),
        ] {
            let money = Money::brl(minor);
            assert_eq!((&*in_portuguese(money), &*in_english(money)), (portuguese, english));
        }
        let yen = Money { minor: 1_500, currency: Currency::JPY };
        assert_eq!(in_portuguese(yen), "JPY\u{a0}1.500");
        assert_eq!(in_english(yen), "JPY\u{a0}1,500");
    }
}
