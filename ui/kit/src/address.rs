//! Addresses that one application has and the other links to.

/// The list of cards, where the statement application begins.
pub const EXTRATO: &str = "/extrato/";
/// The shop.
pub const LOJA: &str = "/loja/";

/// The statement of a card.
pub fn statement(card_token: &str) -> String {
    format!("{EXTRATO}cards/{}", segment(card_token))
}

/// Any text as one segment of a path or one value of a query.
pub fn segment(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
