//! What breaks many lines of a SOPS file at once is told once, where it stands.

use super::document::{Document, Field};
use super::selection::Rule;
use super::{RESTORE, cipher};
use crate::stores::{Damage, DamageKind};

/// What is said of a sealed value that the data key does not open.
pub(super) const MOVED: &str = "the sealed value was changed, or moved here from another key or file";

/// What is said of a sealed value that should stand there in plain text.
pub(super) const AGAINST_RULE: &str = "this is sealed, although the file's rule leaves it in plain text";

const OTHER_KEY: &str = "no value in this file was sealed with its data key: values and metadata are of two versions";

const OTHER_RULE: &str = "this rule leaves values in plain text that are sealed here, so it was changed";

/// The damages of a file's lines, where all lines have the same one as a single damage.
pub(super) fn told_once(document: &Document<'_>, mut damages: Vec<Damage>) -> Vec<Damage> {
    let count = |damages: &[Damage], message: &str| damages.iter().filter(|damage| damage.message == message).count();
    let moved = count(&damages, MOVED);
    if moved > 1 && moved == document.lines.iter().filter(|line| cipher::Token::parse(line.value).is_some()).count() {
        keep_first(&mut damages, MOVED, |damage| damage.message = OTHER_KEY);
    }
    if count(&damages, AGAINST_RULE) > 1
        && let Some(field) = Rule::field_of(document)
    {
        keep_first(&mut damages, AGAINST_RULE, |damage| (damage.message, damage.range) = (OTHER_RULE, field.range()));
    }
    damages
}

fn keep_first(damages: &mut Vec<Damage>, message: &str, change: impl FnOnce(&mut Damage)) {
    let mut is_first = true;
    damages.retain(|damage| damage.message != message || std::mem::take(&mut is_first));
    if let Some(damage) = damages.iter_mut().find(|damage| damage.message == message) {
        change(damage);
    }
}

/// What is wrong with the rule of a file, or with what it makes of its lines, as far as that is seen without a key.
pub(super) fn seen_of_rule(document: &Document<'_>) -> Vec<Damage> {
    let broken = |range, message| Damage { range, kind: DamageKind::Broken, message, help: RESTORE };
    let rule = match Rule::of(document) {
        Ok(rule) => rule,
        Err(message) => return vec![broken(rule_range(document), message)],
    };
    // Comments are sealed, and only a key shows what they say.
    if rule.goes_by_comments() {
        return Vec::new();
    }
    let mut walk = rule.walk();
    let plain = document.lines.iter().filter(|line| !walk.seals(line.key) && cipher::looks_sealed(line.value));
    let damages = plain.map(|line| broken(line.value_range(), AGAINST_RULE)).collect();
    told_once(document, damages)
}

/// Where the rule of a file stands; its beginning where there is none.
pub(super) fn rule_range(document: &Document<'_>) -> std::ops::Range<u32> {
    Rule::field_of(document).map_or(0..0, |field: Field<'_>| field.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEALED: &str = "ENC[AES256_GCM,data:oYyi,iv:MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=,tag:t5z2Z023Up0kxwCgw1gNxg==,type:str]";

    #[test]
    fn a_rule_that_does_not_fit_is_seen_without_a_key() {
        for (rule, expected) in [
            ("", &[][..]),
            ("sops_unencrypted_suffix=_x", &[]),
            ("sops_unencrypted_suffix=_ONE", &[(1, AGAINST_RULE)]),
            ("sops_encrypted_regex=^NOTHING$", &[(3, OTHER_RULE)]),
            (
                "sops_encrypted_regex=(PASS",
                &[(3, "the pattern in the SOPS metadata that says what is sealed is not valid")],
            ),
            (
                "sops_encrypted_regex=^K\nsops_unencrypted_suffix=_x",
                &[(4, "the SOPS metadata has more than one rule for what is sealed")],
            ),
            ("sops_encrypted_comment_regex=it", &[]),
        ] {
            let text = format!("KEY_ONE={SEALED}\nKEY_TWO={SEALED}\n{rule}\n");
            let line = |at: u32| text[..at as usize].matches('\n').count() + 1;
            let damages = seen_of_rule(&Document::parse(&text));
            let found: Vec<_> = damages.iter().map(|damage| (line(damage.range.start), damage.message)).collect();
            assert_eq!(found, expected, "{rule}");
        }
    }

    #[test]
    fn one_damage_for_one_cause() {
        let text = format!("#{SEALED}\nKEY_ONE={SEALED}\nKEY_TWO={SEALED}\nsops_mac=m\n");
        let document = Document::parse(&text);
        let damage = |line: usize, message| Damage {
            range: document.lines[line].value_range(),
            kind: DamageKind::Broken,
            message,
            help: RESTORE,
        };
        for (lines, expected) in [(&[0, 1, 2][..], &[OTHER_KEY][..]), (&[1, 2], &[MOVED, MOVED]), (&[2], &[MOVED])] {
            let damages = lines.iter().map(|line| damage(*line, MOVED)).collect();
            let told = told_once(&document, damages);
            assert_eq!(told.iter().map(|damage| damage.message).collect::<Vec<_>>(), expected, "{lines:?}");
            assert_eq!(told[0].range, document.lines[lines[0]].value_range());
        }
    }
}
