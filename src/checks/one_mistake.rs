//! One mistake is one message: what follows from another finding on the same line is not told a second time.

use std::collections::HashMap;

use crate::finding::Finding;
use crate::project::Project;

/// What a finding makes superfluous. The first of a row stays, and counts as much as the worst of those it stands for.
///
/// `plaintext-secret` is in no row: that a secret has been seen stays true whatever else is wrong with its line. So a
/// pasted token that the schema does not know is told twice, because both have to be mended.
const FOLLOWS: &[(&str, &[&str])] = &[
    ("syntax", &["key-without-value", "reads-differently", "unquoted-blank", "loose-assignment", "trailing-blank"]),
    ("invalid-key-name", &["unknown-key", "key-without-value", "reads-differently"]),
    ("key-without-value", &["reads-differently"]),
    // `KEY!=command` is no assignment besides.
    ("command-substitution", &["syntax"]),
    ("command-substitution", VALUE),
    ("sealed-file-damaged", VALUE),
    ("undefined-reference", VALUE),
    ("reference-cycle", VALUE),
    ("published-secret", &["bad-length", "bad-pattern", "bad-format"]),
    ("placeholder-value", VALUE),
    ("wrong-type", LOOK),
    ("out-of-range", LOOK),
    ("not-allowed-value", LOOK),
    ("bad-length", LOOK),
    ("bad-pattern", LOOK),
    ("bad-format", LOOK),
    ("schema-rule", LOOK),
    ("reads-differently", STYLE),
    ("duplicate-key", &["unsealed-value"]),
    // In plain text, a line has to go whatever else stands on it.
    ("unsealed-value", &["duplicate-key"]),
    ("values-disagree", &["deprecated-key"]),
];

/// What says itself what is wrong, and takes over who reads what.
const NAMES_READERS: &[&str] = &["undefined-reference", "reference-cycle"];

/// How the advice begins for a dollar sign that may be meant as it stands.
pub(super) const LITERAL: &str = "if the $ is meant as it stands";

/// The same where nothing suits all who read the file.
pub(super) const NO_DOLLAR: &str =
    "no spelling of its $ suits all of them: take a value without one, or let only one kind of reader read this file";

/// What a value is held against, and how it looks.
const VALUE: &[&str] =
    &["wrong-type", "bad-length", "bad-pattern", "bad-format", "schema-rule", "reads-differently", "unquoted-blank"];

/// How a value looks that is another one anyway once it is right.
const LOOK: &[&str] = &["reads-differently", "unquoted-blank", "loose-assignment"];

/// How a line looks that has to be spelled anew anyway.
const STYLE: &[&str] = &["unquoted-blank", "loose-assignment", "trailing-blank"];

/// So many findings on one line are no single mistake.
const MOST: usize = 64;

pub(super) fn kept(project: &Project, findings: &mut Vec<Finding>) {
    let mut lines: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let Some(label) = finding.label.as_ref().filter(|_| takes_part(finding.rule.code)) else { continue };
        let line = project.sources.lines(label.span);
        lines.entry((line.source, line.start)).or_default().push(index);
    }
    let mut gone = vec![false; findings.len()];
    for line in lines.into_values().filter(|line| (2..=MOST).contains(&line.len())) {
        for (root, _) in FOLLOWS {
            let roots: Vec<_> = line.iter().copied().filter(|one| findings[*one].rule.code == *root).collect();
            for one in roots {
                for &other in &line {
                    if !gone[one] && !gone[other] && one != other && explains(&findings[one], &findings[other]) {
                        gone[other] = true;
                        take_over(findings, one, other);
                    }
                }
            }
        }
    }
    absent(project, findings, &mut gone);
    misspelt(findings, &mut gone);
    let mut gone = gone.into_iter();
    findings.retain(|_| !gone.next().unwrap_or_default());
}

fn takes_part(code: &str) -> bool {
    FOLLOWS.iter().any(|(root, follow)| *root == code || follow.contains(&code))
}

/// Whether `other`, on the same line, follows from `one`.
fn explains(one: &Finding, other: &Finding) -> bool {
    let (code, follower) = (one.rule.code, other.rule.code);
    if code == follower {
        // A file that a reader refuses for the line that another reads differently.
        return code == "reads-differently" && one.fix.is_some() && other.key.is_none();
    }
    let listed = FOLLOWS.iter().any(|(root, follow)| *root == code && follow.contains(&follower));
    let start = |finding: &Finding| finding.label.as_ref().map(|label| label.span.start);
    let about_one = one.key.is_none() || other.key.is_none() || one.key == other.key || start(one) == start(other);
    let everywhere =
        one.environments.is_empty() || other.environments.iter().all(|name| one.environments.contains(name));
    // What can be mended by itself may not lose that.
    let mendable = code != "reads-differently" || one.fix.is_some() || other.fix.is_none();
    // That a key stands there twice says nothing of a value in plain text.
    let of_key = follower != "unsealed-value" || start(one) == start(other);
    listed && about_one && of_key && everywhere && mendable
}

fn take_over(findings: &mut [Finding], one: usize, other: usize) {
    findings[one].severity = findings[one].severity.max(findings[other].severity);
    let (root, follower) = (findings[one].rule.code, findings[other].rule.code);
    // That somebody refuses the whole file is more than the line is about.
    let refuses = findings[other].key.is_none();
    if follower == "reads-differently" && (NAMES_READERS.contains(&root) || refuses) {
        let mut who = findings[other].message.clone();
        let help = findings[one].help.take().unwrap_or_default();
        if let Some(literal) =
            findings[other].help.take().filter(|help| [LITERAL, NO_DOLLAR].iter().any(|known| help.starts_with(known)))
        {
            who = format!("{who}; {literal}");
        }
        findings[one].help = Some(if help.is_empty() { who } else { format!("{help}; {who}") });
    }
    if findings[one].rule.code == "values-disagree" {
        // Taking the deprecated key away settles both.
        let help = findings[other].help.take();
        findings[one].help = help;
    }
}

/// A key is not missing whose line is there and damaged.
fn absent(project: &Project, findings: &mut [Finding], gone: &mut [bool]) {
    let mut damaged: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate().filter(|(at, _)| !gone[*at]) {
        if let ("syntax" | "key-without-value" | "invalid-key-name", Some(key)) = (finding.rule.code, &finding.key) {
            damaged.entry(key.clone()).or_default().push(at);
        }
    }
    if damaged.is_empty() {
        return;
    }
    for other in 0..findings.len() {
        if findings[other].rule.code != "missing-key" {
            continue;
        }
        let here = findings[other].key.as_ref().and_then(|key| damaged.get(key));
        let mut here = here.into_iter().flatten().take(MOST);
        if let Some(&one) = here.find(|one| uses(project, &findings[other], &findings[**one])) {
            gone[other] = true;
            take_over(findings, one, other);
        }
    }
}

/// A key is not missing whose name is there and misspelt.
fn misspelt(findings: &mut [Finding], gone: &mut [bool]) {
    let unknown: Vec<_> =
        findings.iter().enumerate().filter(|(_, finding)| finding.rule.code == "unknown-key").collect();
    let mut meant: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, finding) in unknown {
        let near = finding.help.as_deref().and_then(|help| help.strip_prefix("did you mean ")?.strip_suffix('?'));
        meant.entry(near.unwrap_or_default().to_owned()).or_default().push(at);
    }
    for other in (0..findings.len()).filter(|_| !meant.is_empty()) {
        if gone[other] || findings[other].rule.code != "missing-key" {
            continue;
        }
        let near = findings[other].key.as_ref().and_then(|key| meant.get(key)).into_iter().flatten();
        let is_there = |one: &&usize| {
            let (there, missing) = (&findings[**one].environments, &findings[other].environments);
            missing.iter().all(|name| there.contains(name))
        };
        if let Some(&one) = near.take(MOST).find(is_there) {
            gone[other] = true;
            take_over(findings, one, other);
        }
    }
}

/// Whether an environment in which a key is missing reads the file of another finding.
fn uses(project: &Project, missing: &Finding, finding: &Finding) -> bool {
    let Some(label) = &finding.label else { return false };
    let layer = project.layers.iter().position(|layer| layer.source == label.span.source);
    layer.is_some_and(|layer| project.environments_of(layer).any(|name| missing.environments.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::FOLLOWS;
    use crate::checks::find;

    #[test]
    fn every_code_is_one() {
        for (root, follow) in FOLLOWS {
            for code in std::iter::once(root).chain(*follow) {
                assert!(find(code).is_some(), "{code}");
            }
        }
    }
}
