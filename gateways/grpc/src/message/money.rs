//! Money on the wire.

use bancada_kernel::Money;
use bancada_proto::bank::v1;
use tonic::Status;

use super::field;

pub(crate) fn from_message(path: &str, money: Option<v1::Money>) -> Result<Money, Status> {
    let money = field::required(path, money)?;
    Money::of_code(money.amount_minor, &money.currency)
        .map_err(|error| field::invalid(&format!("{path}.currency"), error))
}

pub(crate) fn to_message(money: Money) -> v1::Money {
    v1::Money { amount_minor: money.minor, currency: money.currency.code().to_owned() }
}
