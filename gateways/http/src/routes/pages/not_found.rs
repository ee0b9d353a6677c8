//! What stands at an address that is in no application: a page for people, JSON for programs.

use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use crate::language::Language;
use crate::problem::ApiError;
use crate::reader::Reader;
use crate::site::Site;

/// The answer to a request for what is not there. Without pages there is none for people either.
pub(super) fn answer(request: &HttpRequest, site: Option<&Site>) -> HttpResponse {
    let reader = Reader::of(request);
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut answer = match site.filter(|_| is_read && is_for_people(accepted.unwrap_or_default())) {
        Some(site) => HttpResponse::build(StatusCode::NOT_FOUND)
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_LANGUAGE, reader.language.tag()))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(page(reader.language, site.stylesheet())),
        None => reader.problem(&ApiError::no_route()),
    };
    let vary = header::HeaderValue::from_static("accept, accept-language");
    answer.headers_mut().insert(header::VARY, vary);
    answer
}

/// Whether a page is liked better than JSON (RFC 9110, 12.5.1). Who takes anything is a program:
/// browsers ask for pages by name.
fn is_for_people(accept: &str) -> bool {
    let weight_of = |wanted: &str| {
        let weights = accept.split(',').filter_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            is_it.then(|| weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
        });
        weights.fold(0.0_f32, f32::max)
    };
    let json = weight_of("application/json").max(weight_of("application/problem+json"));
    weight_of("text/html") > json
}

fn page(language: Language, stylesheet: Option<&str>) -> String {
    let [title, text, shop, statement] = match language {
        Language::PtBr => [
            "Página não encontrada",
            "Não há nada neste endereço. Talvez o link esteja incompleto.",
            "Loja",
            "Extrato",
        ],
        Language::En => [
            "Page not found",
            "There is nothing at this address. The link may be incomplete.",
            "Shop",
            "Statement",
        ],
    };
    let tag = language.tag();
    // The name of a file of ours: nothing in it needs an escape.
    let style = stylesheet.map(|path| format!("<link rel=\"stylesheet\" href=\"{path}\" />"));
    let style = style.unwrap_or_default();
    format!(
        "<!doctype html>
<html lang=\"{tag}\">
  <head>
    <meta charset=\"utf-8\" />
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />
    <meta name=\"color-scheme\" content=\"light dark\" />
    <title>{title} · Bancada</title>
    {style}
  </head>
  <body>
    <header class=\"header\">
      <div class=\"header-row\"><a class=\"brand\" href=\"/\">Bancada</a></div>
    </header>
    <main id=\"main\" class=\"page\">
      <h1>{title}</h1>
      <div class=\"empty\">
        <p>{text}</p>
        <p class=\"actions\">
          <a class=\"button\" href=\"/loja/\">{shop}</a>
          <a class=\"button\" href=\"/extrato/\">{statement}</a>
        </p>
      </div>
    </main>
  </body>
</html>
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_ask_for_pages_by_name_and_programs_do_not() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", true),
            ("text/html", true),
            ("TEXT/HTML;q=0.5", true),
            ("application/json;q=0.4, text/html;q=0.5", true),
            ("", false),
            ("*/*", false),
            ("text/*", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("application/problem+json, text/html;q=0.9", false),
            ("text/html;q=0", false),
            ("text/html;q=much", false),
        ] {
            assert_eq!(is_for_people(accept), expected, "{accept:?}");
        }
    }
}
