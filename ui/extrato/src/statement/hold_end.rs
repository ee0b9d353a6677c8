//! A hold that was captured or released holds nothing any more.

use std::rc::Rc;

use bancada_proto::web::{LineKind, StatementLine};

/// Lets the lines that are known follow one that comes, which may be known itself: what it is about
/// has ended, where it ends a hold or is one that has ended.
pub(super) fn follow(lines: &mut [Rc<StatementLine>], coming: &StatementLine) {
    let ends = match coming.kind {
        LineKind::Purchase | LineKind::Void => true,
        LineKind::Hold => coming.has_ended,
        _ => false,
    };
    if !ends {
        return;
    }
    let is_it = |line: &&mut Rc<StatementLine>| {
        let is_its = line.transaction_id == coming.transaction_id;
        is_its && line.kind == LineKind::Hold && !line.has_ended
    };
    lines.iter_mut().filter(is_it).for_each(|line| Rc::make_mut(line).has_ended = true);
}

#[cfg(test)]
mod tests {
    use bancada_proto::web::Money;

    use super::*;

    fn line(position: u64, kind: LineKind, payment: &str, has_ended: bool) -> StatementLine {
        StatementLine {
            position,
            transaction_id: payment.to_owned(),
            kind,
            store: "Loja".to_owned(),
            description: String::new(),
            amount: Money { amount_minor: 1, currency: "BRL".to_owned() },
            installments: 1,
            has_ended,
            decline: None,
            occurred_at_ms: 0,
            trace_id: None,
        }
    }

    #[test]
    fn a_hold_ends_with_its_own_capture_or_release_and_with_nothing_else() {
        let hold = || vec![Rc::new(line(1, LineKind::Hold, "a", false))];
        for (coming, expected) in [
            (line(2, LineKind::Purchase, "a", false), true),
            (line(2, LineKind::Void, "a", false), true),
            (line(1, LineKind::Hold, "a", true), true),
            (line(1, LineKind::Hold, "a", false), false),
            (line(2, LineKind::Purchase, "b", false), false),
            (line(2, LineKind::Void, "b", false), false),
            (line(2, LineKind::Refund, "a", false), false),
            (line(2, LineKind::Decline, "a", false), false),
        ] {
            let mut lines = hold();
            follow(&mut lines, &coming);
            assert_eq!(lines[0].has_ended, expected, "{coming:?}");
        }
    }
}
