//! The cart in use, remembered by the browser.

use bancada_ui_kit::storage;
use yew::prelude::*;

use crate::cart::{Cart, CartAction};

const STORAGE_KEY: &str = "bancada.cart";

/// The cart and, through it, its actions.
pub(crate) type CartHandle = UseReducerHandle<Cart>;

#[derive(Properties, PartialEq)]
pub(crate) struct CartProviderProps {
    pub(crate) children: Html,
}

/// Gives every page the cart and stores each change of it. All tabs have the same cart.
#[component]
pub(crate) fn CartProvider(props: &CartProviderProps) -> Html {
    let cart = use_reducer(stored);
    use_effect_with((*cart).clone(), |cart| storage::put_local(STORAGE_KEY, cart));
    let tabs = cart.dispatcher();
    storage::use_other_tabs(Callback::from(move |()| tabs.dispatch(CartAction::Replace(stored()))));
    html! {
        <ContextProvider<CartHandle> context={cart}>
            { props.children.clone() }
        </ContextProvider<CartHandle>>
    }
}

fn stored() -> Cart {
    storage::get_local::<Cart>(STORAGE_KEY).unwrap_or_default().repaired()
}

/// The cart in use.
#[hook]
pub(crate) fn use_cart() -> CartHandle {
    use_context().expect("every page stands inside the CartProvider")
}
