//! `/`, `/loja/…`, `/extrato/…` and `/assets/…`: the frontends.

mod not_found;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use bancada_checkout::catalogue::Catalogue;

use crate::problem::ApiError;
use crate::reader::Reader;
use crate::routes::read;
use crate::site::Site;

pub(crate) fn configure(config: &mut ServiceConfig, site: Arc<Site>, catalogue: Arc<Catalogue>) {
    config
        .app_data(Data::from(site))
        .app_data(Data::from(catalogue))
        .service(read("/", landing))
        .service(read("/loja", || to_folder("/loja/")))
        .service(read("/extrato", || to_folder("/extrato/")))
        .service(read("/loja/{rest:.*}", loja))
        .service(read("/extrato/{rest:.*}", extrato))
        .service(read("/assets/products/{slug}.svg", drawing))
        .service(read("/assets/{name}", asset))
        .service(read("/favicon.svg", asset));
}

/// What no route takes.
pub(crate) async fn elsewhere(request: HttpRequest) -> HttpResponse {
    let site = request.app_data::<Data<Site>>();
    not_found::answer(&request, site.map(|site| site.as_ref()))
}

async fn to_folder(folder: &'static str) -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, folder)).finish()
}

async fn landing(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    page(&request, &site, "/index.html")
}

async fn loja(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    page(&request, &site, "/loja/index.html")
}

async fn extrato(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    page(&request, &site, "/extrato/index.html")
}

/// Every path of an app is its page; the app shows what belongs there.
fn page(request: &HttpRequest, site: &Site, path: &str) -> HttpResponse {
    site.answer(request, path).unwrap_or_else(|| {
        Reader::of(request).problem(&ApiError::unavailable(
            "pages_missing",
            "As páginas não foram construídas. Rode `cargo xtask web`.",
            "The pages have not been built. Run `cargo xtask web`.",
        ))
    })
}

async fn asset(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    let found = site.answer(&request, request.path());
    found.unwrap_or_else(|| not_found::answer(&request, Some(&site)))
}

async fn drawing(
    request: HttpRequest,
    catalogue: Data<Catalogue>,
    site: Data<Site>,
) -> HttpResponse {
    let slug = request.match_info().get("slug").unwrap_or_default();
    match catalogue.drawing(slug) {
        Some(drawing) => HttpResponse::Ok()
            .content_type("image/svg+xml")
            .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
            .body(drawing),
        None => not_found::answer(&request, Some(&site)),
    }
}
