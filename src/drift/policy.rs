//! What a difference means: the word of the schema, the rules of `sparkcfg.toml`, and which of them is nearest.

use globset::{Glob, GlobMatcher};

use crate::schema::extension::Drift;
use crate::schema::sameness::Shape;

/// The rules of `sparkcfg.toml`.
#[derive(Debug, Default)]
pub struct Policies {
    rules: Vec<Rule>,
}

/// One rule for one pattern of keys.
#[derive(Debug)]
struct Rule {
    pattern: String,
    keys: GlobMatcher,
    between: Vec<String>,
    policy: Drift,
    same: Vec<Shape>,
}

/// How near a rule is to a pair of values; the nearest decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Nearness {
    /// The key is named in full.
    exact: bool,
    /// How many characters of the key the rule spells out.
    letters: usize,
    /// The rule names environments.
    between: bool,
}

/// Two rules, equally near, that disagree. Each is named as users wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The one rule and its policy.
    pub one: (String, Drift),
    /// The other.
    pub other: (String, Drift),
}

/// The rules that fit one key.
#[derive(Debug)]
pub struct Fitting<'p> {
    declared: Option<Drift>,
    letters: usize,
    rules: Vec<&'p Rule>,
}

impl Policies {
    /// Adds a rule for every pattern.
    ///
    /// # Errors
    /// The pattern that is none.
    pub fn add(
        &mut self,
        patterns: &[String],
        between: &[String],
        policy: Drift,
        same: &[Shape],
    ) -> Result<(), String> {
        for pattern in patterns {
            let keys = Glob::new(pattern).map_err(|_| pattern.clone())?.compile_matcher();
            self.rules.push(Rule {
                pattern: pattern.clone(),
                keys,
                between: between.to_vec(),
                policy,
                same: same.to_vec(),
            });
        }
        Ok(())
    }

    /// The rules that fit `key`, of which the schema says `declared`.
    #[must_use]
    pub fn of(&self, key: &str, declared: Option<Drift>) -> Fitting<'_> {
        let rules = self.rules.iter().filter(|rule| rule.keys.is_match(key)).collect();
        Fitting { declared, letters: key.len(), rules }
    }
}

impl Fitting<'_> {
    /// Whether there are no two that could disagree.
    #[must_use]
    pub fn is_undisputed(&self) -> bool {
        self.rules.len() + usize::from(self.declared.is_some()) < 2
    }

    /// Whether nobody says anything.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.declared.is_none() && self.rules.is_empty()
    }

    /// Whether a rule or the schema names the key in full.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.declared.is_some() || self.rules.iter().any(|rule| rule.nearness().exact)
    }

    /// The pattern of the nearest rule, where neither a rule nor the schema names the key in full.
    #[must_use]
    pub fn by_pattern(&self) -> Option<&str> {
        let nearest = self.rules.iter().max_by_key(|rule| rule.nearness()).filter(|_| !self.is_named());
        nearest.map(|rule| rule.pattern.as_str())
    }

    /// The parts of a value that some rule keeps the same.
    pub fn shapes(&self) -> impl Iterator<Item = Shape> {
        self.rules.iter().flat_map(|rule| rule.same.iter().copied())
    }

    /// Whether a rule keeps a part of the value the same between two environments.
    #[must_use]
    pub fn keeps(&self, shape: Shape, one: &str, other: &str) -> bool {
        self.rules.iter().any(|rule| rule.is_between(one, other) && rule.same.contains(&shape))
    }

    /// What a difference between two environments means; `None` where nobody said so.
    ///
    /// # Errors
    /// Two rules that are equally near and disagree.
    pub fn between(&self, one: &str, other: &str) -> Result<Option<Drift>, Conflict> {
        if self.rules.is_empty() {
            return Ok(self.declared);
        }
        let declared = self.declared.map(|policy| {
            let nearness = Nearness { exact: true, letters: self.letters, between: false };
            (nearness, "the schema".to_owned(), policy)
        });
        let rules = self.rules.iter().filter(|rule| rule.is_between(one, other)).map(|rule| {
            let told = if rule.between.is_empty() {
                format!("`{}`", rule.pattern)
            } else {
                format!("`{}` between {}", rule.pattern, rule.between.join(", "))
            };
            (rule.nearness(), told, rule.policy)
        });
        let mut nearest: Option<(Nearness, String, Drift)> = None;
        let mut conflict = None;
        for (nearness, told, policy) in declared.into_iter().chain(rules) {
            match &nearest {
                Some((known, ..)) if nearness < *known => {}
                Some((known, first, other)) if nearness == *known => {
                    if *other != policy && conflict.is_none() {
                        conflict = Some(Conflict { one: (first.clone(), *other), other: (told, policy) });
                    }
                }
                _ => {
                    nearest = Some((nearness, told, policy));
                    conflict = None;
                }
            }
        }
        match conflict {
            Some(conflict) => Err(conflict),
            None => Ok(nearest.map(|(.., policy)| policy)),
        }
    }
}

impl Rule {
    fn is_between(&self, one: &str, other: &str) -> bool {
        self.between.is_empty() || [one, other].iter().all(|name| self.between.iter().any(|known| known == name))
    }

    fn nearness(&self) -> Nearness {
        let is_plain = |character: &char| !"*?[]{}!,".contains(*character);
        let letters = self.pattern.chars().filter(is_plain).count();
        Nearness { exact: letters == self.pattern.chars().count(), letters, between: !self.between.is_empty() }
    }
}

#[cfg(test)]
mod tests {
    use super::Policies;
    use crate::schema::extension::Drift::{self, MayDiffer, MustDiffer, MustMatch};

    #[test]
    fn the_nearest_rule_decides() {
        let rules: &[(&str, &[&str], Drift)] = &[
            ("*", &[], MayDiffer),
            ("*_TIMEOUT_MS", &["staging", "prod"], MustMatch),
            ("API_*", &[], MustDiffer),
            ("A?", &[], MustMatch),
            ("?B", &[], MayDiffer),
            ("NAME", &[], MustMatch),
        ];
        let mut policies = Policies::default();
        for (pattern, between, policy) in rules {
            let between: Vec<_> = between.iter().map(|name| (*name).to_owned()).collect();
            policies.add(&[(*pattern).to_owned()], &between, *policy, &[]).unwrap();
        }
        for (key, declared, pair, expected) in [
            ("X_TIMEOUT_MS", None, ["staging", "prod"], Ok(Some(MustMatch))),
            ("X_TIMEOUT_MS", None, ["dev", "prod"], Ok(Some(MayDiffer))),
            ("API_TIMEOUT_MS", None, ["prod", "staging"], Ok(Some(MustMatch))),
            ("API_TIMEOUT_MS", None, ["dev", "prod"], Ok(Some(MustDiffer))),
            ("API_TIMEOUT_MS", Some(MayDiffer), ["prod", "staging"], Ok(Some(MayDiffer))),
            ("NAME", Some(MustMatch), ["dev", "prod"], Ok(Some(MustMatch))),
            ("NAME", Some(MayDiffer), ["dev", "prod"], Err(["the schema", "`NAME`"])),
            ("AB", None, ["dev", "prod"], Err(["`A?`", "`?B`"])),
            ("AB", Some(MustDiffer), ["dev", "prod"], Ok(Some(MustDiffer))),
        ] {
            let found = policies.of(key, declared).between(pair[0], pair[1]);
            let found = found.map_err(|conflict| [conflict.one.0, conflict.other.0]);
            assert_eq!(found, expected.map_err(|names| names.map(ToOwned::to_owned)), "{key} {pair:?}");
        }
        for (key, declared, expected) in [
            ("NAME", None, None),
            ("X_TIMEOUT_MS", None, Some("*_TIMEOUT_MS")),
            ("X", None, Some("*")),
            ("X", Some(MayDiffer), None),
        ] {
            assert_eq!(policies.of(key, declared).by_pattern(), expected, "{key}");
        }
        assert_eq!(Policies::default().of("A", None).by_pattern(), None);
        assert_eq!(Policies::default().of("A", None).between("a", "b"), Ok(None));
        assert_eq!(Policies::default().add(&["[".to_owned()], &[], MayDiffer, &[]), Err("[".to_owned()));
    }
}
