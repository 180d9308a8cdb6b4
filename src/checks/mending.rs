//! How a difference can be mended in the files: lines put in, taken out and replaced; shared by the checks of drift.

use super::matrix::Compared;
use crate::drift::Kind;
use crate::layer::{Entry, Layer};
use crate::plain::is_name;
use crate::source::Span;

impl Compared<'_, '_> {
    /// A line that sets the key for a source, beside its neighbours in the file; `None` where that is not plainly right.
    pub(super) fn insertion(&self, column: usize, text: &str) -> Option<(Span, String)> {
        let side = &self.sides[column];
        if self.secret || side.column.kind != Kind::Declared || !is_plain(text) || !is_name(self.key) {
            return None;
        }
        let layer = side.own_layer()?;
        // What is set in a file of several environments is set in all of them.
        if side.subject.project.is_shared(layer) {
            return None;
        }
        let (at, before) = self.neighbour(layer)?;
        let end = if layer.text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = format!("{}={text}", self.key);
        let unended = at == layer.text.len() && !layer.text.is_empty() && !layer.text.ends_with('\n');
        let line = if unended && !before { format!("{end}{line}") } else { format!("{line}{end}") };
        let offset = u32::try_from(at).ok()?;
        Some((side.place(layer.span(&(offset..offset))), line))
    }

    /// The byte of a file where the key belongs: after the nearest key that stands before it in the schema or in another
    /// source, or before the nearest that follows (`true`).
    fn neighbour(&self, layer: &Layer) -> Option<(usize, bool)> {
        let schema = self.sides.iter().find_map(|side| side.subject.project.schema.as_ref());
        let mut order: Vec<&str> = schema.map(|schema| schema.schema.keys().collect()).unwrap_or_default();
        if !order.contains(&self.key) {
            let other =
                self.settings.iter().zip(self.sides).find_map(|(setting, side)| Some((setting.as_ref()?, side)))?;
            let layer = other.1.subject.environment.layers[other.0.layer];
            order = layer.entries.iter().map(|entry| layer.key(entry)).collect();
        }
        let at = order.iter().position(|key| *key == self.key)?;
        let find = |key: &&str| layer.entries.iter().find(|entry| layer.key(entry) == *key);
        if let Some(entry) = order[..at].iter().rev().find_map(find) {
            return Some((line_end(layer, entry), false));
        }
        match order[at + 1..].iter().find_map(find) {
            Some(entry) => Some((line_start(layer, entry), true)),
            None => Some((layer.text.len(), false)),
        }
    }

    /// The lines that set the key in a source, with the comment that is about them alone, where no other environment reads
    /// them.
    pub(super) fn removal(&self, column: usize) -> Option<Span> {
        let side = &self.sides[column];
        let setting = self.settings[column].filter(|_| side.column.kind == Kind::Declared)?;
        let layer = side.subject.environment.layers[setting.layer];
        let project = side.subject.project;
        // With a line below it taken away, an overridden one would come to light.
        if project.is_shared(layer) || layer.sealed || !self.cells[column].overrides.is_empty() {
            return None;
        }
        let entry = side.subject.environment.entry(setting);
        let offset = |at: usize| u32::try_from(at).ok();
        let end = line_end(layer, entry);
        let start = comment_start(&layer.text, line_start(layer, entry), end);
        Some(side.place(layer.span(&(offset(start)?..offset(end)?))))
    }

    /// The value of a source as it is written, to be replaced by a plain text.
    pub(super) fn replacement(&self, column: usize, text: &str) -> Option<(Span, String)> {
        let side = &self.sides[column];
        let setting = self.settings[column].filter(|_| side.column.kind == Kind::Declared)?;
        let layer = side.subject.environment.layers[setting.layer];
        let project = side.subject.project;
        if self.secret || layer.sealed || !is_plain(text) {
            return None;
        }
        // A line that other environments read as well is left alone; the value goes into the environment's own file.
        if project.is_shared(layer) {
            return self.insertion(column, text);
        }
        let entry = side.subject.environment.entry(setting);
        (!entry.value.is_empty()).then(|| (side.place(layer.span(&entry.value)), text.to_owned()))
    }
}

/// Whether every reader of an env file takes `text` for itself, so that it can stand there as it is.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,=-".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

fn line_start(layer: &Layer, entry: &Entry) -> usize {
    let at = entry.key.start as usize;
    layer.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Where the comment begins that stands right above `start`; `start` where there is none, or where it may be about more: about
/// the key that follows at `end`, or because it keeps an assignment.
fn comment_start(text: &str, start: usize, end: usize) -> usize {
    let next = text.get(end..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
    if !(next.is_empty() || next.starts_with('#')) {
        return start;
    }
    let mut from = start;
    for line in text.get(..start).unwrap_or_default().split_inclusive('\n').rev() {
        let comment = line.trim();
        if !comment.starts_with('#') {
            break;
        }
        if comment.trim_start_matches('#').trim_start().split_once('=').is_some_and(|(name, _)| is_name(name)) {
            return start;
        }
        from -= line.len();
    }
    from
}

fn line_end(layer: &Layer, entry: &Entry) -> usize {
    let at = entry.value.end.max(entry.key.end) as usize;
    layer.text.get(at..).and_then(|after| after.find('\n')).map_or(layer.text.len(), |newline| at + newline + 1)
}

#[cfg(test)]
mod tests {
    use super::comment_start;

    #[test]
    fn which_comment_is_about_a_line_alone() {
        for (text, expected) in [
            ("# a\n# b\nK=1\n", "# a\n# b\nK=1\n"),
            ("A=1\n# a\nK=1\n\nB=1\n", "# a\nK=1\n"),
            ("# a\n\nK=1\n", "K=1\n"),
            ("# two of them\nK=1\nL=1\n", "K=1\n"),
            ("# a\n# OLD=1\nK=1\n", "K=1\n"),
            ("# a\nK=1\n# b\nL=1\n", "# a\nK=1\n"),
        ] {
            let start = text.find("K=").unwrap();
            let end = start + text[start..].find('\n').unwrap() + 1;
            assert_eq!(&text[comment_start(text, start, end)..end], expected, "{text:?}");
        }
    }
}
