//! The pages of the shop, one file each.

mod cart;
mod catalogue;
mod not_found;
mod orders;
mod pay;
mod product;
mod receipt;

pub(crate) use cart::CartPage;
pub(crate) use catalogue::CataloguePage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use orders::OrdersPage;
pub(crate) use pay::PayPage;
pub(crate) use product::ProductPage;
pub(crate) use receipt::ReceiptPage;
