//! The built frontends, held in memory with their compressed siblings.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

/// Everything a browser may load, by its path on this origin. Cheap to clone behind an `Arc`.
#[derive(Debug, Default)]
pub struct Site {
    files: HashMap<String, File>,
}

#[derive(Debug, Default)]
struct File {
    plain: Option<Bytes>,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// The frontends cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the web pages in {path} cannot be read: {cause}; build them with `cargo xtask web`, or say \
     with --web where they are"
)]
pub struct SiteError {
    path: String,
    cause: io::Error,
}

impl Site {
    /// Reads the folder that `cargo xtask web` writes.
    pub fn read(folder: &Path) -> Result<Site, SiteError> {
        let error = |cause| SiteError { path: folder.display().to_string(), cause };
        let mut site = Site::default();
        site.read_folder(folder, "").map_err(error)?;
        if !site.files.contains_key("/index.html") {
            let cause = io::Error::new(io::ErrorKind::NotFound, "there is no index.html");
            return Err(error(cause));
        }
        Ok(site)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{prefix}/{name}");
            if entry.file_type()?.is_dir() {
                self.read_folder(&entry.path(), &path)?;
                continue;
            }
            let content = Some(Bytes::from(std::fs::read(entry.path())?));
            if let Some(plain) = path.strip_suffix(".br") {
                self.files.entry(plain.to_owned()).or_default().brotli = content;
            } else if let Some(plain) = path.strip_suffix(".gz") {
                self.files.entry(plain.to_owned()).or_default().gzip = content;
            } else {
                self.files.entry(path).or_default().plain = content;
            }
        }
        Ok(())
    }

    /// The path of the pages' stylesheet, whose name has a hash.
    pub(crate) fn stylesheet(&self) -> Option<&str> {
        let is_it = |path: &&String| path.starts_with("/assets/style-") && path.ends_with(".css");
        self.files.keys().find(is_it).map(String::as_str)
    }

    /// The file at this path, in the smallest form that the browser takes.
    pub(crate) fn answer(&self, request: &HttpRequest, path: &str) -> Option<HttpResponse> {
        let file = self.files.get(path)?;
        let accepted = request.headers().get(header::ACCEPT_ENCODING);
        let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let takes = |encoding: &str| {
            accepted.split(',').any(|item| {
                let (name, weight) = item.split_once(';').unwrap_or((item, ""));
                let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
                name.trim().eq_ignore_ascii_case(encoding) && weight.is_none_or(|q| q > 0.0)
            })
        };
        let mut response = HttpResponse::Ok();
        response.content_type(content_type(path));
        response.insert_header((header::VARY, "accept-encoding"));
        response.insert_header((header::CACHE_CONTROL, cache_control(path)));
        let encoded =
            [("br", &file.brotli), ("gzip", &file.gzip)].into_iter().find_map(|(name, content)| {
                content.as_ref().filter(|_| takes(name)).map(|it| (name, it))
            });
        if let Some((name, content)) = encoded {
            response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static(name)));
            return Some(response.body(content.clone()));
        }
        file.plain.as_ref().map(|content| response.body(content.clone()))
    }
}

/// Names under `/assets/` carry a hash of their content: they never change. Everything else is
/// asked for again.
fn cache_control(path: &str) -> &'static str {
    let is_hashed = path.starts_with("/assets/") && path.contains('-');
    if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "png" => "image/png",
        "ico" => "image/x-icon",
        _ => "application/octet-stream",
    }
}
