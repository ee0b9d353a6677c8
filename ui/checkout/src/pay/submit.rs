//! What an answer to a new order means for the attempt.

use bancada_ui_kit::api::ApiError;

/// What is certain after a request that placed no order we know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// The server said that it took no order: the form stays, the key too.
    NotPlaced,
    /// An order of this key exists already, with other content.
    PlacedBefore,
    /// The order may have been placed: its receipt finds out.
    MayBePlaced,
}

/// Sorts an error by what it leaves open. Whatever does not say plainly that nothing happened
/// leaves it open.
pub(crate) fn doubt(error: &ApiError) -> Doubt {
    match error {
        ApiError::Problem(problem) => match (problem.status, problem.code.as_str()) {
            (_, "idempotency_key_reused") => Doubt::PlacedBefore,
            (409, "price_changed") => Doubt::NotPlaced,
            // Any other conflict is with an earlier request of the same key.
            (408 | 409 | 425, _) => Doubt::MayBePlaced,
            (400..=499, _) => Doubt::NotPlaced,
            (503, "bank_unavailable" | "overloaded") => Doubt::NotPlaced,
            _ => Doubt::MayBePlaced,
        },
        ApiError::Network | ApiError::Timeout | ApiError::Unreadable { .. } => Doubt::MayBePlaced,
    }
}

#[cfg(test)]
mod tests {
    use bancada_proto::problem::Problem;

    use super::*;

    #[test]
    fn only_a_plain_no_is_taken_for_a_no() {
        for (status, code, expected) in [
            (422, "card_number_invalid", Doubt::NotPlaced),
            (409, "price_changed", Doubt::NotPlaced),
            (409, "idempotency_key_reused", Doubt::PlacedBefore),
            (409, "order_in_progress", Doubt::MayBePlaced),
            (429, "overloaded", Doubt::NotPlaced),
            (503, "overloaded", Doubt::NotPlaced),
            (503, "bank_unavailable", Doubt::NotPlaced),
            (503, "something_else", Doubt::MayBePlaced),
            (500, "internal", Doubt::MayBePlaced),
            (504, "timeout", Doubt::MayBePlaced),
        ] {
            let problem = Problem {
                kind: String::new(),
                title: String::new(),
                status,
                detail: String::new(),
                code: code.into(),
                texts: None,
                field: None,
                trace_id: None,
            };
            assert_eq!(doubt(&ApiError::Problem(Box::new(problem))), expected, "{status} {code}");
        }
        for error in [ApiError::Network, ApiError::Timeout, ApiError::Unreadable { status: 502 }] {
            assert_eq!(doubt(&error), Doubt::MayBePlaced);
        }
    }
}
