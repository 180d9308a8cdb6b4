//! What a check is given: a file, or an environment with what its schema says; and the words that checks share.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt};

use super::part::Part;
use super::{consequences, lookalikes, shortened};
use crate::environment::{self, Environment, Setting};
use crate::finding::{Finding, Label, Rule, Severity, told_name};
use crate::layer::{Content, Entry, Layer};
use crate::project::Project;
use crate::project::layout::{documents, is_personal};
use crate::schema::extension::REVIEW;
use crate::schema::rules::{Disagreement, Lookup};
use crate::schema::violation::{Violation, ViolationKind};
use crate::source::Span;

/// A file to be checked.
#[derive(Debug)]
pub struct File<'a> {
    /// Where it belongs.
    pub project: &'a Project,
    /// The file.
    pub layer: &'a Layer,
    /// Its index in [`Project::layers`].
    pub index: usize,
    /// The environments that use it.
    pub environments: Vec<Arc<str>>,
    /// Whether one of those is protected.
    pub protected: bool,
}

impl<'a> File<'a> {
    /// The layer of a project with this index.
    pub(super) fn of(project: &'a Project, index: usize, layer: &'a Layer) -> Self {
        let environments: Vec<_> = project.environments_of(index).cloned().collect();
        let protected = environments.iter().any(|name| project.config.is_protected(name));
        Self { project, layer, index, environments, protected }
    }

    /// The file as users see it.
    pub(super) fn path(&self) -> &str {
        self.project.sources.path(self.layer.source)
    }

    /// The place of a range of the file's bytes.
    pub(super) fn place(&self, range: &Range<usize>) -> Span {
        self.layer.span(&(offset(range.start)..offset(range.end)))
    }

    /// A finding about an entry of this file.
    pub(super) fn about(&self, rule: &'static Rule, entry: &Entry, message: impl Into<String>) -> Finding {
        Finding::new(rule, message).key(self.name(entry))
    }

    /// Who reads the file; several that start each other stand as `make > python-dotenv`.
    pub(super) fn readers(&self) -> &[String] {
        self.project.readers.get(self.index).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether it is known who reads the file. That nobody is seen but docker compose says nothing of a shell.
    pub(super) fn has_known_readers(&self) -> bool {
        !matches!(self.readers(), [] | [_]) || self.readers().iter().any(|reader| reader != "compose")
    }

    /// Whether a reader is among those of the file, alone or in a chain.
    pub(super) fn read_by(&self, reader: &str) -> bool {
        self.readers().iter().flat_map(|chain| chain.split('>')).any(|name| name.trim() == reader)
    }

    /// Whether a reader is among those of the file, in whatever version.
    pub(super) fn read_by_any(&self, reader: &str) -> bool {
        let chains = self.project.consumers.get(self.index).into_iter().flatten();
        chains.flat_map(|consumer| consumer.chain.split('>')).any(|name| name.trim() == reader)
    }

    /// A reader of the file of a version that is not modelled here, so that nobody can say what it makes of a line, unless
    /// that is plain.
    pub(super) fn older_reader(&self) -> Option<&'a str> {
        let consumers = self.project.consumers.get(self.index)?;
        consumers.iter().find(|consumer| consumer.is_older).map(|consumer| consumer.chain.as_str())
    }

    /// Whether a value begins with `#` behind a blank, which some readers take for a comment: `KEY= # note`. What was
    /// meant is not known.
    pub(super) fn looks_like_comment(&self, entry: &Entry) -> bool {
        let before = self.layer.slice(&(entry.key.end..entry.value.start.max(entry.key.end)));
        before.ends_with([' ', '\t']) && self.layer.slice(&entry.value).starts_with('#')
            || self.has_comment_behind_tab(entry)
    }

    /// Whether a `#` stands behind a tab in a value without quotes, which docker compose alone takes for a part of it:
    /// `PORT=8080⇥# note`.
    pub(super) fn has_comment_behind_tab(&self, entry: &Entry) -> bool {
        matches!(&entry.content, Content::Slice(range) if *range == entry.value)
            && self.layer.slice(&entry.value).contains("\t#")
    }

    /// The key of an entry, as it may be told.
    pub(super) fn name(&self, entry: &Entry) -> String {
        told_name(self.layer.key(entry))
    }
}

/// The sealed file beside a plain one: `environments/prod.secrets.env` beside `environments/prod.env`. SOPS takes only
/// names that end in `.env` for dotenv.
pub(super) fn sealed_name(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (&path[..=folder.len()], name));
    let stem = name.strip_suffix(".env").or_else(|| name.strip_prefix(".env.")).unwrap_or("base");
    let stem = if stem.is_empty() { "base" } else { stem };
    format!("{folder}{stem}.secrets.env")
}

/// An environment to be checked, with what its schema says.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Where it belongs.
    pub project: &'a Project,
    /// The environment.
    pub environment: &'a Environment<'a>,
    /// What the schema finds wrong with its values.
    pub violations: Vec<Violation>,
    /// The rules about several keys that are broken.
    pub disagreements: Vec<Disagreement>,
    /// Where the violations of each key stand, found when first asked for.
    of_key: OnceLock<HashMap<String, Vec<usize>>>,
}

/// Places are 32 bits wide, as files are at most 8 MiB long.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Whether a key is empty, or a placeholder, in a file that documents, such as `.env.example`.
fn is_to_fill_in(project: &Project, environment: &Environment<'_>, key: &str) -> bool {
    environment.get(key).is_some_and(|setting| {
        let path = project.sources.path(environment.layers[setting.layer].source);
        documents(path)
            && setting.value.text().is_some_and(|text| text.trim().is_empty() || crate::detection::is_placeholder(text))
    })
}

impl<'a> Subject<'a> {
    pub(super) fn new(project: &'a Project, environment: &'a Environment<'a>) -> Self {
        let (mut violations, mut disagreements) = (Vec::new(), Vec::new());
        if let Some(schema) = &project.schema {
            let is_closed = project.has_closed_layer(environment);
            let set = environment.settings.iter().filter(|setting| setting.is_set());
            let broken = environment.broken.iter().map(|broken| (broken.key, None));
            let values = set.map(|setting| (setting.key, environment.judged(setting)));
            violations = schema.schema.check(Some(&environment.name), values.chain(broken));
            disagreements = schema.schema.disagreements(Some(&environment.name), |key| {
                match environment.get(key).filter(|setting| setting.is_set()) {
                    Some(setting) => environment.judged(setting).map_or(Lookup::Sealed, Lookup::Text),
                    None if is_closed || environment.broken(key).is_some() => Lookup::Sealed,
                    None => Lookup::Absent,
                }
            });
            if is_closed {
                // A whole file that nobody here can open may hold any key: nothing can be said to be missing.
                let says_so = |violation: &Violation| match violation.kind {
                    ViolationKind::Missing { .. } => true,
                    ViolationKind::TooShort { .. } => violation.key.is_none(),
                    _ => false,
                };
                violations.retain(|violation| !says_so(violation));
            }
            // What shows an env file has keys that whoever copies it fills in.
            violations.retain(|violation| {
                !violation.key.as_deref().is_some_and(|key| is_to_fill_in(project, environment, key))
            });
            consequences::handed_over(environment, &schema.schema, &mut violations);
            consequences::left_out(environment, &mut violations);
            consequences::undecided(environment, &violations, &mut disagreements);
        }
        Self { project, environment, violations, disagreements, of_key: OnceLock::new() }
    }

    /// What to do about a secret that is missing.
    pub(super) fn sealing_advice(&self) -> String {
        let path = self.sealed_file();
        if self.project.lost.contains(&path) {
            return format!("{path} is in git, but not here: git restore {path}");
        }
        format!("set it in {path}, sealed")
    }

    /// Where a secret of this environment belongs.
    pub(super) fn sealed_file(&self) -> String {
        let mut layers = self.environment.layers.iter().rev();
        let path = |layer: &&Layer| self.project.sources.path(layer.source).to_owned();
        match layers.clone().find(|layer| layer.sealed) {
            Some(layer) => path(layer),
            None => layers
                .find(|layer| !is_personal(&path(layer)))
                .map_or_else(String::new, |layer| sealed_name(&path(layer))),
        }
    }

    /// The file that set a key, as users see it.
    pub(super) fn path(&self, setting: &Setting<'a>) -> &str {
        self.project.sources.path(self.environment.layers[setting.layer].source)
    }

    /// A finding about this environment.
    pub(super) fn finding(&self, rule: &'static Rule, message: impl Into<String>) -> Finding {
        let mut finding = Finding::new(rule, message);
        finding.environments.push(Arc::clone(&self.environment.name));
        finding
    }

    /// A finding about a key: at the value that is wrong, with the layers that it hides.
    pub(super) fn about(&self, rule: &'static Rule, setting: &Setting<'a>, message: impl Into<String>) -> Finding {
        self.about_place(rule, setting, self.environment.place(setting), message)
    }

    /// A finding about what the schema finds wrong with a key: at the item of a list, where that is all that is wrong.
    pub(super) fn about_violation(
        &self,
        rule: &'static Rule,
        violation: &Violation,
        setting: &Setting<'a>,
        message: impl Into<String>,
    ) -> Finding {
        let mut place = self.environment.place(setting);
        let text = &self.environment.layers[setting.layer].text;
        let written = text.get(place.start as usize..place.end as usize).unwrap_or_default();
        let bare = ["'", "\""].iter().find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
        let (is_quoted, written) = (bare.is_some(), bare.unwrap_or(written));
        // What is missing stands nowhere, so what lacks it is pointed at.
        let outer = || self.written_part(violation.path.rsplit_once('/')?.0, setting, written);
        let part = self.written_part(&violation.path, setting, written).or_else(outer);
        if let Some(part) = part {
            let start = place.start + offset(part.range.start) + u32::from(is_quoted);
            (place.start, place.end) = (start, start + offset(part.range.len()));
        }
        self.about_place(rule, setting, place, message)
    }

    fn about_place(
        &self,
        rule: &'static Rule,
        setting: &Setting<'a>,
        place: Span,
        message: impl Into<String>,
    ) -> Finding {
        let layer = self.environment.layers[setting.layer];
        let from = format!("from layer {}", layer.name);
        let mut finding = self.finding(rule, message).key(setting.key);
        let message_here = match self.environment.shadowed(setting).first() {
            Some((below, entry)) => {
                let layer = self.environment.layers[*below];
                let place = environment::place(layer, &layer.entries[*entry]);
                finding.hidden = Some(Label::new(place, format!("layer {} sets it here", layer.name)));
                format!("{from}; {}", self.hidden(*below, *entry))
            }
            None => from,
        };
        finding.at(place, message_here)
    }

    /// The part of a value at a JSON pointer, as it is written: escapes and references move what stands behind them.
    fn written_part<'s>(&self, pointer: &str, setting: &Setting<'a>, written: &'s str) -> Option<Part<'s>> {
        let (part, value) = (self.part(pointer, setting)?, setting.value.text()?);
        let separator = self.project.schema.as_ref()?.schema.property(setting.key).list_separator();
        let is_same = |found: &Part<'_>| {
            value == written
                || found.text == part.text && written.split(separator).count() == value.split(separator).count()
        };
        Part::of(pointer, written, separator).filter(is_same)
    }

    /// The part of a value at a JSON pointer.
    fn part<'s>(&self, pointer: &str, setting: &'s Setting<'a>) -> Option<Part<'s>> {
        let text = setting.value.text().filter(|_| !pointer.is_empty())?;
        let property = self.project.schema.as_ref()?.schema.property(setting.key);
        Part::of(pointer, text, property.list_separator())
    }

    /// What a lower layer says: `base.env:9 says 8883`.
    pub(super) fn hidden(&self, layer: usize, entry: usize) -> String {
        let layer = self.environment.layers[layer];
        let entry = &layer.entries[entry];
        let span = layer.span(&entry.key);
        let path = self.project.sources.path(span.source);
        let name = path.rsplit('/').next().unwrap_or(path);
        let line = self.project.sources.position(span.source, span.start).line;
        match layer.content(entry).filter(|_| !self.project.hides_entry(layer, entry)) {
            Some(text) => format!("{name}:{line} says {}", shortened(text)),
            None => format!("{name}:{line} sets it too"),
        }
    }

    /// The value as it may be told: nothing of a secret.
    pub(super) fn shown(&self, setting: &Setting<'a>) -> Option<String> {
        let text = setting.value.text()?;
        let sealed = matches!(setting.value, crate::environment::Resolved::Secret(_));
        (!sealed && !self.project.hides(setting.key, text)).then(|| shortened(text))
    }

    /// Whether what is wrong is empty: the value, or a part of it.
    pub(super) fn is_empty(&self, violation: &Violation, setting: &Setting<'a>) -> bool {
        let whole = || setting.value.text().unwrap_or_default();
        self.part(&violation.path, setting).map_or_else(|| whole().is_empty(), |part| part.text.is_empty())
    }

    /// `KEY is 80800`, or `item 2 of KEY is 80800` where only that is wrong.
    pub(super) fn is_wrong(&self, violation: &Violation, setting: &Setting<'a>) -> String {
        match self.part_shown(&violation.path, setting) {
            Some(part) => format!("{} is {}", self.whose(violation, setting), shortened(&part.text)),
            None => self.is(setting),
        }
    }

    /// `KEY`, or `item 2 of KEY` where only that is wrong.
    pub(super) fn whose(&self, violation: &Violation, setting: &Setting<'a>) -> String {
        self.whose_part(&violation.path, setting)
    }

    /// `KEY`, or `item 2 of KEY` for the part at a JSON pointer, where it may be told.
    pub(super) fn whose_part(&self, pointer: &str, setting: &Setting<'a>) -> String {
        let key = told_name(setting.key);
        self.part_shown(pointer, setting).map_or_else(|| key.clone(), |part| format!("{} of {key}", part.name))
    }

    fn part_shown<'s>(&self, pointer: &str, setting: &'s Setting<'a>) -> Option<Part<'s>> {
        self.part(pointer, setting).filter(|_| self.shown(setting).is_some())
    }

    /// `KEY is 80800` where the value may be told, else `the value of KEY`.
    pub(super) fn is(&self, setting: &Setting<'a>) -> String {
        match self.shown(setting) {
            Some(value) => format!("{} is {value}", told_name(setting.key)),
            None => format!("{} has a hidden value", told_name(setting.key)),
        }
    }

    /// Where the schema says so: `schemas/app.schema.json#/properties/PORT`.
    pub(super) fn said_by(&self, pointer: &str) -> String {
        let Some(schema) = &self.project.schema else { return String::new() };
        let path = self.project.sources.path(schema.source);
        // The property is what people look for; the keyword within it is in the message.
        let parts: Vec<_> = pointer.splitn(4, '/').take(3).collect();
        let place = if pointer.starts_with("/properties/") { parts.join("/") } else { pointer.to_owned() };
        let comment = schema.schema.value(&format!("{place}/$comment")).and_then(serde_json::Value::as_str);
        let is_guess = comment.is_some_and(|comment| comment.starts_with(REVIEW));
        // Whoever reads this may find that the value is right.
        format!("{path}#{place}{}", if is_guess { ", a guess that is to be reviewed" } else { "" })
    }

    /// Where the schema says what a violation breaks: of a part of a value, the place of that part.
    pub(super) fn said_of(&self, violation: &Violation) -> String {
        let parent = violation.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        match &self.project.schema {
            Some(schema) if !violation.path.is_empty() && !parent.is_empty() => {
                format!("{}#{parent}", self.project.sources.path(schema.source))
            }
            _ => self.said_by(&violation.pointer),
        }
    }

    /// `help`, unless a character that only looks right explains what is wrong with a value.
    pub(super) fn help_with_look(&self, setting: &Setting<'a>, help: String) -> String {
        self.shown(setting).and_then(|shown| lookalikes::told(&shown)).unwrap_or(help)
    }

    /// What to do about a broken rule: the words that stand beside it in the schema, and where it stands.
    pub(super) fn help_about(&self, violation: &Violation) -> String {
        let place = self.said_of(violation);
        match self.words_beside(violation) {
            Some(words) => format!("{words} ({place})"),
            None => format!("see {place}"),
        }
    }

    /// The `description` or `$comment` beside a rule. The description of a whole property, or of a member of a value, says
    /// what it is for, not what the rule wants.
    fn words_beside(&self, violation: &Violation) -> Option<&str> {
        let (parent, _) = violation.pointer.rsplit_once('/')?;
        let rule = self.project.schema.as_ref()?.schema.value(parent)?;
        let is_whole = violation.path.is_empty();
        let is_property = parent.rsplit('/').nth(1) == Some("properties")
            && (!is_whole || parent.starts_with("/properties/") && parent.matches('/').count() == 2);
        let description = || rule.get("description").filter(|_| !is_property);
        let words = description().or_else(|| rule.get("$comment"))?.as_str()?;
        // What `sparkcfg init` wrote of a guess says why it is one, not what to do.
        (!words.starts_with("review:")).then_some(words)
    }

    /// The violations of one key. All keys of a file may have some, so they are not looked through for each.
    pub(super) fn violations_about<'s>(&'s self, key: &str) -> impl Iterator<Item = &'s Violation> {
        let of_key = self.of_key.get_or_init(|| {
            let mut of_key: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, violation) in self.violations.iter().enumerate() {
                if let Some(key) = &violation.key {
                    of_key.entry(key.clone()).or_default().push(at);
                }
            }
            of_key
        });
        of_key.get(key).into_iter().flatten().map(|at| &self.violations[*at])
    }

    /// The violations with the setting that each is about.
    pub(super) fn violations_of<'s>(
        &'s self,
        wanted: impl Fn(&ViolationKind) -> bool + 's,
    ) -> impl Iterator<Item = (&'s Violation, &'s Setting<'a>)> + 's {
        let wanted = self.violations.iter().filter(move |violation| wanted(&violation.kind));
        wanted.filter_map(|violation| Some((violation, self.environment.get(violation.key.as_deref()?)?)))
    }

    /// Error in a protected environment, the given severity elsewhere.
    pub(super) fn severity(&self, elsewhere: Severity) -> Severity {
        if self.environment.protected { Severity::Error } else { elsewhere }
    }
}
