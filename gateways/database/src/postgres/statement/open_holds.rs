//! The holds of one open transaction: those that begin to stand, and those that end.

use std::collections::{BTreeMap, BTreeSet};

use bancada_extrato::ports::StoreError;
use bancada_kernel::{CardToken, PaymentId};

use super::super::session::Session;
use crate::statement::integer;

const END: &str = "
    DELETE FROM bancada.statement_open_hold AS kept
    USING unnest($1::text[], $2::text[]) AS one (token, payment)
    WHERE kept.token = one.token AND kept.payment = one.payment";
const PUT: &str = "
    INSERT INTO bancada.statement_open_hold (token, payment, position)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
    ON CONFLICT (token, payment) DO UPDATE SET position = excluded.position";

#[derive(Default)]
pub(super) struct OpenHolds {
    begun: BTreeMap<(CardToken, PaymentId), u64>,
    ended: BTreeSet<(CardToken, PaymentId)>,
}

impl OpenHolds {
    pub(super) fn put(&mut self, token: &CardToken, payment: PaymentId, position: u64) {
        self.begun.insert((token.clone(), payment), position);
    }

    pub(super) fn end(&mut self, token: &CardToken, payment: PaymentId) {
        let hold = (token.clone(), payment);
        if self.begun.remove(&hold).is_none() {
            self.ended.insert(hold);
        }
    }

    pub(super) fn write(&self, session: &mut Session) -> Result<(), StoreError> {
        if !self.ended.is_empty() {
            let (tokens, payments) = names(self.ended.iter());
            session.execute(END, &[&tokens, &payments])?;
        }
        if !self.begun.is_empty() {
            let (tokens, payments) = names(self.begun.keys());
            let positions = self.begun.values().map(|it| integer(*it));
            let positions = positions.collect::<Result<Vec<_>, _>>()?;
            session.execute(PUT, &[&tokens, &payments, &positions])?;
        }
        Ok(())
    }
}

fn names<'a>(
    holds: impl Iterator<Item = &'a (CardToken, PaymentId)>,
) -> (Vec<&'a str>, Vec<String>) {
    holds.map(|(token, payment)| (token.as_str(), payment.to_string())).unzip()
}
