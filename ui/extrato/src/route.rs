//! The addresses of the statement application.

use yew_router::Routable;

/// A page of the statement application.
#[derive(Clone, PartialEq, Routable)]
pub(crate) enum Route {
    #[at("/extrato/")]
    Cards,
    /// The shop links here by `bancada_ui_kit::address::statement`.
    #[at("/extrato/cards/:token")]
    Statement { token: String },
    #[not_found]
    #[at("/extrato/404")]
    NotFound,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_their_page() {
        for (path, expected) in [
            ("/extrato/", Route::Cards),
            ("/extrato", Route::Cards),
            ("/extrato/cards/c-1", Route::Statement { token: "c-1".to_owned() }),
            ("/extrato/cards", Route::NotFound),
            ("/extrato/nonsense", Route::NotFound),
        ] {
            assert!(Route::recognize(path) == Some(expected), "{path}");
        }
    }
}
