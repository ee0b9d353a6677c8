//! One file per branch of the URL tree.

pub(crate) mod admin;
pub(crate) mod checkout;
pub(crate) mod extrato;
pub(crate) mod pages;
pub(crate) mod status;

use actix_web::guard::{Any, Get, Guard, Head};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, Route, web};

use crate::problem::ApiError;
use crate::reader::Reader;

/// An address that is only read.
pub(crate) fn read<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    takes(path, "GET, HEAD").route(reading().to(handler))
}

/// An address without routes yet, which tells every other method what it takes.
pub(crate) fn takes(path: &str, methods: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| async move {
        let mut answer = Reader::of(&request).problem(&ApiError::method_not_allowed());
        // A refusal must say what would not be refused (RFC 9110, 15.5.6).
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        answer
    }))
}

/// GET, and HEAD, which is GET without the body (RFC 9110, 9.3.2).
pub(crate) fn reading() -> Route {
    web::route().guard(is_read())
}

fn is_read() -> impl Guard {
    Any(Get()).or(Head())
}
