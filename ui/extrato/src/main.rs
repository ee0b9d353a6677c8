//! Extrato: the statement in the browser.

mod api;
mod app;
mod card_status;
mod freshness;
mod pages;
mod route;
mod statement;
mod text;
mod wallet;

fn main() {
    if let Some(root) = mount_point() {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}

/// The skeleton in `index.html` stands here until the application does.
fn mount_point() -> Option<web_sys::Element> {
    let root = web_sys::window()?.document()?.get_element_by_id("app")?;
    root.set_text_content(None);
    Some(root)
}
