//! A value that is fetched when a component appears.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::api::ApiError;

/// Where a fetch stands.
#[derive(Clone, Debug)]
pub enum Remote<T> {
    /// On its way.
    Loading,
    /// Here.
    Ready(Rc<T>),
    /// Not to be had.
    Failed(ApiError),
}

/// Fetches for `dependencies`, anew whenever they change or the returned callback is called. An
/// answer that comes after a newer question is ignored.
#[hook]
pub fn use_remote<D, T, F, A>(dependencies: D, fetch: F) -> (Remote<T>, Callback<()>)
where
    D: Clone + PartialEq + 'static,
    T: Clone + 'static,
    F: FnOnce(D) -> A + 'static,
    A: Future<Output = Result<T, ApiError>> + 'static,
{
    let remote = use_state(|| Remote::Loading);
    let round = use_state(|| 0_u32);
    {
        let remote = remote.clone();
        use_effect_with((dependencies, *round), move |(dependencies, _)| {
            remote.set(Remote::Loading);
            let wanted = Rc::new(Cell::new(true));
            let answer = fetch(dependencies.clone());
            let still_wanted = wanted.clone();
            spawn_local(async move {
                let found = match answer.await {
                    Ok(value) => Remote::Ready(Rc::new(value)),
                    Err(error) => Remote::Failed(error),
                };
                if still_wanted.get() {
                    remote.set(found);
                }
            });
            move || wanted.set(false)
        });
    }
    let again = Callback::from(move |()| round.set(round.wrapping_add(1)));
    ((*remote).clone(), again)
}
