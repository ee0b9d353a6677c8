//! Amounts and instants in the reader's language, by the browser's own `Intl`. Instants are in the
//! Bank's time zone: by it faturas close, and a reader abroad sees the same days.

use bancada_kernel::calendar::TIME_ZONE;
use bancada_proto::web::Money;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::foreign::plain;
use crate::locale::Locale;
use crate::money::installments;

/// `R$ 1.234,56`. How many decimals an amount has is its currency's business, and `Intl` knows.
/// What is no currency's code is shown as it came: `1234.56 R$`.
pub fn money(locale: Locale, money: &Money) -> String {
    let options = options(&[("style", "currency"), ("currency", &money.currency)]);
    let Some(format) = formatter("NumberFormat", locale, &options) else {
        return format!("{} {}", decimal(money.amount_minor, 2), plain(&money.currency));
    };
    let resolved = format.dyn_ref::<Intl::NumberFormat>().map(Intl::NumberFormat::resolved_options);
    let exponent = resolved
        .and_then(|options| Reflect::get(&options, &"maximumFractionDigits".into()).ok())
        .and_then(|digits| digits.as_f64())
        .unwrap_or(2.0);
    let decimal = decimal(money.amount_minor, exponent as usize);
    // A text, not a number: the amount must not pass through floating point.
    call(&format, &decimal.clone().into()).unwrap_or(decimal)
}

/// How an amount is paid in `count` parts, each as the Bank collects it: `1x R$ 16,38 + 6x
/// R$ 16,32`, or `3x R$ 10,00` where all are the same. `None` for one part, and for what cannot be
/// divided.
pub fn plan(locale: Locale, total: &Money, count: u32) -> Option<String> {
    let (first, other) = installments(total, count).filter(|_| count > 1)?;
    let part = |n: u32, amount: &Money| format!("{n}x {}", money(locale, amount));
    Some(match first == other {
        true => part(count, &other),
        false => format!("{} + {}", part(1, &first), part(count - 1, &other)),
    })
}

/// A whole number with the language's separators.
pub fn count(locale: Locale, number: u64) -> String {
    let format = formatter("NumberFormat", locale, &Object::new());
    let text = format.and_then(|format| call(&format, &number.to_string().into()));
    text.unwrap_or_else(|| number.to_string())
}

/// Day and minute: `24 de nov. de 2026, 13:05`.
pub fn instant(locale: Locale, at_ms: i64) -> String {
    date_time(locale, at_ms, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

/// To the second, with the time zone in words: for a tooltip.
pub fn instant_in_full(locale: Locale, at_ms: i64) -> String {
    let parts = [
        ("year", "numeric"),
        ("month", "long"),
        ("day", "numeric"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("second", "2-digit"),
        ("timeZoneName", "longOffset"),
    ];
    date_time(locale, at_ms, &parts)
}

/// Hour and minute.
pub fn time_of_day(locale: Locale, at_ms: i64) -> String {
    date_time(locale, at_ms, &[("timeStyle", "short")])
}

/// ISO 8601 in UTC, for `<time datetime>`; empty for a moment that no calendar has.
pub fn iso(at_ms: i64) -> String {
    let date = date(at_ms);
    // Asking for the text of an impossible date is an exception.
    if date.get_time().is_nan() { String::new() } else { date.to_iso_string().into() }
}

/// What stands for a moment that no calendar has.
const NO_DATE: &str = "—";

fn date_time(locale: Locale, at_ms: i64, parts: &[(&str, &str)]) -> String {
    let zone = [("timeZone", TIME_ZONE)];
    let parts: Vec<_> = parts.iter().copied().chain(zone).collect();
    let format = formatter("DateTimeFormat", locale, &options(&parts));
    let text = format.and_then(|format| call(&format, &date(at_ms)));
    text.unwrap_or_else(|| match iso(at_ms) {
        text if text.is_empty() => NO_DATE.to_owned(),
        text => text,
    })
}

fn date(at_ms: i64) -> Date {
    // Milliseconds of any year we meet are far below 2^53.
    Date::new(&JsValue::from_f64(at_ms as f64))
}

fn tags(locale: Locale) -> Array {
    Array::of1(&locale.tag().into())
}

fn options(pairs: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in pairs {
        // A plain object accepts every property.
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object
}

/// One of `Intl`'s. Making it is an exception where an option is none that exists, such as a
/// currency that is not three letters: `new` of the bindings would end the page.
fn formatter(kind: &str, locale: Locale, options: &Object) -> Option<JsValue> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor: Function = Reflect::get(&intl, &kind.into()).ok()?.dyn_into().ok()?;
    Reflect::construct(&constructor, &Array::of2(&tags(locale), options)).ok()
}

fn call(formatter: &JsValue, value: &JsValue) -> Option<String> {
    let format: Function = Reflect::get(formatter, &"format".into()).ok()?.dyn_into().ok()?;
    format
        .call1(&JsValue::UNDEFINED, value)
        .ok()?
        .dyn_into::<js_sys::JsString>()
        .ok()
        .map(Into::into)
}

/// `minor` as a decimal text with `exponent` decimals.
fn decimal(minor: i64, exponent: usize) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_become_decimals_without_floating_point() {
        for (minor, exponent, expected) in [
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (123_456, 2, "1234.56"),
            (-5, 2, "-0.05"),
            (1500, 0, "1500"),
            (1, 3, "0.001"),
            (i64::MAX, 2, "92233720368547758.07"),
            (i64::MIN, 2, "-92233720368547758.08"),
        ] {
            assert_eq!(decimal(minor, exponent), expected);
        }
    }
}
