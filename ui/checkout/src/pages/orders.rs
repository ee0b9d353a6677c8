//! Every order of the shop, newest first.

mod listing;

use bancada_proto::web::Order;
use bancada_ui_kit::api::ApiError;
use bancada_ui_kit::{Amount, Empty, ErrorNote, Instant, Loading, Locale, PageTitle, use_locale};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::api;
use crate::order_status;
use crate::route::Route;
use crate::text::{OrderText, ShopText};
use listing::{Listing, ListingAction};

#[component]
pub(crate) fn OrdersPage() -> Html {
    let locale = use_locale();
    let listing = use_reducer(Listing::default);
    let more = {
        let listing = listing.dispatcher();
        move |before: Option<String>| fetch(locale, listing.clone(), before)
    };
    {
        let more = more.clone();
        use_effect_with((), move |()| more(None));
    }
    let on_retry = {
        let (more, next) = (more.clone(), listing.next.clone());
        Callback::from(move |()| more(next.clone()))
    };
    let older = listing.next.clone().map(|next| {
        html! {
            <button
                id="older"
                type="button"
                disabled={listing.loading}
                onclick={move |_| more(Some(next.clone()))}
            >
                { OrderText::Older.text(locale) }
            </button>
        }
    });
    let nothing = listing.orders.is_empty() && !listing.loading && listing.error.is_none();
    html! {
        <>
            <PageTitle title={OrderText::Orders.text(locale)} />
            if nothing {
                <Empty text={OrderText::NoOrders.text(locale)}>
                    <Link<Route> classes="button" to={Route::Catalogue}>
                        { ShopText::BackToShop.text(locale) }
                    </Link<Route>>
                </Empty>
            }
            <ol class="lines" id="orders">
                for order in &listing.orders {
                    <OrderRow key={order.id.clone()} order={order.clone()} />
                }
            </ol>
            if listing.loading {
                <Loading />
            }
            if let Some(error) = listing.error.clone() {
                <ErrorNote {error} {on_retry} />
            } else {
                { older }
            }
        </>
    }
}

fn fetch(locale: Locale, listing: UseReducerDispatcher<Listing>, before: Option<String>) {
    listing.dispatch(ListingAction::Asked);
    spawn_local(async move {
        let page: Result<_, ApiError> = api::orders(locale, before).await;
        listing.dispatch(ListingAction::Answered(page));
    });
}

#[derive(Properties, PartialEq)]
struct OrderRowProps {
    order: Order,
}

#[component]
fn OrderRow(props: &OrderRowProps) -> Html {
    let locale = use_locale();
    let order = &props.order;
    let word = order_status::word(order.status);
    let names: Vec<&str> = order.items.iter().map(|item| locale.pick(&item.name)).collect();
    html! {
        <li class="line" data-order={order.id.clone()} data-status={word}>
            <div class="line-text">
                <Link<Route> to={Route::Receipt { id: order.id.clone() }}>
                    { names.join(", ") }
                </Link<Route>>
                <span class="small"><Instant at_ms={order.placed_at_ms} /></span>
            </div>
            <span class={order_status::class(order.status)}>
                { order_status::short(order).text(locale) }
            </span>
            <Amount money={order.total.clone()} />
        </li>
    }
}
