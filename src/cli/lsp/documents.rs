//! The texts that are open in the editor, as they are there and not yet on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::positions::{Encoding, Lines};

/// A text that is open. It may hold secrets, so it has no `Debug`.
pub(super) struct Document {
    /// As the client spells it.
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: String,
}

/// Every text that is open, by path.
#[derive(Default)]
pub(super) struct Documents {
    open: BTreeMap<PathBuf, Document>,
}

impl Documents {
    pub(super) fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub(super) fn open(&mut self, path: PathBuf, document: Document) {
        self.open.insert(path, document);
    }

    pub(super) fn close(&mut self, path: &Path) -> bool {
        self.open.remove(path).is_some()
    }

    /// Those within a folder, with their paths in it, `/` between parts.
    pub(super) fn within<'d>(&'d self, root: &'d Path) -> impl Iterator<Item = (String, &'d Document)> {
        let from = self.open.range(root.to_owned()..).take_while(move |(path, _)| path.starts_with(root));
        from.filter_map(move |(path, document)| Some((relative(root, path)?, document)))
    }

    /// Applies changes in their order; `false` for a text that is not open.
    pub(super) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.open.get_mut(path) else { return false };
        document.version = version;
        for change in changes {
            let Some(range) = change.range else {
                document.text = change.text;
                continue;
            };
            let lines = Lines::new(&document.text, encoding);
            let (start, end) = (lines.offset(range.start), lines.offset(range.end));
            document.text.replace_range(start.min(end)..end.max(start), &change.text);
        }
        true
    }
}

/// A path within a folder, `/` between parts; `None` for one that is elsewhere.
pub(super) fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(root).ok()?.components().map(|part| match part {
        std::path::Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let parts: Vec<_> = parts.collect::<Option<_>>()?;
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Document, Documents};
    use crate::cli::lsp::positions::Encoding;
    use lsp_types::{Position, Range, TextDocumentContentChangeEvent};
    use std::path::Path;
    use std::str::FromStr;

    #[test]
    fn changes_in_order() {
        let mut documents = Documents::default();
        let uri = lsp_types::Uri::from_str("file:///p/a.env").unwrap();
        let path = Path::new("/p/a.env");
        documents.open(path.to_owned(), Document { uri, version: 1, text: "A=😀1\nB=2\n".to_owned() });
        let change = |from: (u32, u32), to: (u32, u32), text: &str| TextDocumentContentChangeEvent {
            range: Some(Range::new(Position::new(from.0, from.1), Position::new(to.0, to.1))),
            range_length: None,
            text: text.to_owned(),
        };
        for (changes, expected) in [
            (vec![change((0, 4), (0, 5), "7")], "A=😀7\nB=2\n"),
            (vec![change((1, 0), (1, 0), "X=1\n"), change((2, 2), (2, 3), "9")], "A=😀7\nX=1\nB=9\n"),
            // The wrong way round, and beyond the end.
            (vec![change((1, 3), (1, 2), "")], "A=😀7\nX=\nB=9\n"),
            (vec![change((9, 9), (9, 9), "C")], "A=😀7\nX=\nB=9\nC"),
            (vec![TextDocumentContentChangeEvent { range: None, range_length: None, text: "Z".into() }], "Z"),
        ] {
            assert!(documents.change(path, 2, changes, Encoding::Utf16));
            assert_eq!(documents.get(path).unwrap().text, expected);
        }
        assert!(!documents.change(Path::new("/p/b.env"), 2, Vec::new(), Encoding::Utf16));
        assert_eq!(documents.within(Path::new("/p")).map(|(path, _)| path).collect::<Vec<_>>(), ["a.env"]);
        assert_eq!(documents.within(Path::new("/q")).count(), 0);
    }
}
