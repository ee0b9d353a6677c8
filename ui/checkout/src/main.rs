//! Loja: the shop in the browser.

mod api;
mod app;
mod attempt;
mod cart;
mod cart_context;
mod order_status;
mod pages;
mod pay;
mod receipt;
mod route;
mod text;

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
