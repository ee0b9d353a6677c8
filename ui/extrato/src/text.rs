//! Every text of the statement application.

use bancada_ui_kit::{Locale, format, texts};

texts! {
    /// What the list of cards says.
    pub(crate) CardsText {
        Title: "Cartões", "Cards";
        Explanation: "Escolha um cartão para ver o extrato.",
            "Choose a card to see its statement.";
        NoCards: "Ainda não há cartões no extrato. Eles aparecem aqui quando o banco os emite.",
            "There are no cards on the statement yet. They appear here when the bank issues them.";
        GoToShop: "Ir à loja", "Go to the shop";
        ChooseCard: "Escolher um cartão", "Choose a card";
        Available: "Disponível", "Available";
        Active: "Ativo", "Active";
        Blocked: "Bloqueado", "Blocked";
        Cancelled: "Cancelado", "Cancelled";
    }
}

texts! {
    /// What the statement says.
    pub(crate) StatementText {
        Title: "Extrato", "Statement";
        NoSuchCard: "Este cartão não existe.", "This card does not exist.";
        Holder: "Titular", "Holder";
        Limit: "Limite", "Limit";
        Available: "Disponível", "Available";
        Balance: "Saldo devedor", "Balance owed";
        Held: "Reservado", "Held";
        Fatura: "Falta pagar na fatura atual", "Left to pay on the current fatura";
        WholeOnFatura: "Lançado inteiro nesta fatura", "Whole on this fatura";
        Filters: "Filtros", "Filters";
        Search: "Procurar por loja ou descrição", "Search by store or description";
        Kind: "Tipo", "Kind";
        AllKinds: "Todos", "All";
        From: "De", "From";
        To: "Até", "To";
        ClearFilters: "Limpar filtros", "Clear filters";
        Lines: "Lançamentos", "Lines";
        NoLines: "Este cartão ainda não tem lançamentos.", "This card has no lines yet.";
        NoMatches: "Nenhum lançamento corresponde aos filtros.", "No line matches the filters.";
        Older: "Mostrar mais antigos", "Show older";
        Hold: "Reserva", "Hold";
        Purchase: "Compra", "Purchase";
        Decline: "Recusada", "Declined";
        Void: "Reserva cancelada", "Hold released";
        Refund: "Devolução", "Refund";
        BillPayment: "Pagamento", "Payment";
        HoldNote: "Valor reservado, ainda não cobrado", "Amount held, not charged yet";
        HoldEndedNote: "Reserva encerrada; nada está reservado",
            "Hold ended; nothing is held";
        DeclineNote: "Nada foi cobrado", "Nothing was charged";
        VoidNote: "Valor liberado", "Amount released";
        RefundNote: "Valor devolvido", "Amount returned";
        BillPaymentNote: "Abatido do saldo devedor", "Taken off the balance owed";
        Details: "Detalhes", "Details";
        Transaction: "Transação", "Transaction";
        Trace: "Rastreamento", "Trace";
        Position: "Posição no diário do banco", "Position in the bank's journal";
        Code: "Código ABECS", "ABECS code";
        NewLine: "Novo lançamento", "New line";
    }
}

texts! {
    /// What is said about paying a bill.
    pub(crate) BillText {
        Title: "Pagar a fatura", "Pay the bill";
        NothingOwed: "Nada é devido. O que for pago fica como crédito.",
            "Nothing is owed. What is paid becomes a credit.";
        AmountLabel: "Valor em reais", "Amount in reais";
        NoAmount: "Digite um valor maior que zero, como 39,90.",
            "Type an amount greater than zero, like 39.90.";
        Ambiguous: "Não está claro se são milhares ou centavos. Digite como 1234,50.",
            "It is not clear whether these are thousands or cents. Type it like 1234.50.";
        MoreThanOwed: "é mais do que a fatura deve. O que passar fica como crédito.",
            "is more than the bill asks for. What is over becomes a credit.";
        PayMore: "Pagar mesmo assim", "Pay it all the same";
        Pay: "Pagar", "Pay";
        Open: "enviado, sem resposta ainda. O mesmo valor repete o mesmo pagamento.",
            "sent, with no answer yet. The same amount repeats the same payment.";
        Taken: "recebido. Nada foi pago duas vezes.", "received. Nothing was paid twice.";
        Pending: "enviado ao banco, que ainda não confirmou.",
            "sent to the bank, which has not confirmed it yet.";
        Refused: "recusado; nada foi pago.", "refused; nothing was paid.";
        MayRepeat: "Pode tentar de novo: o mesmo pagamento só acontece uma vez.",
            "You may try again: the same payment happens only once.";
    }
}

texts! {
    /// How current the statement is.
    pub(crate) FreshnessText {
        Asking: "Conectando…", "Connecting…";
        UpToDate: "Em dia com o banco", "Up to date with the bank";
        Behind: "Atrasado", "Behind";
        OtherPast: "Banco com outro passado", "Bank has another past";
        OtherPastDetail: "O Banco não tem mais tudo o que este extrato mostra, e o extrato parou \
            de acompanhá-lo. Quem opera o sistema precisa decidir o que vale.",
            "The Bank no longer has all that this statement shows, and the statement has stopped \
            following it. Whoever runs the system has to decide what holds.";
        Rebuilt: "Extrato em reconstrução", "Statement being rebuilt";
        RebuiltDetail: "O arquivo do extrato estava danificado e está sendo refeito a partir do \
            Banco. Cartões e lançamentos ainda faltam.",
            "The statement's file was damaged and is being made anew from the Bank. Cards and \
            lines are still missing.";
        BankSilent: "Banco fora de alcance", "Bank out of reach";
        BankSilentDetail: "O que aconteceu desde então aparecerá quando ele voltar.",
            "What happened since then will appear when it is back.";
        LastHeard: "Última notícia do banco:", "Last heard from the bank:";
        Offline: "Sem conexão com o extrato", "No connection to the statement";
        OfflineDetail: "O que está na tela pode estar velho. A página se reconecta sozinha.",
            "What is on the screen may be old. The page reconnects by itself.";
    }
}

/// How many events are still to come.
pub(crate) fn n_behind(locale: Locale, behind: u64) -> String {
    let count = format::count(locale, behind);
    match locale {
        Locale::PtBr if behind == 1 => "Falta 1 evento do banco.".to_owned(),
        Locale::PtBr => format!("Faltam {count} eventos do banco."),
        Locale::En if behind == 1 => "1 event of the bank is missing.".to_owned(),
        Locale::En => format!("{count} events of the bank are missing."),
    }
}

/// How many lines have come.
pub(crate) fn n_new_lines(locale: Locale, n_lines: u64) -> String {
    let count = format::count(locale, n_lines);
    match locale {
        Locale::PtBr if n_lines == 1 => "1 novo lançamento".to_owned(),
        Locale::PtBr => format!("{count} novos lançamentos"),
        Locale::En if n_lines == 1 => "1 new line".to_owned(),
        Locale::En => format!("{count} new lines"),
    }
}

/// The days on which the fatura closes and is due.
pub(crate) fn fatura_days(locale: Locale, closing_day: u32, due_day: u32) -> String {
    match locale {
        Locale::PtBr => format!("Fecha no dia {closing_day}, vence no dia {due_day}"),
        Locale::En => format!("Closes on day {closing_day}, due on day {due_day}"),
    }
}

/// What was charged in the fatura's period, where that is not what it still asks.
pub(crate) fn of_charged(locale: Locale, charged: &str) -> String {
    match locale {
        Locale::PtBr => format!("Lançado no período: {charged}"),
        Locale::En => format!("Charged in the period: {charged}"),
    }
}

#[cfg(test)]
mod tests {
    use bancada_ui_kit::text::flaw;

    use super::*;

    #[test]
    fn every_text_is_whole_in_both_languages() {
        let mut sides: Vec<[&str; 2]> = Vec::new();
        let both = [Locale::PtBr, Locale::En];
        sides.extend(CardsText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        sides.extend(StatementText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        sides.extend(BillText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        sides.extend(FreshnessText::ALL.iter().map(|text| both.map(|locale| text.text(locale))));
        for [pt_br, en] in sides {
            assert_eq!(flaw(pt_br, en), None, "{pt_br:?} {en:?}");
        }
    }
}
