//! `file:` URIs and paths.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use fluent_uri::pct_enc::{EString, encoder};
use lsp_types::Uri;

/// The path that a URI names; `None` for one that is no local file.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let uri = fluent_uri::Uri::parse(uri.as_str()).ok()?;
    let local = uri.authority().is_none_or(|authority| matches!(authority.host(), "" | "localhost"));
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") || !local {
        return None;
    }
    let path = uri.path().decode().to_string().ok()?;
    let path = if cfg!(windows) { path.trim_start_matches('/') } else { &path };
    (!path.contains('\0') && Path::new(path).is_absolute()).then(|| PathBuf::from(path))
}

/// The URI of a path; `None` for one that is not UTF-8.
pub(super) fn of(path: &Path) -> Option<Uri> {
    let path = path.to_str()?;
    let path = if cfg!(windows) { format!("/{}", path.replace('\\', "/")) } else { path.to_owned() };
    let mut encoded = EString::<encoder::Path>::new();
    encoded.encode_str::<encoder::Path>(&path);
    Uri::from_str(&format!("file://{}", encoded.as_str())).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::{of, path};
    use std::path::Path;
    use std::str::FromStr;

    #[test]
    fn there_and_back() {
        for (text, expected) in [
            ("file:///a/b.env", Some("/a/b.env")),
            ("file:///a%20b/%C3%BC%25.env", Some("/a b/ü%.env")),
            ("file://localhost/a", Some("/a")),
            ("FILE:///a", Some("/a")),
            ("file://host/a", None),
            ("file:///a%00b", None),
            ("file:///%FF", None),
            ("file:a/b", None),
            ("untitled:Untitled-1", None),
            ("https://example.com/a", None),
        ] {
            let uri = lsp_types::Uri::from_str(text).unwrap();
            assert_eq!(path(&uri).as_deref(), expected.map(Path::new), "{text}");
        }
        for text in ["/a b/ü%#?.env", "/x/[y]/z:1"] {
            assert_eq!(path(&of(Path::new(text)).unwrap()).as_deref(), Some(Path::new(text)));
        }
    }
}
