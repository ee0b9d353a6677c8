//! Who reads the answer: language and trace, taken from the request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse};
use bancada_kernel::TraceContext;
use bancada_proto::problem::{Problem, ProblemTexts};
use bancada_proto::web::Text;
use bancada_telemetry::trace;

use crate::language::Language;
use crate::problem::ApiError;

/// The reader of one answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) language: Language,
    pub(crate) trace: TraceContext,
}

impl Reader {
    pub(crate) fn of(request: &HttpRequest) -> Reader {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let known = request.extensions().get::<TraceContext>().copied();
        let trace = known.unwrap_or_else(|| {
            let trace = trace::continue_or_start(text("traceparent"));
            request.extensions_mut().insert(trace);
            trace
        });
        Reader { language: Language::accepted(text("accept-language")), trace }
    }

    /// The answer, or the problem in the reader's language.
    pub(crate) fn answer(self, result: Result<HttpResponse, ApiError>) -> HttpResponse {
        result.unwrap_or_else(|error| self.problem(&error))
    }

    /// A problem (RFC 9457) in the reader's language.
    pub(crate) fn problem(self, error: &ApiError) -> HttpResponse {
        let status = actix_web::http::StatusCode::from_u16(error.status)
            .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
        let problem = Problem {
            kind: format!("urn:bancada:problem:{}", error.code),
            title: error.title(self.language).to_owned(),
            status: error.status,
            detail: error.detail(self.language).to_owned(),
            texts: Some(texts(error)),
            code: error.code.to_owned(),
            field: error.field.clone(),
            trace_id: Some(self.trace.trace_id()),
        };
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::CONTENT_LANGUAGE, self.language.tag()))
            .insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = error.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        let body = serde_json::to_vec(&problem).expect("a problem is plain data");
        response.content_type("application/problem+json").body(body)
    }
}

fn texts(error: &ApiError) -> ProblemTexts {
    let both =
        |of: &dyn Fn(Language) -> String| Text { pt_br: of(Language::PtBr), en: of(Language::En) };
    ProblemTexts {
        title: both(&|language| error.title(language).to_owned()),
        detail: both(&|language| error.detail(language).to_owned()),
    }
}

impl FromRequest for Reader {
    type Error = actix_web::Error;
    type Future = Ready<Result<Reader, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Reader::of(request)))
    }
}
