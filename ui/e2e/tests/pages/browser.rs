//! One Chromium with an empty profile, driven through WebDriver.

use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

use crate::program::{PATIENCE, Process, eventually, free_ports};

/// Tall enough to show most of a page at once.
const HEIGHT: u32 = 1600;

/// A browser; closed when the test is over.
pub(crate) struct Browser {
    pub(crate) client: Client,
    _driver: Process,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A browser of this width in pixels and this language.
    pub(crate) async fn open(width: u32, language: &str) -> Browser {
        Browser::open_with(width, HEIGHT, language, json!({})).await
    }

    /// One that is not as high, so that there is something to scroll.
    pub(crate) async fn open_sized(width: u32, height: u32, language: &str) -> Browser {
        Browser::open_with(width, height, language, json!({})).await
    }

    /// One whose user has switched site data off: asking for storage is an exception there.
    pub(crate) async fn open_without_site_data(width: u32, language: &str) -> Browser {
        let refused = json!({ "profile.default_content_setting_values.cookies": 2 });
        Browser::open_with(width, HEIGHT, language, refused).await
    }

    async fn open_with(width: u32, height: u32, language: &str, preferences: Value) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let [port] = free_ports();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is on the search path; cargo xtask test installs it");
        let driver = Process(driver);
        let url = format!("http://127.0.0.1:{port}");
        eventually("the driver is up", async || {
            reqwest::get(format!("{url}/status")).await.is_ok()
        })
        .await;
        let options = json!({
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-sync",
                "--disable-component-update", "--disable-quic", "--hide-scrollbars",
                format!("--user-data-dir={}", profile.path().display()),
                format!("--window-size={width},{height}"),
                format!("--lang={language}"),
                format!("--accept-lang={language}"),
            ],
            "prefs": preferences,
            "mobileEmulation": {
                "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1.0 },
            },
        });
        let mut capabilities = Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&url)
            .await
            .unwrap();
        Browser { client, _driver: driver, _profile: profile }
    }

    /// Waits for an element.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let waiting = self.client.wait().at_most(PATIENCE).every(Duration::from_millis(50));
        match waiting.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => {
                let address = self.client.current_url().await.unwrap();
                let text = self.text_of("body").await;
                panic!("{css} is not on {address} ({error}); the page says:\n{text}");
            }
        }
    }

    /// The text of an element, as it is now.
    pub(crate) async fn text_of(&self, css: &str) -> String {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    pub(crate) async fn write(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Types over what a field has: emptied on the way, it would be read as empty.
    pub(crate) async fn overwrite(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        self.run(&format!("document.querySelector('{css}').select()")).await;
        field.send_keys(text).await.unwrap();
    }

    /// Runs a function body in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Puts one product into the cart and goes to the pay page.
    pub(crate) async fn fill_cart(&self, url: &str) {
        self.client.goto(url).await.unwrap();
        self.click(".add-to-cart[data-slug=\"cafe-em-graos\"]").await;
        let base = url.trim_end_matches('/');
        self.client.goto(&format!("{base}/cart")).await.unwrap();
        self.click(".go-to-pay").await;
        self.find("#pay-form").await;
    }

    /// Fills the card in as a person does.
    pub(crate) async fn fill_card(&self, number: &str) {
        self.write("#card-number", number).await;
        self.write("#card-holder", "Ana Teste").await;
        self.write("#card-expiry", "12/35").await;
        self.write("#card-cvv", "123").await;
    }

    /// Whether anything is wider than the window.
    pub(crate) async fn scrolls_sideways(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > window.innerWidth";
        self.run(script).await == json!(true)
    }

    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}
