//! Browser tests; everything is in `tests/`.
//!
//! They drive Chromium through its WebDriver with fantoccini: a Rust library and Debian's
//! driver, so that no second package manager is needed to test the pages.
