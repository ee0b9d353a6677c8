//! Texts of the pay page.

use bancada_ui_kit::{Locale, texts};

texts! {
    /// What the pay page says.
    pub(crate) PayText {
        Title: "Pagamento", "Payment";
        Card: "Cartão", "Card";
        Number: "Número do cartão", "Card number";
        Holder: "Nome impresso no cartão", "Name on the card";
        Expiry: "Validade", "Expiry date";
        ExpiryHint: "Mês e ano, como 12/35.", "Month and year, such as 12/35.";
        Cvv: "Código de segurança", "Security code";
        CvvHint: "3 dígitos no verso; no American Express, 4 na frente.",
            "3 digits on the back; on American Express, 4 on the front.";
        Brand: "Bandeira", "Brand";
        BrandOther: "outra", "other";
        Installments: "Parcelas", "Installments";
        Paying: "Pagando…", "Paying…";
        PayingHint: "Falando com o banco. Pode levar alguns segundos.",
            "Talking to the bank. This can take a few seconds.";
        Summary: "Resumo da compra", "Order summary";
        NumberEmpty: "Digite o número do cartão.", "Enter the card number.";
        NumberNotDigits: "Use só dígitos, espaços e hífens.",
            "Use only digits, spaces and hyphens.";
        NumberWrongLength: "O número tem dígitos a mais ou a menos.",
            "The number has too few or too many digits.";
        NumberFailsCheck: "Algum dígito está errado. Confira o número.",
            "A digit is wrong. Check the number.";
        HolderEmpty: "Digite o nome como está no cartão.", "Enter the name as it is on the card.";
        ExpiryEmpty: "Digite a validade.", "Enter the expiry date.";
        ExpiryUnreadable: "Escreva mês e ano, como 12/35.", "Write month and year, such as 12/35.";
        ExpiryPast: "Por esta data o cartão já venceu. Confira; quem decide é o banco.",
            "By this date the card has expired. Check it; the bank decides.";
        CvvEmpty: "Digite o código de segurança.", "Enter the security code.";
        TestCards: "Cartões de teste", "Test cards";
        TestCardsHint: "Nenhum cartão de verdade funciona aqui. Escolha um destes; qualquer código \
            de segurança serve.",
            "No real card works here. Pick one of these; any security code will do.";
        UseThisCard: "Usar este cartão", "Use this card";
        Approves: "Aprova.", "Approves.";
        Declines: "Recusa.", "Declines.";
        KeyReused: "Esta tentativa de pagamento já foi enviada com outros dados. Veja o resultado \
            dela; nada foi cobrado agora.",
            "This attempt to pay was already sent with other data. See how it ended; nothing was \
            charged now.";
        SeeOrder: "Ver pedido", "See order";
        PriceChanged: "O preço mudou enquanto você comprava. Confira o novo total e pague de novo; \
            nada foi cobrado.",
            "The price changed while you were shopping. Check the new total and pay again; nothing \
            was charged.";
        Unavailable: "O pagamento não pôde ser enviado agora; nada foi cobrado. Tente de novo em \
            instantes.",
            "The payment could not be sent now; nothing was charged. Try again in a moment.";
    }
}

/// The button that pays.
pub(crate) fn pay_button(locale: Locale, total: &str) -> String {
    match locale {
        Locale::PtBr => format!("Pagar {total}"),
        Locale::En => format!("Pay {total}"),
    }
}

/// How many digits the code has.
pub(crate) fn security_code_length(locale: Locale, expected: usize) -> String {
    match locale {
        Locale::PtBr => format!("O código tem {expected} dígitos."),
        Locale::En => format!("The code has {expected} digits."),
    }
}

/// Paying a total at once.
pub(crate) fn in_full(locale: Locale, total: &str) -> String {
    match locale {
        Locale::PtBr => format!("À vista: {total}"),
        Locale::En => format!("In full: {total}"),
    }
}

/// That a test card approves only small amounts.
pub(crate) fn up_to_limit(locale: Locale, limit: &str) -> String {
    match locale {
        Locale::PtBr => format!("Aprova até o limite de {limit}."),
        Locale::En => format!("Approves up to its limit of {limit}."),
    }
}
