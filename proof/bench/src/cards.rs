//! The cards that pay, and what they pay.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bancada_kernel::limits::MAX_LIMIT_MINOR;
use bancada_proto::bank::v1;

/// Some card numbers, used in turns. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Cards {
    numbers: Arc<Vec<String>>,
    next: Arc<AtomicUsize>,
}

impl Cards {
    /// So many cards. Their numbers pass the Luhn check and begin like Visa's test numbers.
    pub(crate) fn new(n: usize) -> Cards {
        let numbers = (0..n).map(|card| with_check_digit(&format!("40000000{card:07}")));
        Cards { numbers: Arc::new(numbers.collect()), next: Arc::default() }
    }

    /// All of them.
    pub(crate) fn numbers(&self) -> &[String] {
        &self.numbers
    }

    /// The number whose turn it is.
    pub(crate) fn number(&self) -> &str {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        &self.numbers[next % self.numbers.len()]
    }

    /// A sale under this key.
    pub(crate) fn request(&self, key: String) -> v1::AuthorizeRequest {
        v1::AuthorizeRequest {
            merchant_id: "bench".to_owned(),
            order_id: key.clone(),
            idempotency_key: key,
            card: Some(v1::CardDetails {
                number: self.number().to_owned(),
                holder: "Ana Teste".to_owned(),
                expiry_month: 12,
                expiry_year: 2035,
                cvv: "123".to_owned(),
            }),
            amount: Some(v1::Money { amount_minor: 100, currency: "BRL".to_owned() }),
            capture: true,
            store: "Loja".to_owned(),
            description: "Café".to_owned(),
            installments: 1,
        }
    }

    pub(crate) fn issue_requests(&self) -> impl Iterator<Item = v1::IssueCardRequest> {
        self.numbers.iter().map(|number| v1::IssueCardRequest {
            number: number.clone(),
            holder: "Ana Teste".to_owned(),
            expiry_month: 12,
            expiry_year: 2035,
            limit: Some(v1::Money { amount_minor: MAX_LIMIT_MINOR, currency: "BRL".to_owned() }),
            closing_day: 5,
            due_day: 15,
        })
    }
}

/// Completes a number by its check digit (ISO/IEC 7812-1, annex B).
fn with_check_digit(digits: &str) -> String {
    let check = luhn3::decimal::checksum(digits.as_bytes()).expect("they are digits");
    format!("{digits}{}", char::from(check))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_pass_the_luhn_check() {
        let cards = Cards::new(50);
        for _ in 0..50 {
            assert!(bancada_kernel::CardNumber::parse(cards.number()).is_ok());
        }
        assert_eq!(with_check_digit("424242424242424"), "4242424242424242");
    }
}
