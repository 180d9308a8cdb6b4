//! What no output may show: which values are secrets, and where else in the files a secret may stand.

use super::veil::in_backticks;
use super::{Project, ProjectSchema, rests};
use crate::detection;
use crate::layer::{ASSIGN, Layer};
use crate::masking;
use crate::source::Span;

impl ProjectSchema {
    /// Whether the schema says that `key` is, or is not, a secret.
    #[must_use]
    pub fn declared_secret(&self, key: &str) -> Option<bool> {
        if !self.schema.names_secrets() {
            return None;
        }
        let property = self.schema.property(key);
        property.secret().or_else(|| property.is_secret().then_some(true))
    }
}

/// Whether `key` holds a secret: what the schema says, else what its name says.
#[must_use]
pub fn is_secret(schema: Option<&ProjectSchema>, key: &str) -> bool {
    schema.and_then(|schema| schema.declared_secret(key)).unwrap_or_else(|| detection::names_secret(key))
}

/// Whether no output may show `text` as the value of `key`.
#[must_use]
pub fn hides(schema: Option<&ProjectSchema>, key: &str, text: &str) -> bool {
    is_secret(schema, key) || looks_secret(schema, key, text)
}

/// Whether no output may show `text` for what it is, whatever its key is called.
fn looks_secret(schema: Option<&ProjectSchema>, key: &str, text: &str) -> bool {
    let declared = schema.and_then(|schema| schema.declared_secret(key));
    detection::url_password(text).is_some()
        || detection::token(text).is_some()
        || detection::is_split_url(key, text)
        || declared.is_none() && (detection::looks_like_a_key(key, text) || detection::is_secret_by_name(key, text))
}

impl Project {
    /// Whether `key` holds a secret: what the schema says, else what its name and the programs that were read say.
    #[must_use]
    pub fn is_secret(&self, key: &str) -> bool {
        let kept = self.references.secrets.contains(key) && self.declared_secret(key).is_none();
        kept || is_secret(self.schema.as_ref(), key)
    }

    /// Whether the schema says that `key` is, or is not, a secret.
    #[must_use]
    pub fn declared_secret(&self, key: &str) -> Option<bool> {
        self.schema.as_ref()?.declared_secret(key)
    }

    /// Whether the schema lets `key` be set in no environment.
    #[must_use]
    pub fn belongs_nowhere(&self, key: &str) -> bool {
        let schema = self.schema.as_ref();
        schema.and_then(|schema| schema.schema.property(key).only_in()).is_some_and(<[_]>::is_empty)
    }

    /// Whether no output may show `text` as the value of `key`.
    #[must_use]
    pub fn hides(&self, key: &str, text: &str) -> bool {
        self.is_secret(key) || self.looks_secret(key, text) || self.is_known_secret(text)
    }

    /// Whether no output may show `text` for what it is, whatever its key is called.
    #[must_use]
    pub fn looks_secret(&self, key: &str, text: &str) -> bool {
        looks_secret(self.schema.as_ref(), key, text)
    }

    /// What no output may show of a text that is no layer, such as a template or a rendered file: what stands behind the
    /// name of a secret, what looks like one, and the secrets in `known`, also escaped. A mere reference to a secret may be shown.
    #[must_use]
    pub fn secrets_in(&self, text: &str, known: &[&str]) -> Vec<std::ops::Range<u32>> {
        self.secrets_among(text, known, |value, _| vec![value])
    }

    /// The same, of which what stands behind the name of a secret, or, with `false`, is a password for its surroundings, is cut by
    /// `cut`.
    pub(super) fn secrets_among(
        &self,
        text: &str,
        known: &[&str],
        cut: impl Fn(std::ops::Range<usize>, bool) -> Vec<std::ops::Range<usize>>,
    ) -> Vec<std::ops::Range<u32>> {
        let mut found: Vec<std::ops::Range<usize>> = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let end = start + line.trim_end().len();
            let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
            let first = line.find([':', '=']);
            let names_secret = |(at, _): &(usize, &str)| {
                let before = line.get(..*at).unwrap_or_default().trim_end().trim_end_matches(['"', '\'', '?', '+']);
                let key = before.trim_end().rsplit(|sign| !is_name(sign)).next().unwrap_or_default();
                let after = line.get(at + 1..).unwrap_or_default().trim_start();
                // Further within a line, others stand behind its value.
                let value = after.split([' ', ',', ')', '}']).next().unwrap_or_default();
                let refers =
                    refers(after) || first != Some(*at) && (refers(value) || before.ends_with(&format!("${{{key}")));
                self.is_secret(key) && !refers
            };
            if let Some((at, _)) = line.match_indices([':', '=']).find(names_secret) {
                found.extend(cut(start + at + 1..end, true));
            }
            // A connection string has blanks and semicolons of its own.
            if let Some(password) = detection::url_password(line).filter(|at| !line[at.clone()].starts_with("${")) {
                found.extend(cut(start + password.start..start + password.end, false));
            }
            let words = line.split(|sign: char| sign.is_whitespace() || "\"'`,;=(){}[]".contains(sign));
            for word in words.filter(|word| detection::token(word).is_some() || holds_password(word)) {
                let from = start + (word.as_ptr() as usize - line.as_ptr() as usize);
                found.push(from..from + word.len());
            }
        }
        for secret in known.iter().filter(|secret| secret.len() > 3) {
            found.extend(masking::places(text, secret));
        }
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let found = found.into_iter().map(|range| offset(range.start)..offset(range.end));
        found.chain(detection::key_blocks(text)).collect()
    }

    /// The secrets that are known here.
    pub(super) fn known_secrets(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().flat_map(|layer| {
            let hidden = layer.entries.iter().filter(|entry| self.hides_entry(layer, entry));
            hidden.filter_map(|entry| layer.content(entry))
        })
    }

    /// What no output may show of texts into which no secret was put, such as templates: somebody may have copied one there.
    #[must_use]
    pub fn secrets_beside(&self, texts: &[&str]) -> Vec<Vec<std::ops::Range<u32>>> {
        let known: Vec<&str> = self.distinct_secrets().collect();
        texts.iter().map(|text| self.secrets_in(text, &known)).collect()
    }

    /// The known secrets that are no words that stand elsewhere, too.
    pub(super) fn distinct_secrets(&self) -> impl Iterator<Item = &str> {
        const DISTINCT: usize = 10;
        self.known_secrets().filter(|secret| secret.len() >= DISTINCT)
    }

    /// Marks everything that no output may show. Only needed once there is something to show.
    pub fn hide_secrets(&mut self) {
        let mut spans = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            spans.extend(self.secrets_of(index, layer).iter().map(|range| layer.span(range)));
            // Its lines are none that could be taken for those of secrets one by one.
            if layer.is_unread() {
                spans.push(layer.span(&(0..u32::try_from(layer.text.len()).unwrap_or(u32::MAX))));
            }
            // A line that cannot be read may be the broken line of a secret.
            for fault in &layer.faults {
                spans.push(layer.span(&self.suspect(layer, fault.at.start)));
            }
        }
        spans.extend(self.beside_twins());
        spans.extend(self.secrets_of_deployments());
        spans.extend(self.secrets_of_strays());
        spans.extend(self.lines_of_staged_texts());
        for span in spans {
            self.sources.mask(span);
        }
    }

    /// What stands in the schema on the lines of a name that is there twice: it may be the default of a secret.
    fn beside_twins(&self) -> Vec<Span> {
        let Some(ProjectSchema { schema, source }) = &self.schema else { return Vec::new() };
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let text = self.sources.text(*source);
        let names: Vec<_> = schema.twins().into_iter().flat_map(|twin| [twin.first, twin.last]).collect();
        let around = names.iter().flat_map(|name| {
            let (start, end) = (name.start as usize, name.end as usize);
            let line = text.get(..start).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
            let rest = text.get(end..).map_or(0, |after| after.find('\n').unwrap_or(after.len()));
            let is_open = text.get(line..start).is_some_and(|before| before.trim().is_empty());
            [if is_open { start..start } else { line..start }, end..end + rest]
        });
        let hidden = around.map(|range| Span::new(*source, offset(range.start)..offset(range.end)));
        if schema.names_secrets() { hidden.collect() } else { Vec::new() }
    }

    /// What of the layer with this number is a secret, or may be the rest of one, where its lines can be read.
    pub(super) fn secrets_of(&self, index: usize, layer: &Layer) -> Vec<std::ops::Range<u32>> {
        let masks = self.sealed.get(&index).map(|sealed| sealed.masks.as_slice()).unwrap_or_default();
        let mut found = masks.to_vec();
        for entry in &layer.entries {
            if self.hides_entry(layer, entry) {
                found.extend([entry.value.clone(), rests::rest_of_line(layer, &entry.value)]);
            } else if layer.slice(&entry.value).contains('\n') {
                // To other readers each of its lines is one of the file.
                let lines = self.secrets_in(layer.slice(&entry.value), &[]);
                found.extend(lines.iter().map(|line| entry.value.start + line.start..entry.value.start + line.end));
                if self.swallows_secret(layer, entry) {
                    found.push(rests::rest_of_line(layer, &entry.value));
                }
            }
            if !detection::is_plausible_name(layer.key(entry)) {
                found.push(entry.key.clone());
            }
        }
        for rest in self.rests_in(layer) {
            found.extend([rest.key.clone(), rest.value.clone(), rests::rest_of_line(layer, &rest.value)]);
        }
        found.extend(detection::key_blocks(&layer.text));
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let quoted = in_backticks(self, &layer.text).into_iter();
        found.extend(quoted.map(|range| offset(range.start)..offset(range.end)));
        found.extend(self.secrets_in_comments(layer));
        for comment in self.comments(layer) {
            let text = layer.slice(&comment).trim_end();
            let token = detection::token(text).map(|token| token.range.start);
            let word = text.split_whitespace().find(|word| detection::url_password(word).is_some());
            let own = detection::url_password(text).map(|password| password.start);
            if let Some(from) = token.into_iter().chain(word.and_then(|word| text.find(word))).chain(own).min() {
                let offset = |at: usize| comment.start + u32::try_from(at).unwrap_or_default();
                found.push(offset(from)..offset(text.len()));
            }
        }
        found
    }

    /// What of a layer is a comment: whole lines, and what stands behind a value. Of a sealed one nothing is.
    #[must_use]
    pub fn comments(&self, layer: &Layer) -> Vec<std::ops::Range<u32>> {
        if layer.sealed {
            return Vec::new();
        }
        comments_behind(layer.text.as_bytes(), |end| {
            let next = layer.entries.partition_point(|entry| entry.key.start < end);
            next.checked_sub(1).map_or(0, |last| layer.entries[last].value.end)
        })
    }

    /// What an assignment that was commented out may give away.
    fn secrets_in_comments(&self, layer: &Layer) -> Vec<std::ops::Range<u32>> {
        let mut found = Vec::new();
        let mut at = 0;
        for line in layer.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let comment = line.trim_end();
            if !comment.trim_start().starts_with('#') {
                continue;
            }
            let assigned = comment.find('=').filter(|equals| {
                let key = comment[..*equals].trim_end().rsplit([' ', '#', '\t']).next().unwrap_or_default();
                let value = comment[equals + 1..].trim();
                self.hides(key, value) || self.borrows(value)
            });
            if let Some(from) = assigned.map(|equals| equals + 1) {
                let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                found.push(offset(start + from)..offset(start + comment.len()));
            }
        }
        found
    }

    /// The part of a line with a fault that no entry has: all of it, unless a value stands there.
    #[must_use]
    pub fn unread_line(&self, layer: &Layer, at: u32) -> std::ops::Range<u32> {
        let line = layer.line_around(at);
        let taken = layer.entries.iter().any(|entry| entry.value.start < line.end && entry.value.end > line.start);
        if taken { line.start..line.start } else { line }
    }

    /// The part of a broken line that may be a secret.
    fn suspect(&self, layer: &Layer, at: u32) -> std::ops::Range<u32> {
        let line = layer.line_around(at);
        let text = layer.slice(&line);
        match layer.key_on_line(at) {
            Some(key) => {
                let value =
                    text.find(ASSIGN).map_or(text.len(), |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
                let written = text[value..].trim();
                let shown = detection::is_plausible_name(key) && !self.hides(key, written) && !self.borrows(written);
                let start = line.start + u32::try_from(value).unwrap_or_default();
                if shown { line.end..line.end } else { start..line.end }
            }
            // No key: what stands behind the name of a secret may be its value; a sentence may be shown, a line of a key file
            // may not.
            None => match self.after_name_of_secret(text) {
                Some(end) => line.start + u32::try_from(end).unwrap_or_default()..line.end,
                None if text.split_whitespace().all(is_harmless) => line.end..line.end,
                None => line,
            },
        }
    }

    /// Where the first name of a secret in a text ends.
    fn after_name_of_secret(&self, text: &str) -> Option<usize> {
        let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let mut words = text.split(|character| !is_name(character));
        let name = words.find(|word| !word.is_empty() && self.is_secret(word))?;
        Some(name.as_ptr() as usize - text.as_ptr() as usize + name.len())
    }
}

/// What begins with `#` behind the values of a text, up to the ends of the lines. `last_value` says where the last value ends
/// that begins before the end of a line: the line may have a comment behind it. It is asked once a line, however many `#`
/// that has.
fn comments_behind(text: &[u8], mut last_value: impl FnMut(u32) -> u32) -> Vec<std::ops::Range<u32>> {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut found: Vec<std::ops::Range<u32>> = Vec::new();
    let (mut end, mut value) = (0, 0);
    for at in memchr::memchr_iter(b'#', text) {
        if at >= end {
            end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length + 1);
            value = last_value(offset(end));
        }
        let is_within_one = found.last().is_some_and(|comment| offset(at) < comment.end);
        if offset(at) >= value && !is_within_one {
            found.push(offset(at)..offset(end));
        }
    }
    found
}

/// Whether a word is a URL with a password in it that is no reference.
fn holds_password(word: &str) -> bool {
    detection::url_password(word).is_some_and(|at| word.get(at).is_none_or(|password| !password.starts_with("${")))
}

/// Whether what stands behind a name only refers to a value: nothing, `${NAME}`, `{{ NAME }}`, `process.env["NAME"]`, a
/// mounted file.
fn refers(text: &str) -> bool {
    let text = text.trim().trim_end_matches([',', ';']).trim_matches(['"', '\'']);
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let within = |start: &str, end: &str| text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    let reference = within("${", "}").is_some_and(|inner| {
        is_name(inner)
            || inner.split_once('?').is_some_and(|(name, why)| is_name(name) && why.starts_with("start it with"))
    });
    let replaced = within("{{", "}}").is_some_and(|inner| !inner.contains(['"', '\'', '{', '}']));
    let dotted = text.strip_prefix("process.env.").is_some_and(is_name);
    let variable = dotted || within("process.env[\"", "\"]").is_some_and(is_name);
    text.is_empty() || reference || replaced || variable || text.strip_prefix("/run/secrets/").is_some_and(is_name)
}

/// Whether a word of a broken line is no piece of a key: short, or in the capitals of a variable's name.
fn is_harmless(word: &str) -> bool {
    let name = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    word.len() < 16 || name && word.len() < 64
}

#[cfg(test)]
mod tests {
    use crate::dialects::compose;
    use crate::layer::Layer;
    use crate::project::Project;
    use crate::project::config::Config;
    use crate::source::Sources;

    #[test]
    fn comments_stand_behind_values_and_on_lines_of_their_own() {
        let project = Project::without_layers(Config::default());
        let mut sources = Sources::default();
        for (text, expected) in [
            ("# a # b\n#c", vec!["# a # b\n", "#c"]),
            ("A=1#2 # c # d\nB=#\n", vec!["# c # d\n"]),
            ("A=\"x # y\n# z\" # c\n\n  # d\r\nB='#'\n", vec!["# c\n", "# d\r\n"]),
            ("A\n#\n", vec!["#\n"]),
            ("", vec![]),
        ] {
            let source = sources.add("a.env", text);
            let entries = compose::parse(text).entries;
            let layer =
                Layer { name: "a".into(), source, text: text.into(), sealed: false, entries, faults: Vec::new() };
            let found: Vec<_> = project.comments(&layer).iter().map(|range| layer.slice(range)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_line_is_looked_at_once_however_many_comments_begin_in_it() {
        for (line, comments) in [("#", 1), ("# ", 1), ("K= # # #", 1), ("K='# # #'", 0)] {
            let text = line.repeat(1000);
            let value = if comments == 0 { u32::MAX } else { 0 };
            let mut asked = 0;
            let found = super::comments_behind(format!("{text}\nL=1\n").as_bytes(), |_| {
                asked += 1;
                value
            });
            assert_eq!((asked, found.len()), (1, comments), "{line}");
        }
    }

    #[test]
    fn secrets_of_a_text_that_is_no_layer() {
        let project = Project::without_layers(Config::default());
        for (text, expected) in [
            ("GL=glpat-k3J9xQ2mV7bT4nR8wZ1y\n", "GL="),
            ("DATABASE_URL=postgres://u:pgS3cretPw99@h/db\n", "DATABASE_URL="),
            ("  environment: { API_KEY: sk-live-9f8e7d6c5b4a3210 }\n", "  environment: { API_KEY:"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\nA=1\n",
                "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\nA=1",
            ),
            ("- DB_PASSWORD=${DB_PASSWORD}\n", "- DB_PASSWORD=${DB_PASSWORD}"),
            ("DB_PASSWORD: \"{{ DB_PASSWORD | yaml }}\"\n", "DB_PASSWORD: \"{{ DB_PASSWORD | yaml }}\""),
            ("DB_PASSWORD: {{ A | default(\"hunter2\") }}\n", "DB_PASSWORD:"),
        ] {
            let hidden = project.secrets_in(text, &[]);
            let open = |at: &usize| !hidden.iter().any(|range| (range.start as usize..range.end as usize).contains(at));
            let shown: String = (0..text.len()).filter(open).map(|at| char::from(text.as_bytes()[at])).collect();
            assert_eq!(shown.trim_end_matches('\n'), expected, "{text}");
        }
    }
}
