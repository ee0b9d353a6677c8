//! What goes wrong over HTTP: status, stable code, and a text in two languages that says what was
//! wrong and what to do. What only one route knows of is made there.

use bancada_checkout::order::{BasketError, MAX_INSTALLMENTS, MAX_LINES, MAX_QUANTITY};
use bancada_checkout::{OrdersError, PlaceError};

use crate::amount::{in_english, in_portuguese};
use crate::language::Language;
use crate::quote::quotable;

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) title: [&'static str; 2],
    /// Boxed, because errors travel in results and should be small.
    pub(crate) detail: Box<[String; 2]>,
    pub(crate) field: Option<String>,
    /// Seconds after which trying again makes sense.
    pub(crate) retry_after: Option<u32>,
}

/// Titles, Portuguese first.
const BAD_REQUEST: [&str; 2] = ["Pedido inválido", "Invalid request"];
const NOT_FOUND: [&str; 2] = ["Não encontrado", "Not found"];
const CONFLICT: [&str; 2] = ["Conflito", "Conflict"];
const TOO_SLOW: [&str; 2] = ["Pedido demorado demais", "Request timeout"];
const BUSY: [&str; 2] = ["Indisponível no momento", "Unavailable right now"];

impl ApiError {
    /// An error of this status and code.
    pub(crate) fn new(
        status: u16,
        code: &'static str,
        title: [&'static str; 2],
        pt_br: impl Into<String>,
        en: impl Into<String>,
    ) -> ApiError {
        let detail = Box::new([pt_br.into(), en.into()]);
        ApiError { status, code, title, detail, field: None, retry_after: None }
    }

    /// The field at fault, as a path.
    pub(crate) fn at(self, field: impl Into<String>) -> ApiError {
        ApiError { field: Some(field.into()), ..self }
    }

    fn later(self, seconds: u32) -> ApiError {
        ApiError { retry_after: Some(seconds), ..self }
    }

    pub(crate) fn title(&self, language: Language) -> &'static str {
        self.title[index(language)]
    }

    pub(crate) fn detail(&self, language: Language) -> &str {
        &self.detail[index(language)]
    }

    pub(crate) fn invalid(
        code: &'static str,
        pt_br: impl Into<String>,
        en: impl Into<String>,
    ) -> ApiError {
        ApiError::new(422, code, BAD_REQUEST, pt_br, en)
    }

    pub(crate) fn bad_request(
        code: &'static str,
        pt_br: impl Into<String>,
        en: impl Into<String>,
    ) -> ApiError {
        ApiError::new(400, code, BAD_REQUEST, pt_br, en)
    }

    pub(crate) fn not_found(
        code: &'static str,
        pt_br: impl Into<String>,
        en: impl Into<String>,
    ) -> ApiError {
        ApiError::new(404, code, NOT_FOUND, pt_br, en)
    }

    pub(crate) fn unavailable(
        code: &'static str,
        pt_br: impl Into<String>,
        en: impl Into<String>,
    ) -> ApiError {
        ApiError::new(503, code, BUSY, pt_br, en).later(1)
    }

    pub(crate) fn conflict(
        code: &'static str,
        pt_br: impl Into<String>,
        en: impl Into<String>,
    ) -> ApiError {
        ApiError::new(409, code, CONFLICT, pt_br, en)
    }

    /// No such path.
    pub(crate) fn no_route() -> ApiError {
        ApiError::not_found(
            "not_found",
            "Não há nada neste endereço.",
            "There is nothing at this address.",
        )
    }

    /// The path exists and takes other methods.
    pub(crate) fn method_not_allowed() -> ApiError {
        ApiError::new(
            405,
            "method_not_allowed",
            ["Método não permitido", "Method not allowed"],
            "Este endereço não aceita este método.",
            "This address does not take this method.",
        )
    }

    /// A request for somebody else's host (RFC 9110, 15.5.20).
    pub(crate) fn misdirected() -> ApiError {
        ApiError::new(
            421,
            "host_not_allowed",
            ["Endereço não atendido", "Misdirected request"],
            "Este servidor não atende por este nome. Use localhost, um endereço IP ou um nome \
             dado com --allowed-host.",
            "This server does not answer to this name. Use localhost, an IP address, or a name \
             that was given with --allowed-host.",
        )
    }

    /// None, or more than one, or not one.
    pub(crate) fn host_invalid() -> ApiError {
        ApiError::bad_request(
            "host_invalid",
            "Envie o cabeçalho Host uma vez.",
            "Send the header Host once.",
        )
    }

    /// What cannot be read as HTTP.
    pub(crate) fn request_malformed() -> ApiError {
        ApiError::bad_request(
            "request_malformed",
            "O pedido não é HTTP válido.",
            "The request is not valid HTTP.",
        )
    }

    /// RFC 6585, 5.
    pub(crate) fn head_too_large() -> ApiError {
        ApiError::new(
            431,
            "head_too_large",
            ["Cabeçalhos grandes demais", "Headers too large"],
            "Os cabeçalhos do pedido são grandes demais.",
            "The headers of the request are too large.",
        )
    }

    /// A head that was begun and did not end.
    pub(crate) fn head_late() -> ApiError {
        ApiError::new(
            408,
            "request_timeout",
            TOO_SLOW,
            "O pedido não chegou inteiro a tempo.",
            "The request did not arrive completely in time.",
        )
    }

    /// A body that was begun and did not end.
    pub(crate) fn body_late() -> ApiError {
        ApiError::new(
            408,
            "body_timeout",
            TOO_SLOW,
            "O corpo não chegou inteiro a tempo. Nada foi feito.",
            "The body did not arrive completely in time. Nothing was done.",
        )
    }

    /// A mistake of ours.
    pub(crate) fn internal() -> ApiError {
        ApiError::new(
            500,
            "internal",
            ["Erro interno", "Internal error"],
            "Algo deu errado aqui. Tente de novo.",
            "Something went wrong here. Try again.",
        )
    }
}

fn index(language: Language) -> usize {
    match language {
        Language::PtBr => 0,
        Language::En => 1,
    }
}

impl From<PlaceError> for ApiError {
    fn from(error: PlaceError) -> ApiError {
        match error {
            PlaceError::KeyReused => ApiError::conflict(
                "idempotency_key_reused",
                "Esta chave já foi usada para outro pedido. Use uma chave nova.",
                "This key was used for another order. Use a new key.",
            ),
            PlaceError::Basket(error) => error.into(),
            PlaceError::Overloaded => overloaded(),
            PlaceError::StorageFull => ApiError::unavailable(
                "storage_full",
                "A loja está sem espaço em disco e não registra pedidos. Nada foi cobrado.",
                "The shop's disk is full and it cannot record orders. Nothing was charged.",
            ),
            PlaceError::Unavailable => not_ready(),
            PlaceError::UnknownOutcome => ApiError::unavailable(
                "outcome_unknown",
                "Não sabemos se o pedido foi registrado. Repita com a mesma chave: ele só \
                 acontece uma vez.",
                "We do not know whether the order was recorded. Repeat it with the same key: it \
                 happens only once.",
            ),
            PlaceError::Unreadable => unreadable(),
        }
    }
}

impl From<OrdersError> for ApiError {
    fn from(error: OrdersError) -> ApiError {
        match error {
            OrdersError::Overloaded => overloaded(),
            OrdersError::Unavailable => not_ready(),
            OrdersError::Unreadable => unreadable(),
        }
    }
}

fn unreadable() -> ApiError {
    ApiError::unavailable(
        "order_unreadable",
        "Os dados guardados deste pedido estão danificados, e nada é mostrado em lugar deles. Quem \
         opera a loja precisa restaurar uma cópia.",
        "What is kept of this order is damaged, and nothing is shown in its place. Whoever runs \
         the shop has to restore a backup.",
    )
}

impl From<BasketError> for ApiError {
    fn from(error: BasketError) -> ApiError {
        match error {
            BasketError::Empty => {
                ApiError::invalid("order_empty", "O pedido está vazio.", "The order is empty.")
                    .at("items")
            }
            BasketError::TooManyLines => ApiError::invalid(
                "order_too_long",
                format!("Um pedido tem no máximo {MAX_LINES} linhas."),
                format!("An order has at most {MAX_LINES} lines."),
            )
            .at("items"),
            BasketError::UnknownProduct { item, slug } => {
                let slug = quotable(&slug);
                ApiError::invalid(
                    "product_unknown",
                    format!("A loja não vende {slug:?}."),
                    format!("The shop does not sell {slug:?}."),
                )
                .at(format!("items[{item}].slug"))
            }
            BasketError::QuantityOutOfRange { item, .. } => ApiError::invalid(
                "quantity_out_of_range",
                format!("A quantidade vai de 1 a {MAX_QUANTITY}."),
                format!("A quantity is 1 to {MAX_QUANTITY}."),
            )
            .at(format!("items[{item}].quantity")),
            BasketError::InstallmentsOutOfRange => ApiError::invalid(
                "installments_out_of_range",
                format!("As parcelas vão de 1 a {MAX_INSTALLMENTS}."),
                format!("Installments are 1 to {MAX_INSTALLMENTS}."),
            )
            .at("installments"),
            BasketError::InstallmentTooSmall { least } => ApiError::invalid(
                "installment_too_small",
                format!("Cada parcela deve ter pelo menos {}.", in_portuguese(least)),
                format!("Each installment must be at least {}.", in_english(least)),
            )
            .at("installments"),
            BasketError::PriceChanged { total } => ApiError::new(
                409,
                "price_changed",
                CONFLICT,
                format!("O total agora é {}. Confira o carrinho.", in_portuguese(total)),
                format!("The total is now {}. Check your cart.", in_english(total)),
            )
            .at("expected_total"),
        }
    }
}

pub(crate) fn overloaded() -> ApiError {
    ApiError::unavailable(
        "overloaded",
        "Há pedidos demais ao mesmo tempo. Tente de novo em instantes.",
        "There is too much going on. Try again in a moment.",
    )
}

pub(crate) fn not_ready() -> ApiError {
    ApiError::unavailable(
        "not_ready",
        "O serviço está iniciando ou parando. Tente de novo em instantes.",
        "The service is starting or stopping. Try again in a moment.",
    )
}
