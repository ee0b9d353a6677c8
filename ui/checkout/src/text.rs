//! Every text of the shop.

mod order;
mod pay;
mod shop;

pub(crate) use order::OrderText;
pub(crate) use pay::{PayText, in_full, pay_button, security_code_length, up_to_limit};
pub(crate) use shop::{
    CartText, ShopText, cart_link, in_cart, quantity_of, quantity_refused, remove_product,
};

#[cfg(test)]
mod tests {
    use bancada_ui_kit::Locale;
    use bancada_ui_kit::text::flaw;

    use super::*;

    #[test]
    fn every_text_is_whole_in_both_languages() {
        let mut sides: Vec<[&str; 2]> = Vec::new();
        let both = [Locale::PtBr, Locale::En];
        sides.extend(OrderText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        sides.extend(PayText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        sides.extend(ShopText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        sides.extend(CartText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        for [pt_br, en] in sides {
            assert_eq!(flaw(pt_br, en), None, "{pt_br:?} {en:?}");
        }
    }
}
