//! The frame of every HTML page: one file that needs nothing else, in light and in dark, and works without its script.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::quoting::markup;

const STYLESHEET: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Everything before the body. The policy lets nothing in but the style and the script that are part of the page.
#[must_use]
pub fn head(title: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{}</title>\n<style>{STYLESHEET}</style>\n</head>\n",
        hash(STYLESHEET),
        hash(SCRIPT),
        markup(title)
    )
}

/// Everything after what the page is about: the end of `main`, and the script.
pub fn foot(out: &mut String) {
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(out, "</main>\n<footer>sparkcfg {version} · secrets are never shown</footer>\n");
    let _ = write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
}
