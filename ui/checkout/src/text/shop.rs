//! Texts of the catalogue, the product page and the cart.

use bancada_ui_kit::{Locale, texts};

use crate::cart::MAX_QUANTITY;

texts! {
    /// What the shelves say.
    pub(crate) ShopText {
        Title: "Loja", "Shop";
        Orders: "Pedidos", "Orders";
        AddToCart: "Pôr no carrinho", "Add to cart";
        GoToCart: "Ver carrinho", "View cart";
        BackToShop: "Voltar à loja", "Back to the shop";
        NoProducts: "A loja está sem produtos no momento.",
            "The shop has no products at the moment.";
        NoSuchProduct: "Este produto não existe ou não é mais vendido.",
            "This product does not exist or is no longer sold.";
    }
}

texts! {
    /// What the cart says.
    pub(crate) CartText {
        Title: "Carrinho", "Cart";
        Empty: "Seu carrinho está vazio.", "Your cart is empty.";
        Browse: "Ver produtos", "Browse products";
        Total: "Total", "Total";
        Remove: "Remover", "Remove";
        Each: "cada", "each";
        Pay: "Pagar com cartão", "Pay by card";
        NoLongerSold: "Não é mais vendido. Remova para continuar.",
            "No longer sold. Remove it to go on.";
        OpenPayment: "Há um pagamento sem resultado conhecido. Veja como ele está antes de pagar \
            de novo.",
            "There is a payment whose outcome is not known yet. See where it stands before paying \
            again.";
        SeeOpenPayment: "Ver pagamento", "See payment";
    }
}

/// The link to the cart, with how many things are in it.
pub(crate) fn cart_link(locale: Locale, n_items: u32) -> String {
    format!("{} ({n_items})", CartText::Title.text(locale))
}

/// That a product was put into the cart.
pub(crate) fn in_cart(locale: Locale, quantity: u32) -> String {
    match locale {
        Locale::PtBr => format!("No carrinho: {quantity}"),
        Locale::En => format!("In the cart: {quantity}"),
    }
}

/// The name of a quantity field.
pub(crate) fn quantity_of(locale: Locale, product: &str) -> String {
    match locale {
        Locale::PtBr => format!("Quantidade de {product}"),
        Locale::En => format!("Quantity of {product}"),
    }
}

/// That what was typed is no quantity, and how many there still are.
pub(crate) fn quantity_refused(locale: Locale, kept: u32) -> String {
    match locale {
        Locale::PtBr => {
            format!("Digite um número inteiro de 1 a {MAX_QUANTITY}. No carrinho há {kept}.")
        }
        Locale::En => {
            format!("Type a whole number from 1 to {MAX_QUANTITY}. In the cart there are {kept}.")
        }
    }
}

/// The full name of a remove button.
pub(crate) fn remove_product(locale: Locale, product: &str) -> String {
    format!("{} {product}", CartText::Remove.text(locale))
}
