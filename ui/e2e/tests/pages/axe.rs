//! What keeps people out of a page, as far as a program can find it: axe's rules of WCAG.

use serde_json::Value;

use crate::browser::Browser;

/// Answers with each thing that is wrong: the rule, and the elements.
const LOOK: &str = "
    const done = arguments[arguments.length - 1];
    const told = (it) => `${it.id} (${it.help}): ${it.nodes.map((node) => node.html).join(' ')}`;
    axe.run(document).then(
        (result) => done(result.violations.map(told)),
        (error) => done([`axe: ${error}`]),
    );";

/// Finds nothing wrong with the page as it is now. `cargo xtask test` says where axe is.
pub(crate) async fn lets_everybody_in(browser: &Browser, name: &str) {
    let Some(script) = std::env::var_os("BANCADA_AXE") else { return };
    if browser.run("return typeof window.axe").await == "undefined" {
        let script = std::fs::read_to_string(script).unwrap();
        browser.client.execute(&script, vec![]).await.unwrap();
    }
    let found = browser.client.execute_async(LOOK, vec![]).await.unwrap();
    assert_eq!(found, Value::Array(Vec::new()), "{name}");
}
