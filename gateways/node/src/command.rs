//! One file per subcommand.

pub(crate) mod accept_loss;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bank;
pub(crate) mod cards;
pub(crate) mod checkout;
pub(crate) mod dead_letters;
pub(crate) mod doctor;
pub(crate) mod extrato;
pub(crate) mod load;
pub(crate) mod pipeline;
pub(crate) mod restore;
pub(crate) mod sim;
pub(crate) mod up;
pub(crate) mod verify;
