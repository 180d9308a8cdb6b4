//! How a difference can be mended in the files: lines put in, taken out and replaced; shared by the checks of drift.

use super::File;
use super::edits::candidates;
use super::matrix::Compared;
use super::spelling::{self, Edit};
use crate::detection::is_placeholder;
use crate::drift::Kind;
use crate::environment::Setting;
use crate::layer::{Entry, Layer};
use crate::plain::is_name;
use crate::source::Span;

/// Why a value is not written into the file of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// It is a secret, or its place is sealed.
    Sealed,
    /// The source is no file of the project as it stands, or has none for this.
    NoFile,
    /// Other environments read the file as well.
    Shared,
    /// The schema allows no such value there.
    Refused,
    /// It stands where a real value is still to be put.
    Placeholder,
    /// Both sources write the same, and refer to something that differs.
    Follows,
    /// Not all who read the file would get the value, or something else in it would change for them.
    Spelling,
    /// The file is longer than [`LONGEST`].
    Length,
    /// Rules are about several keys, and those are too many to be looked at for each value.
    TooMany,
}

/// The words of a schema whose rules may be about several keys.
const ABOUT_SEVERAL: &[&str] = &[
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "dependentSchemas",
    "dependencies",
];

/// A spelling is proven by reading the whole file as all its readers do, for each value anew: in a longer one, in bytes, only what
/// is plain to all of them is written.
const LONGEST: usize = 32 * 1024;

impl Obstacle {
    /// In words that follow `by hand:`.
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Sealed => "a secret is never copied",
            Self::NoFile => "no file of its own says where it belongs",
            Self::Shared => "its file is that of several environments",
            Self::Refused => "the schema does not allow that value there",
            Self::Placeholder => "the value to copy is a placeholder",
            Self::Follows => "both write the same: mend what that refers to",
            Self::Spelling => "no spelling of it suits all who read its file",
            Self::Length => "its file is too long to prove a spelling in it",
            Self::TooMany => "there are too many keys to see whether the schema takes it beside them",
        }
    }
}

/// A change of a file, or why there is none.
pub(super) type Mended = Result<(Span, String), Obstacle>;

impl Compared<'_, '_> {
    /// A line that sets the key for a source, beside its neighbours in the file.
    pub(super) fn insertion(&self, column: usize, text: &str) -> Mended {
        let side = &self.sides[column];
        if self.secret {
            return Err(Obstacle::Sealed);
        }
        if side.column.kind != Kind::Declared || !is_name(self.key) {
            return Err(Obstacle::NoFile);
        }
        let layer = side.own_layer().ok_or(Obstacle::NoFile)?;
        // What is set in a file of several environments is set in all of them.
        if side.subject.project.is_shared(layer) {
            return Err(Obstacle::Shared);
        }
        let (at, before) = self.neighbour(layer).ok_or(Obstacle::NoFile)?;
        let end = if layer.text.contains("\r\n") { "\r\n" } else { "\n" };
        let unended = at == layer.text.len() && !layer.text.is_empty() && !layer.text.ends_with('\n');
        let line = |value: &str| {
            let line = format!("{}={value}", self.key);
            if unended && !before { format!("{end}{line}") } else { format!("{line}{end}") }
        };
        self.spelled(column, layer, text, |value| vec![(at..at, line(value))])
    }

    /// A change of a layer of a source by which all who read the file get a value. `edits` says how it can be put in, as it is
    /// written behind the `=`.
    fn spelled(&self, column: usize, layer: &Layer, text: &str, edits: impl Fn(&str) -> Vec<Edit>) -> Mended {
        let (range, replacement) = self.edit(column, layer, text, edits)?;
        let offset = |at: usize| u32::try_from(at).map_err(|_| Obstacle::NoFile);
        let span = layer.span(&(offset(range.start)?..offset(range.end)?));
        Ok((self.sides[column].place(span), replacement))
    }

    fn edit(
        &self,
        column: usize,
        layer: &Layer,
        text: &str,
        edits: impl Fn(&str) -> Vec<Edit>,
    ) -> Result<Edit, Obstacle> {
        if is_placeholder(text) {
            return Err(Obstacle::Placeholder);
        }
        match self.is_refused(column, text) {
            Some(false) => {}
            Some(true) => return Err(Obstacle::Refused),
            None => return Err(Obstacle::TooMany),
        }
        if is_plain(text)
            && let Some(edit) = edits(text).into_iter().next().filter(|(range, _)| has_line(&layer.text, range))
        {
            return Ok(edit);
        }
        if layer.text.len() > LONGEST {
            return Err(Obstacle::Length);
        }
        let project = self.sides[column].subject.project;
        let index = project.layers.iter().position(|known| std::ptr::eq(known, layer)).ok_or(Obstacle::NoFile)?;
        let file = File::of(project, index, &project.layers[index]);
        spelling::spelled(&file, self.key, text, edits).ok_or(Obstacle::Spelling)
    }

    /// Whether the schema speaks against a value of the key in a source; nothing where too much would have to be looked at.
    fn is_refused(&self, column: usize, text: &str) -> Option<bool> {
        let super::Subject { project, environment, .. } = &self.sides[column].subject;
        let Some(schema) = &project.schema else { return Some(false) };
        // Where no rule is about several keys, what the others are does not matter.
        let is_of_one =
            schema.schema.value("").is_some_and(|root| ABOUT_SEVERAL.iter().all(|word| root.get(word).is_none()));
        let is_read = |setting: &&Setting<'_>| !is_of_one && setting.is_set() && setting.key != self.key;
        if !is_of_one && !self.sides[column].may_check(environment.settings.len()) {
            return None;
        }
        let others = environment.settings.iter().filter(is_read);
        let values = others.map(|setting| (setting.key, setting.value.text()));
        let all = values.chain(std::iter::once((self.key, Some(text))));
        let found = schema.schema.check(Some(&environment.name), all);
        let is_own = |key: &Option<String>| key.as_deref() == Some(self.key);
        Some(found.iter().any(|violation| is_own(&violation.key) && violation.kind.is_about_value()))
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
            Some(entry) => Some((above_comment(&layer.text, line_start(layer, entry)), true)),
            None => Some((layer.text.len(), false)),
        }
    }

    /// The lines that set the key in a source, with the comment that is about them alone, where no other environment reads
    /// them; and whether a comment stays that stands right above them.
    pub(super) fn removal(&self, column: usize) -> Option<(Span, bool)> {
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
        let line = line_start(layer, entry);
        let start = comment_start(&layer.text, line, end);
        let above = layer.text.get(..line).and_then(|before| before.lines().next_back());
        let stays = start == line && above.is_some_and(|above| above.trim_start().starts_with('#'));
        Some((side.place(layer.span(&(offset(start)?..offset(end)?))), stays))
    }

    /// Whether two sources write the same for the key, so that they only differ in what it refers to.
    pub(super) fn follows(&self, one: usize, other: usize) -> bool {
        let written = |column: usize| {
            let environment = self.sides[column].subject.environment;
            let setting = self.settings[column]?;
            let entry = environment.entry(setting);
            environment.layers[setting.layer].content(entry).filter(|_| entry.interpolates)
        };
        written(one).is_some_and(|text| written(other) == Some(text))
    }

    /// The value of a source as it is written, to be replaced.
    pub(super) fn replacement(&self, column: usize, text: &str) -> Mended {
        let side = &self.sides[column];
        let setting = self.settings[column].filter(|_| side.column.kind == Kind::Declared).ok_or(Obstacle::NoFile)?;
        let layer = side.subject.environment.layers[setting.layer];
        let project = side.subject.project;
        if self.secret || layer.sealed {
            return Err(Obstacle::Sealed);
        }
        // A line that other environments read as well is left alone; the value goes into the environment's own file.
        if project.is_shared(layer) {
            return self.insertion(column, text);
        }
        let entry = side.subject.environment.entry(setting);
        if entry.value.is_empty() {
            return Err(Obstacle::NoFile);
        }
        let range = entry.value.start as usize..entry.value.end as usize;
        let whole = entry.key.start as usize..range.end;
        self.spelled(column, layer, text, |value| {
            // Not everybody takes a comment behind a value for one: then it goes above.
            let line = format!("{}={value}", self.key);
            let lines = [true, false].into_iter().flat_map(|exports| candidates(&layer.text, &whole, &line, exports));
            std::iter::once((range.clone(), value.to_owned())).chain(lines).collect()
        })
    }
}

/// Whether every reader of an env file takes `text` for itself, so that it can stand there as it is.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,=-".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// Whether a replacement has its line for itself: nothing is left behind it, and the line above does not go on for anybody.
fn has_line(text: &str, range: &std::ops::Range<usize>) -> bool {
    let (Some(before), Some(after)) = (text.get(..range.start), text.get(range.end..)) else { return false };
    let (above, start) = before.rsplit_once('\n').unwrap_or(("", before));
    let goes_on = |line: &str| line.trim_end().ends_with('\\');
    if range.is_empty() && (start.is_empty() || after.is_empty()) {
        // A line is put in: at the end of a file it begins behind that of the last one.
        return !goes_on(if start.is_empty() { above } else { start });
    }
    start.ends_with('=') && !goes_on(above) && (after.is_empty() || after.starts_with(['\n', '\r']))
}

fn line_start(layer: &Layer, entry: &Entry) -> usize {
    let at = entry.key.start as usize;
    layer.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Where the comment begins that stands right above `start`, whatever it is about.
fn above_comment(text: &str, start: usize) -> usize {
    let above = text.get(..start).unwrap_or_default().split_inclusive('\n').rev();
    start - above.take_while(|line| line.trim_start().starts_with('#')).map(str::len).sum::<usize>()
}

/// Where the comment begins that stands right above `start`; `start` where there is none, or where it may be about more: about
/// the key that follows at `end`, or because it keeps an assignment. What silences a finding is about the line below it alone.
fn comment_start(text: &str, start: usize, end: usize) -> usize {
    let next = text.get(end..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
    let is_alone = next.is_empty() || next.starts_with('#');
    let mut from = start;
    for line in text.get(..start).unwrap_or_default().split_inclusive('\n').rev() {
        let comment = line.trim();
        let silences = comment.trim_start_matches('#').trim_start().starts_with("sparkcfg:");
        if !comment.starts_with('#') || !is_alone && !silences {
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
    use super::{above_comment, comment_start, has_line};

    #[test]
    fn what_has_a_line_for_itself() {
        for (text, range, expected) in [
            ("A=1\nB=2\n", 2..3, true),
            ("A=1 # x\n", 2..3, false),
            ("A=1 \n", 2..3, false),
            ("A=1\r\n", 2..3, true),
            ("A= 1\n", 3..4, false),
            ("# x \\\nA=1\n", 8..9, false),
            ("A=1\nB=2\n", 4..4, true),
            ("A=1\\\nB=2\n", 5..5, false),
            ("A=1", 3..3, true),
            ("", 0..0, true),
        ] {
            assert_eq!(has_line(text, &range), expected, "{text:?} {range:?}");
        }
    }

    #[test]
    fn a_line_goes_above_the_comment_of_another() {
        for (text, expected) in [("A=1\n# a\n # b\nK=1\n", 4), ("# a\n\nK=1\n", 5), ("K=1\n", 0), ("# a\nK=1\n", 0)] {
            assert_eq!(above_comment(text, text.find("K=").unwrap()), expected, "{text:?}");
        }
    }

    #[test]
    fn which_comment_is_about_a_line_alone() {
        for (text, expected) in [
            ("# a\n# b\nK=1\n", "# a\n# b\nK=1\n"),
            ("A=1\n# a\nK=1\n\nB=1\n", "# a\nK=1\n"),
            ("# a\n\nK=1\n", "K=1\n"),
            ("# two of them\nK=1\nL=1\n", "K=1\n"),
            ("# a\n# OLD=1\nK=1\n", "K=1\n"),
            ("# a\nK=1\n# b\nL=1\n", "# a\nK=1\n"),
            ("# two of them\n# sparkcfg: ignore[x] why\nK=1\nL=1\n", "# sparkcfg: ignore[x] why\nK=1\n"),
        ] {
            let start = text.find("K=").unwrap();
            let end = start + text[start..].find('\n').unwrap() + 1;
            assert_eq!(&text[comment_start(text, start, end)..end], expected, "{text:?}");
        }
    }
}
