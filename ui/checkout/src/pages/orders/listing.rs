//! The pages of orders fetched so far.

use std::rc::Rc;

use bancada_proto::web::{Order, OrderList};
use bancada_ui_kit::api::ApiError;
use yew::Reducible;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) orders: Vec<Order>,
    /// Where the next page begins; absent on the last and before the first.
    pub(super) next: Option<String>,
    pub(super) loading: bool,
    pub(super) error: Option<ApiError>,
}

#[derive(Clone, Debug)]
pub(super) enum ListingAction {
    Asked,
    Answered(Result<OrderList, ApiError>),
}

impl Reducible for Listing {
    type Action = ListingAction;

    fn reduce(mut self: Rc<Self>, action: ListingAction) -> Rc<Self> {
        let state = Rc::make_mut(&mut self);
        match action {
            ListingAction::Asked => {
                state.loading = true;
                state.error = None;
            }
            ListingAction::Answered(Ok(page)) => {
                state.loading = false;
                state.next = page.next;
                for order in page.orders {
                    // A page asked for twice must not show its orders twice.
                    if !state.orders.iter().any(|known| known.id == order.id) {
                        state.orders.push(order);
                    }
                }
            }
            ListingAction::Answered(Err(error)) => {
                state.loading = false;
                state.error = Some(error);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_page_keeps_the_place_for_another_try() {
        let list = Rc::new(Listing { next: Some("cursor".into()), ..Listing::default() });
        let list = list.reduce(ListingAction::Asked);
        assert!(list.loading);
        let list = list.reduce(ListingAction::Answered(Err(ApiError::Network)));
        assert_eq!(list.next.as_deref(), Some("cursor"));
        assert_eq!(list.error, Some(ApiError::Network));
        let last = OrderList { orders: Vec::new(), next: None };
        let list = list.reduce(ListingAction::Asked).reduce(ListingAction::Answered(Ok(last)));
        assert_eq!(*list, Listing::default());
    }
}
