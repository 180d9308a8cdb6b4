//! Takes names out of findings that may be the rest of a secret: the last thing that happens to a finding here.

use crate::finding::Finding;
use crate::project::Project;
use crate::source::MASK;

/// Names shorter than this stay in findings about other keys, where they are most likely words of the language.
const SHORTEST: usize = 4;

pub(super) fn conceal(project: &Project, findings: &mut [Finding]) {
    let names = project.rests_of_secrets();
    if names.is_empty() {
        return;
    }
    for finding in findings {
        if finding.key.as_deref().is_some_and(|key| names.contains(key)) {
            // Its value may be a part of the secret as well, so nothing of the message stays.
            finding.key = Some(MASK.to_owned());
            "what follows the secret on this line is read as a key".clone_into(&mut finding.message);
            finding.help = Some("quote the secret as a whole".to_owned());
            finding.fix = None;
        }
        let labels = finding.label.iter_mut().chain(&mut finding.related).map(|label| &mut label.message);
        for text in labels.chain(finding.help.as_mut()).chain(std::iter::once(&mut finding.message)) {
            for name in names.iter().filter(|name| name.len() >= SHORTEST) {
                *text = without(text, name);
            }
        }
    }
}

/// `text` with the word `name` masked wherever it stands.
fn without(text: &str, name: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        let whole = !before.ends_with(is_part) && !after.starts_with(is_part);
        out.push_str(before);
        out.push_str(if whole { MASK } else { name });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn words_are_masked_whole() {
        for (text, name, expected) in [
            ("b has no =", "b", "•••••• has no ="),
            ("b is above b", "b", "•••••• is above ••••••"),
            ("a_b, ab and ba", "b", "a_b, ab and ba"),
            ("write b-c=1", "b-c", "write ••••••=1"),
        ] {
            assert_eq!(without(text, name), expected);
        }
    }
}
