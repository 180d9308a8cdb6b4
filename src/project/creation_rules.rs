//! `.sops.yaml`: for whom SOPS itself would seal a file, and its text as the tables of `sparkcfg.toml` want it.

use std::collections::BTreeSet;

use regex::Regex;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::envelope;
use crate::source::printable;

/// The file's name; it lies beside `sparkcfg.toml`.
pub const NAME: &str = ".sops.yaml";

const BEGIN: &str = "# sparkcfg: begin, written by `sparkcfg secrets sync` from sparkcfg.toml";
const END: &str = "# sparkcfg: end";

/// A sealed file and those it is to be sealed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its path, relative to the project.
    pub path: String,
    /// The names of its readers with their public keys.
    pub readers: Vec<(String, String)>,
}

/// What is wrong with `.sops.yaml` for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The 1-based line of the rule that SOPS would take; 0 when there is none.
    pub line: usize,
    /// What is, in lower case.
    pub kind: DifferenceKind,
}

/// The ways in which SOPS would seal a file differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// No rule fits the path.
    NoRule,
    /// The rule names a public key that it should not.
    Uninvited(String),
    /// The rule leaves out a public key.
    LeftOut(String),
    /// The rule has several key groups, or keys that are none of age.
    OtherKeys,
    /// The rule leaves values in plain text.
    PartlySealed,
}

/// The rules of a `.sops.yaml`, in its order.
#[derive(Debug)]
pub struct CreationRules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    line: usize,
    /// `None` for a rule that fits every path.
    path: Option<Regex>,
    recipients: BTreeSet<String>,
    other_keys: bool,
    partly_sealed: bool,
}

/// Why a `.sops.yaml` cannot be read or brought in step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is, in lower case.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

impl Refusal {
    fn new(message: impl Into<String>, help: &'static str) -> Self {
        Self { message: message.into(), help }
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    creation_rules: Option<Vec<Spanned<Written>>>,
}

/// A rule as it is written; keys that do not matter here are passed over.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Written {
    path_regex: Option<String>,
    age: Option<Keys>,
    key_groups: Option<Vec<Group>>,
    pgp: Option<Keys>,
    kms: Option<serde_json::Value>,
    gcp_kms: Option<serde_json::Value>,
    hckms: Option<serde_json::Value>,
    azure_keyvault: Option<serde_json::Value>,
    hc_vault_transit_uri: Option<serde_json::Value>,
    encrypted_suffix: Option<String>,
    encrypted_regex: Option<String>,
    unencrypted_regex: Option<String>,
    encrypted_comment_regex: Option<String>,
    unencrypted_comment_regex: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Group {
    age: Option<Keys>,
    pgp: Option<Keys>,
    kms: Option<serde_json::Value>,
    gcp_kms: Option<serde_json::Value>,
    hckms: Option<serde_json::Value>,
    azure_keyvault: Option<serde_json::Value>,
    vault: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    Text(String),
    List(Vec<String>),
}

impl Keys {
    fn each(&self) -> Vec<String> {
        let parts: Vec<&str> = match self {
            Self::Text(text) => text.split(',').collect(),
            Self::List(list) => list.iter().flat_map(|item| item.split(',')).collect(),
        };
        // Files name an SSH key without its comment.
        let name = |part: &str| part.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        parts.into_iter().map(name).filter(|part| !part.is_empty()).collect()
    }
}

fn is_there(value: Option<&serde_json::Value>) -> bool {
    value.is_some_and(|value| match value {
        serde_json::Value::Null => false,
        serde_json::Value::String(text) => !text.trim().is_empty(),
        serde_json::Value::Array(list) => !list.is_empty(),
        _ => true,
    })
}

impl CreationRules {
    /// Reads the text of a `.sops.yaml`.
    ///
    /// # Errors
    /// Text that is no such YAML, or a `path_regex` that is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let help = "mend it by hand, or remove it and run `sparkcfg secrets sync`";
        if text.trim().is_empty() {
            return Ok(Self(Vec::new()));
        }
        if envelope::conflict_line(text.as_bytes()).is_some() {
            let help = if without_conflict(text).is_some() {
                "what conflicts are the rules that sparkcfg wrote: `sparkcfg secrets sync` writes them anew"
            } else {
                envelope::SOLVE_TEXT
            };
            return Err(Refusal::new(envelope::CONFLICT, help));
        }
        let document: Option<Document> =
            serde_saphyr::from_str(text).map_err(|_| Refusal::new("this is no YAML with creation_rules", help))?;
        let written = document.and_then(|document| document.creation_rules).unwrap_or_default();
        let mut rules = Vec::with_capacity(written.len());
        for rule in written {
            let line = usize::try_from(rule.defined.line()).unwrap_or_default();
            let rule = rule.value;
            let path = rule.path_regex.as_deref().filter(|path| !path.is_empty()).map(Regex::new).transpose();
            let path = path.map_err(|_| Refusal::new(format!("the path_regex on line {line} is none"), help))?;
            rules.push(Rule::of(&rule, line, path));
        }
        Ok(Self(rules))
    }

    /// For whom SOPS would seal a file, and whether for keys besides that are none of age; `None` where no rule fits.
    #[must_use]
    pub fn recipients_of(&self, path: &str) -> Option<(&BTreeSet<String>, bool)> {
        self.0.iter().find(|rule| rule.fits(path)).map(|rule| (&rule.recipients, rule.other_keys))
    }

    /// What SOPS would do differently with a file: nothing, if it would seal it for these public keys alone.
    pub fn differences<'k>(&self, path: &str, keys: impl IntoIterator<Item = &'k str>) -> Vec<Difference> {
        let Some(rule) = self.0.iter().find(|rule| rule.fits(path)) else {
            return vec![Difference { line: 0, kind: DifferenceKind::NoRule }];
        };
        let keys: BTreeSet<_> = keys.into_iter().map(ToOwned::to_owned).collect();
        let uninvited = rule.recipients.difference(&keys).cloned().map(DifferenceKind::Uninvited);
        let left_out = keys.difference(&rule.recipients).cloned().map(DifferenceKind::LeftOut);
        let others = rule.other_keys.then_some(DifferenceKind::OtherKeys);
        let partly = rule.partly_sealed.then_some(DifferenceKind::PartlySealed);
        let kinds = uninvited.chain(left_out).chain(others).chain(partly);
        kinds.map(|kind| Difference { line: rule.line, kind }).collect()
    }
}

impl Rule {
    fn fits(&self, path: &str) -> bool {
        self.path.as_ref().is_none_or(|pattern| pattern.is_match(path))
    }

    fn of(written: &Written, line: usize, path: Option<Regex>) -> Self {
        let groups = written.key_groups.as_deref().unwrap_or_default();
        let age = written.age.iter().chain(groups.iter().filter_map(|group| group.age.as_ref()));
        let pgp = written.pgp.iter().chain(groups.iter().filter_map(|group| group.pgp.as_ref()));
        let clouds =
            [&written.kms, &written.gcp_kms, &written.hckms, &written.azure_keyvault, &written.hc_vault_transit_uri];
        let of_group = |group: &Group| {
            [&group.kms, &group.gcp_kms, &group.hckms, &group.azure_keyvault, &group.vault]
                .map(|value| is_there(value.as_ref()))
        };
        let other_keys = groups.len() > 1
            || pgp.into_iter().any(|keys| !keys.each().is_empty())
            || clouds.into_iter().any(|value| is_there(value.as_ref()))
            || groups.iter().flat_map(of_group).any(|there| there);
        let partly_sealed = [
            &written.encrypted_suffix,
            &written.encrypted_regex,
            &written.unencrypted_regex,
            &written.encrypted_comment_regex,
            &written.unencrypted_comment_regex,
        ];
        Self {
            line,
            path,
            recipients: age.flat_map(Keys::each).collect(),
            other_keys,
            partly_sealed: partly_sealed.into_iter().flatten().any(|rule| !rule.is_empty()),
        }
    }
}

/// The text of a `.sops.yaml` in which SOPS seals every wanted file for its readers. What stands outside of the marks
/// stays as it is; a file that is in step already stays as a whole.
///
/// # Errors
/// A file that cannot be read, or that is written in a way to which nothing can be added safely.
pub fn in_step(before: Option<&str>, wanted: &[Wanted]) -> Result<String, Refusal> {
    let solved = before.and_then(without_conflict);
    let before = solved.as_deref().or(before);
    let text = before.unwrap_or_default();
    let rules = CreationRules::parse(text)?;
    if before.is_some() && is_in_step(&rules, wanted) {
        return Ok(text.to_owned());
    }
    let ends = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    let own = marked(&lines)?;
    let replaced = own.map_or(Ok(0), |(begin, end)| rules_within(&rules, begin, end))?;
    match own {
        Some((begin, end)) => {
            let indent = lines.get(begin).map_or(2, |line| line.len() - line.trim_start().len());
            lines.splice(begin..=end, block(wanted, indent));
        }
        None => insert(&mut lines, wanted)?,
    }
    let text = lines.iter().flat_map(|line| [line.as_str(), ends]).collect::<String>();
    let help = "move the rules that you need into a file of your own, remove this one and run `sparkcfg secrets sync`";
    let written = CreationRules::parse(&text)
        .ok()
        .filter(|now| now.0.len() == rules.0.len() - replaced + wanted.len() && is_in_step(now, wanted));
    written.map(|_| text).ok_or_else(|| Refusal::new("nothing can be added to this file safely", help))
}

fn is_in_step(rules: &CreationRules, wanted: &[Wanted]) -> bool {
    let same =
        |file: &Wanted| rules.differences(&file.path, file.readers.iter().map(|(_, key)| key.as_str())).is_empty();
    wanted.iter().all(same)
}

/// The text without the rules between the marks, where git left a conflict in those and nowhere else: they are written anew
/// from the tables.
fn without_conflict(text: &str) -> Option<String> {
    envelope::conflict_line(text.as_bytes())?;
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let (begin, end) = marked(&lines.iter().map(ToString::to_string).collect::<Vec<_>>()).ok()??;
    let is_mark =
        |line: &&str| ["<<<<<<< ", "|||||||", "=======", ">>>>>>> "].iter().any(|mark| line.starts_with(mark));
    let outside = lines[..begin].iter().chain(&lines[end..]);
    (!outside.clone().any(is_mark)).then(|| [&lines[..=begin], &lines[end..]].concat().concat())
}

/// The lines of the marks, if they are there.
fn marked(lines: &[String]) -> Result<Option<(usize, usize)>, Refusal> {
    let places = |mark: &str| -> Vec<usize> {
        lines.iter().enumerate().filter(|(_, line)| line.trim().starts_with(mark)).map(|(index, _)| index).collect()
    };
    match (places("# sparkcfg: begin").as_slice(), places(END).as_slice()) {
        ([], []) => Ok(None),
        ([begin], [end]) if begin < end => Ok(Some((*begin, *end))),
        _ => Err(Refusal::new(
            "the marks `# sparkcfg: begin` and `# sparkcfg: end` are not there once each",
            "remove them, and the rules between them",
        )),
    }
}

/// How many rules stand between the marks.
fn rules_within(rules: &CreationRules, begin: usize, end: usize) -> Result<usize, Refusal> {
    let count = rules.0.iter().filter(|rule| rule.line > begin && rule.line <= end + 1).count();
    if rules.0.iter().any(|rule| rule.line == 0) {
        return Err(Refusal::new(
            "the rules of this file have no places",
            "write creation_rules as a list with a line for each key",
        ));
    }
    Ok(count)
}

/// Puts the rules before all others, because SOPS takes the first that fits.
fn insert(lines: &mut Vec<String>, wanted: &[Wanted]) -> Result<(), Refusal> {
    const KEY: &str = "creation_rules:";
    let Some(at) = lines.iter().position(|line| line.starts_with(KEY)) else {
        if lines.iter().any(|line| {
            line.trim_start().starts_with("creation_rules") || line.starts_with("...") || line.starts_with('{')
        }) {
            let help = "write creation_rules at the beginning of a line, as a list with a line for each key";
            return Err(Refusal::new("creation_rules is not written in a way that can be added to", help));
        }
        lines.push(KEY.to_owned());
        lines.extend(block(wanted, 2));
        return Ok(());
    };
    let rest = lines[at][KEY.len()..].trim();
    if rest == "[]" {
        KEY.clone_into(&mut lines[at]);
    } else if !rest.is_empty() && !rest.starts_with('#') {
        let help = "write creation_rules as a list with a line for each key";
        return Err(Refusal::new("creation_rules is not written in a way that can be added to", help));
    }
    let first = lines[at + 1..].iter().find(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let indent =
        first.filter(|line| line.trim_start().starts_with('-')).map_or(2, |line| line.len() - line.trim_start().len());
    let block = block(wanted, indent);
    lines.splice(at + 1..=at, block);
    Ok(())
}

/// The marks and a rule for each file.
fn block(wanted: &[Wanted], indent: usize) -> Vec<String> {
    let mut lines = vec![BEGIN.to_owned()];
    for file in wanted {
        let names: Vec<_> = file.readers.iter().map(|(name, _)| printable(name)).collect();
        lines.push(format!("# {}", names.join(", ")));
        lines.push(format!("- path_regex: '^{}$'", regex::escape(&file.path).replace('\'', "''")));
        lines.push("  age: >-".to_owned());
        for (index, (_, key)) in file.readers.iter().enumerate() {
            let comma = if index + 1 < file.readers.len() { "," } else { "" };
            lines.push(format!("    {key}{comma}"));
        }
    }
    lines.push(END.to_owned());
    let blanks = " ".repeat(indent);
    lines.into_iter().map(|line| format!("{blanks}{line}")).collect()
}

#[cfg(test)]
mod tests;
