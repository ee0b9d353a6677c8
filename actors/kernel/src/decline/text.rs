//! What people are told of a decline, in Brazilian Portuguese and in English.

use super::DeclineReason;

/// Why, and what to do. Of a reason that a shopper may not know there is no text of its own
/// ([`DeclineReason::for_shopper`]).
pub(super) fn to_shopper(reason: DeclineReason) -> [&'static str; 2] {
    match reason {
        DeclineReason::UnknownCard => [
            "O banco não conhece este número de cartão. Confira o número e tente de novo.",
            "The bank does not know this card number. Check the number and try again.",
        ],
        DeclineReason::CardCancelled => [
            "Este cartão foi cancelado. Use outro cartão.",
            "This card was cancelled. Use another card.",
        ],
        DeclineReason::CardBlocked => [
            "Este cartão está bloqueado. Desbloqueie-o com seu banco e tente de novo, ou use \
             outro cartão.",
            "This card is blocked. Unblock it with your bank and try again, or use another card.",
        ],
        DeclineReason::ExpiredCard => [
            "O cartão venceu, ou a validade digitada não é a do cartão. Confira a data e tente \
             de novo, ou use outro cartão.",
            "The card has expired, or the expiry date that was typed is not the card's. Check the \
             date and try again, or use another card.",
        ],
        DeclineReason::IncorrectCvc => [
            "O código de segurança está errado. Confira o código no cartão e tente de novo.",
            "The security code is wrong. Check the code on the card and try again.",
        ],
        DeclineReason::InsufficientFunds => [
            "O valor passa do limite disponível. Compre menos e tente de novo, ou use outro \
             cartão.",
            "The amount is over the card's available limit. Buy less and try again, or use \
             another card.",
        ],
        DeclineReason::VelocityExceeded => [
            "Muitos pagamentos com este cartão em pouco tempo. Espere e tente de novo.",
            "Too many payments with this card in a short time. Wait and try again.",
        ],
        DeclineReason::NotPermitted => [
            "Este cartão não permite este tipo de pagamento. Use outro cartão.",
            "This card does not allow this kind of payment. Use another card.",
        ],
        DeclineReason::DoNotHonor
        | DeclineReason::LostCard
        | DeclineReason::StolenCard
        | DeclineReason::Fraudulent => [
            "O banco recusou sem informar o motivo. Fale com seu banco ou use outro cartão.",
            "The bank declined without giving a reason. Contact your bank or use another card.",
        ],
        DeclineReason::ProcessingError => [
            "O banco teve uma falha ao processar. Tente de novo em instantes.",
            "The bank had a fault while processing. Try again in a moment.",
        ],
        DeclineReason::IssuerTimeout => [
            "O banco não respondeu a tempo. Tente de novo.",
            "The bank did not answer in time. Try again.",
        ],
        DeclineReason::Abandoned => [
            "O pagamento foi abandonado antes de chegar ao banco. Tente de novo.",
            "The payment was given up before it reached the bank. Try again.",
        ],
    }
}

/// Why, for whoever owns the card, as a fact of the past.
pub(super) fn to_cardholder(reason: DeclineReason) -> [&'static str; 2] {
    match reason {
        DeclineReason::UnknownCard => {
            ["O número digitado não é de um cartão.", "The number that was typed is no card's."]
        }
        DeclineReason::CardCancelled => {
            ["O cartão estava cancelado.", "The card had been cancelled."]
        }
        DeclineReason::CardBlocked => ["O cartão estava bloqueado.", "The card was blocked."],
        DeclineReason::LostCard => {
            ["O cartão consta como perdido.", "The card is reported as lost."]
        }
        DeclineReason::StolenCard => {
            ["O cartão consta como roubado.", "The card is reported as stolen."]
        }
        DeclineReason::ExpiredCard => [
            "O cartão estava vencido, ou a validade digitada não era a dele.",
            "The card had expired, or the expiry date that was typed was not the card's.",
        ],
        DeclineReason::IncorrectCvc => [
            "O código de segurança digitado não era o do cartão.",
            "The security code that was typed was not the card's.",
        ],
        DeclineReason::Fraudulent => [
            "O banco suspeitou de fraude. Se foi você, fale com o banco.",
            "The bank suspected fraud. If it was you, talk to the bank.",
        ],
        DeclineReason::InsufficientFunds => {
            ["O valor passava do limite disponível.", "The amount was over the available limit."]
        }
        DeclineReason::VelocityExceeded => [
            "Houve pagamentos demais em pouco tempo.",
            "There were too many payments in a short time.",
        ],
        DeclineReason::NotPermitted => [
            "O cartão não permitia este tipo de pagamento.",
            "The card did not allow this kind of payment.",
        ],
        DeclineReason::DoNotHonor => {
            ["O banco não autorizou o pagamento.", "The bank did not allow the payment."]
        }
        DeclineReason::ProcessingError => {
            ["O banco teve uma falha ao processar.", "The bank had a fault while processing."]
        }
        DeclineReason::IssuerTimeout => {
            ["O banco não respondeu a tempo.", "The bank did not answer in time."]
        }
        DeclineReason::Abandoned => [
            "A loja desistiu do pagamento antes que ele chegasse ao banco.",
            "The store gave the payment up before it reached the bank.",
        ],
    }
}
