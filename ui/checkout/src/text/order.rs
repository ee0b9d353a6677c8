//! Texts of the receipt and of the list of orders.

use bancada_ui_kit::texts;

texts! {
    /// What receipts and the list of orders say.
    pub(crate) OrderText {
        Orders: "Pedidos", "Orders";
        NoOrders: "Ainda não há pedidos.", "There are no orders yet.";
        Older: "Mostrar mais antigos", "Show older";
        Order: "Pedido", "Order";
        Placed: "Recebido", "Placed";
        Paying: "Pagando", "Paying";
        Paid: "Pago", "Paid";
        Declined: "Recusado", "Declined";
        Unknown: "Resultado desconhecido", "Outcome unknown";
        Cancelled: "Cancelado", "Cancelled";
        Refunded: "Devolvido", "Refunded";
        PartlyRefunded: "Devolvido em parte", "Partly refunded";
        PayingTitle: "Pagamento em andamento", "Payment under way";
        PaidTitle: "Pagamento aprovado", "Payment approved";
        DeclinedTitle: "Pagamento recusado", "Payment declined";
        UnknownTitle: "Ainda não sabemos o resultado", "We do not know the outcome yet";
        CancelledTitle: "Pedido cancelado", "Order cancelled";
        RefundedTitle: "Pagamento devolvido", "Payment refunded";
        PartlyRefundedTitle: "Pagamento devolvido em parte", "Payment partly refunded";
        NeverPlacedTitle: "O pedido não chegou a ser feito", "The order was never placed";
        LookingTitle: "Procurando o pedido…", "Looking for the order…";
        PayingText: "O pedido está anotado e o banco está respondendo. Esta página se atualiza \
            sozinha.",
            "The order is written down and the bank is answering. This page refreshes by itself.";
        PaidText: "Obrigado! O valor foi cobrado no cartão.", "Thank you! The card was charged.";
        UnknownText: "Ainda não sabemos se o banco cobrou. Você será cobrado no máximo uma vez; \
            não é preciso pagar de novo. Perguntamos ao banco durante 7 dias; depois disso, só o \
            extrato do cartão mostra se houve cobrança.",
            "We do not know yet whether the bank charged. You will be charged at most once; \
            there is no need to pay again. We ask the bank for 7 days; after that, only the \
            card's statement shows whether it charged.";
        GivenUpText: "Perguntamos ao banco durante 7 dias e não soubemos se ele cobrou. Veja no \
            extrato do cartão se a compra está lá antes de comprar de novo.",
            "We asked the bank for 7 days and could not learn whether it charged. Look on the \
            card's statement whether the purchase is there before you buy again.";
        LetGo: "Já conferi; quero poder comprar de novo",
            "I have looked; let me buy again";
        CancelledText: "Nada foi cobrado.", "Nothing was charged.";
        LostText: "O banco perdeu o registro deste pagamento, e quem o opera aceitou a perda. \
            O valor não está mais no extrato do cartão.",
            "The bank lost its record of this payment, and whoever runs it accepted the loss. \
            The amount is no longer on the card's statement.";
        RefundedText: "O valor foi devolvido ao cartão.", "The amount was returned to the card.";
        PartReturned: "Devolvido ao cartão até agora", "Returned to the card so far";
        NothingCharged: "Nada foi cobrado e seu carrinho continua como estava.",
            "Nothing was charged and your cart is as you left it.";
        NeverPlacedText: "O servidor não conhece este pedido: nada foi cobrado. Você pode voltar e \
            pagar.",
            "The server does not know this order: nothing was charged. You can go back and pay.";
        LookingText: "Estamos verificando se este pedido foi feito. Não pague de novo ainda.",
            "We are checking whether this order was placed. Do not pay again yet.";
        KeepAsking: "O servidor não respondeu. Continuamos perguntando.",
            "The server did not answer. We keep asking.";
        BackToPay: "Voltar ao pagamento", "Back to payment";
        TryAnotherCard: "Tentar com outro cartão", "Try another card";
        TryAgainSameCard: "Tentar de novo com este cartão", "Try again with this card";
        CheckCard: "Conferir os dados do cartão", "Check the card's data";
        Items: "Itens", "Items";
        Total: "Total", "Total";
        Card: "Cartão", "Card";
        Installments: "Parcelas", "Installments";
        InFull: "À vista", "In full";
        PaymentId: "Pagamento", "Payment";
        PlacedAt: "Feito em", "Placed at";
        DeclineCode: "Código ABECS", "ABECS code";
        SeeStatement: "Ver no extrato", "See it on the statement";
        KeepShopping: "Continuar comprando", "Keep shopping";
        AllOrders: "Todos os pedidos", "All orders";
    }
}
