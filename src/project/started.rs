//! Which environments are meant by the files of Compose and PM2 that scripts start by name.

use super::layout::Stack;
use super::usage::Started;

/// Other names by which people call an environment.
const KIN: &[[&str; 2]] = &[["prod", "production"], ["dev", "development"], ["staging", "stage"]];

/// Environment → files, for those commands of which that is clear: by the env file or the environment that they name, else by
/// the name of the environment in the path of a file, else because there is only one environment.
pub(super) fn by_environment(started: &[Started], stacks: &[Stack]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for one in started {
        let given: Vec<_> =
            stacks.iter().filter(|stack| one.env_files.iter().any(|file| stack.files.contains(file))).collect();
        let by_name = one.environment.clone().into_iter().collect::<Vec<_>>();
        let meant = match (given.as_slice(), stacks) {
            ([stack], _) => Some(stack.name.as_str()),
            ([], [only]) if !by_name.is_empty() && !names_another(std::slice::from_ref(&only.name)) => {
                Some(only.name.as_str())
            }
            ([], _) if !by_name.is_empty() => named(&by_name, stacks),
            ([], [only]) => {
                named(&one.files, stacks).or(Some(only.name.as_str()).filter(|_| !names_another(&one.files)))
            }
            _ => named(&one.files, stacks),
        };
        let own = meant.map(|name| (name.to_owned(), one.files.clone()));
        found.extend(own.filter(|own| !found.contains(own)));
    }
    found
}

/// Whether a path speaks of an environment that the project may not have, or of a test.
fn names_another(paths: &[String]) -> bool {
    const OTHERS: &[&str] = &["ci", "e2e", "example", "local", "qa", "sample", "test", "testing", "tests", "uat"];
    let words = KIN.iter().flatten().chain(OTHERS);
    words.into_iter().any(|word| paths.iter().any(|path| holds_word(path, word)))
}

/// The environment that a path names; the longest name counts, as `eu-prod` before `prod`.
fn named<'s>(paths: &[String], stacks: &'s [Stack]) -> Option<&'s str> {
    let names = |name: &str| paths.iter().any(|path| holds_word(path, name));
    let is_meant = |stack: &&Stack| {
        let name = stack.name.as_str();
        let kin = KIN.iter().filter(|kin| kin.contains(&name)).flatten();
        names(name) || kin.into_iter().any(|other| names(other))
    };
    let meant = stacks.iter().filter(is_meant).map(|stack| stack.name.as_str());
    meant.max_by_key(|name| name.len())
}

fn holds_word(text: &str, word: &str) -> bool {
    let is_part = |sign: char| sign.is_ascii_alphanumeric();
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_files_they_are() {
        let stack = |name: &str| Stack {
            name: name.to_owned(),
            files: vec!["environments/base.env".to_owned(), format!("environments/{name}.env")],
        };
        let several = ["dev", "eu-prod", "prod"].map(stack);
        for (stacks, file, env_file, expected) in [
            (&several[..], "deploy/compose.prod.yml", "", Some("prod")),
            (&several, "deploy/production/compose.yml", "", Some("prod")),
            (&several, "compose.eu-prod.yml", "", Some("eu-prod")),
            (&several, "compose.yml", "environments/dev.env", Some("dev")),
            (&several, "compose.prod.yml", "environments/dev.env", Some("dev")),
            (&several, "compose.yml", "environments/base.env", None),
            (&several, "compose.products.yml", "", None),
            (&several[..1], "compose.yml", "", Some("dev")),
            (&several[..1], "compose.prod.yml", "", None),
            (&several[2..], "test/compose.yml", "", None),
        ] {
            let env_files = if env_file.is_empty() { Vec::new() } else { vec![env_file.to_owned()] };
            let started = Started { files: vec![file.to_owned()], env_files, environment: None };
            let found = by_environment(&[started.clone(), started], stacks);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{file}");
            assert_eq!(found.first().map(|(name, _)| name.as_str()), expected, "{file}");
        }
        for (environment, expected) in [("production", Some("prod")), ("dev", Some("dev")), ("qa", None)] {
            let files = vec!["ecosystem.config.js".to_owned()];
            let started = Started { files, env_files: Vec::new(), environment: Some(environment.to_owned()) };
            let found = by_environment(&[started], &several);
            assert_eq!(found.first().map(|(name, _)| name.as_str()), expected, "{environment}");
        }
    }
}
