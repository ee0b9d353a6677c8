//! What is masked, by tables; and that nothing is left that is a card number, by properties.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(masked_text(text), expected, "{text:?}");
    assert_eq!(masked_text(expected), expected, "masked once and for all");
}

#[test]
fn card_data_is_masked_and_nothing_else_is() {
    for (text, expected) in [
        ("", ""),
        ("Café em grãos 500 g", "Café em grãos 500 g"),
        ("4111111111111111", "************1111"),
        ("café 4111 1111 1111 1111, obrigado", "café **** **** **** 1111, obrigado"),
        ("24 4111-1111-1111-1111 3", "24 ****-****-****-1111 3"),
        ("3782 822463 10005 4111111111111111", "**** ****** *0005 ************1111"),
        ("4111111111111112", "4111111111111112"),
        ("4111.1111.1111.1112", "4111.1111.1111.1112"),
        ("pedido 1764020375000123", "pedido 1764020375000123"),
        ("411111111111111111111111", "411111111111111111111111"),
        ("41111111-1111-1111-8111-111111111a11", "41111111-1111-1111-8111-111111111a11"),
        ("12.345.678/0001-95", "12.345.678/0001-95"),
        ("R$ 1.234.567,89 em 28/11/2026", "R$ 1.234.567,89 em 28/11/2026"),
    ] {
        check(text, expected);
    }
}

/// Every scheme that has a number of its own, in the numbers that they publish for tests.
#[test]
fn a_number_of_every_scheme_is_masked() {
    for (scheme, number) in [
        ("Visa of 13", "4222222222222"),
        ("Visa of 19", "4000000000000000006"),
        ("Mastercard", "2223003122003222"),
        ("Elo", "6362970000457013"),
        ("Hipercard", "6062825624254001"),
        ("Amex", "378282246310005"),
        ("Diners 36", "36227206271667"),
        ("Diners 309", "30950000000000"),
        ("Discover", "6011111111111117"),
        ("JCB", "3566002020360505"),
        ("JCB 2131", "213100000000001"),
        ("UnionPay", "6200000000000005"),
        ("UnionPay of 19", "6205500000000000004"),
        ("Maestro", "6759649826438453"),
        ("Maestro of 12", "501800000009"),
        ("Hiper", "6370950000000005"),
        ("Aura", "5078601870000127985"),
        ("Mir", "2201382000000013"),
        ("a bank of its own", "9999999999999995"),
    ] {
        assert!(CardNumber::parse(number).is_ok(), "{scheme} is a number");
        let hidden = number.len() - 4;
        let expected = format!("{}{}", "*".repeat(hidden), &number[hidden..]);
        check(number, &expected);
        check(&format!("pago com {number}."), &format!("pago com {expected}."));
    }
}

#[test]
fn a_number_is_masked_however_it_is_spelled() {
    for (text, expected) in [
        ("4111  1111 \t1111 1111", "****  **** \t**** 1111"),
        ("4111\u{a0}1111\u{2009}1111\u{202f}1111", "****\u{a0}****\u{2009}****\u{202f}1111"),
        ("4111\u{200b}1111\u{feff}1111\u{2060}1111", "****\u{200b}****\u{feff}****\u{2060}1111"),
        ("4111.1111.1111.1111", "****.****.****.1111"),
        ("4111,1111,1111,1111", "****,****,****,1111"),
        ("4111_1111_1111_1111", "****_****_****_1111"),
        ("4111/1111/1111/1111", "****/****/****/1111"),
        ("4111 - 1111 – 1111 — 1111", "**** - **** – **** — 1111"),
        ("4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", "*.*.*.*.*.*.*.*.*.*.*.*.1.1.1.1"),
        ("４１１１１１１１１１１１１１１１", "************１１１１"),
        ("x4111111111111111y", "x************1111y"),
        ("PAN4111111111111111", "PAN************1111"),
        (";4111111111111111=30121010000000123?", ";************1111=*****************?"),
        ("4111111111111111D3012101", "************1111D*******"),
        (
            "%B4111111111111111^SILVA/ANA^301210100000019301000000877000000?",
            "%B************1111^SILVA/ANA^*********************************?",
        ),
        // Two numbers by their check digits, and all of both is hidden but for the end.
        ("1111 4111 1111 1111 1111", "**** **** **** **** 1111"),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_security_code_is_masked_by_its_name() {
    for (text, expected) in [
        ("cvv: 987", "cvv: ***"),
        ("cvv 123", "cvv ***"),
        ("CVC2 1234!", "CVC2 ****!"),
        ("cvv2987", "cvv****"),
        ("código de segurança 123", "código de segurança ***"),
        ("Codigo de  Seguranca: 1234", "Codigo de  Seguranca: ****"),
        ("CÓDIGO DE SEGURANÇA do cartão: 123", "CÓDIGO DE SEGURANÇA do cartão: ***"),
        ("cód. de segurança 123", "cód. de segurança ***"),
        ("security_code=123", "security_code=***"),
        ("cvv １２３", "cvv ***"),
        ("cvv 12, cvc 12345", "cvv 12, cvc 12345"),
        ("cvv", "cvv"),
        ("código 1234", "código 1234"),
    ] {
        check(text, expected);
    }
}

/// A number that passes the checks, of these digits and one more.
fn with_check_digit(digits: &[u8]) -> Option<String> {
    let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    (0..10).map(|check| format!("{text}{check}")).find(|it| CardNumber::parse(it).is_ok())
}

fn any_divider() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["", "", "", " ", "-", "  ", "\u{a0}", "\u{200b}", " - "])
        .prop_map(str::to_owned)
}

proptest! {
    /// What `CardNumber::parse` accepts, in the middle of anything that is no digit.
    #[test]
    fn nothing_that_is_accepted_stays_readable(
        digits in proptest::collection::vec(0_u8..10, 11..19),
        dividers in proptest::collection::vec(any_divider(), 19),
        before in "[a-z ,.;:()]{0,6}[a-z:;( ]?",
        after in "[a-z ,.;:()]{0,6}",
    ) {
        let Some(number) = with_check_digit(&digits) else { return Ok(()) };
        let pairs = number.chars().zip(&dividers);
        let spelled: String = pairs.map(|(digit, divider)| format!("{digit}{divider}")).collect();
        let visible = spelled.replace('\u{200b}', "");
        prop_assert!(CardNumber::parse(&visible).is_ok());
        let masked = masked_text(&format!("{before}{spelled}{after}"));
        let left: String = masked.chars().filter(char::is_ascii_digit).collect();
        prop_assert!(left.len() <= 4, "{masked:?}");
        prop_assert_eq!(masked_text(&masked), masked);
    }

    #[test]
    fn no_text_makes_it_panic_or_grow(
        text in "[\\PC]{0,40}|[-0-9 cv.,/^=D]{0,60}|(41{0,6}[- .]?){0,12}"
    ) {
        let masked = masked_text(&text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        prop_assert_eq!(masked_text(&masked), masked);
    }
}
