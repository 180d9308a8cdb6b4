//! What reports tell people to do: the command line that makes a comparison again, and what has to be changed by hand.

use serde::Serialize;

use super::Comparison;
use super::live::{self, word};

/// A place from which what runs gets something else than what is declared, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edit {
    /// The key, safe to print.
    pub key: String,
    /// The file, as users see it.
    pub path: String,
    /// The line, where one is known.
    pub line: Option<u32>,
}

impl Edit {
    /// In words: `LOG_LEVEL in compose.yml:3`.
    #[must_use]
    pub fn told(&self) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{} in {}{line}", self.key, self.path)
    }
}

impl Comparison {
    /// `sparkcfg drift` with the sources that were named: what a finding between them needs to be found again.
    #[must_use]
    pub fn command(&self) -> String {
        self.with(&self.options)
    }

    /// The same for what it found, and nothing else: for changes of all of it.
    #[must_use]
    pub fn narrow_command(&self) -> String {
        self.with(&[self.options.as_slice(), &self.scope].concat())
    }

    /// The same for other sources.
    #[must_use]
    pub fn command_of(&self, sources: &[&str]) -> String {
        let sources: Vec<_> = sources.iter().map(|source| word(source)).collect();
        again("drift", &sources.iter().map(String::as_str).collect::<Vec<_>>(), self.folder.as_deref())
    }

    fn with(&self, options: &[String]) -> String {
        let sources: Vec<_> = self.asked.iter().map(|source| word(source)).collect();
        let words: Vec<_> = sources.iter().chain(options).map(String::as_str).collect();
        let piped = self.asked.iter().find_map(|source| live::piped(source));
        let piped = piped.map(|command| format!("{command} | ")).unwrap_or_default();
        piped + &again("drift", &words, self.folder.as_deref())
    }
}

/// A command of sparkcfg about the project in `folder`, as the user named it.
#[must_use]
pub fn again(command: &str, words: &[&str], folder: Option<&str>) -> String {
    let folder = folder.map(|folder| format!("--project {}", word(folder)));
    let words = ["sparkcfg", command].into_iter().chain(words.iter().copied()).chain(folder.as_deref());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::Comparison;

    #[test]
    fn sources_are_words_of_a_shell() {
        for (asked, folder, expected) in [
            (&[][..], None, "sparkcfg drift"),
            (&["staging", "prod"], None, "sparkcfg drift staging prod"),
            (&["staging", "prod"], Some("a b"), "sparkcfg drift staging prod --project 'a b'"),
            (&["prod@v1.4.0", "prod"], None, "sparkcfg drift prod@v1.4.0 prod"),
            (&["prod", "compose:c.json#worker"], None, "sparkcfg drift prod compose:c.json#worker"),
            (&["prod", "env:a b;c"], None, "sparkcfg drift prod 'env:a b;c'"),
            (&["prod", "pm2:-#web"], None, "pm2 jlist | sparkcfg drift prod pm2:-#web"),
            (&["prod", "docker:-#api"], None, "docker inspect api | sparkcfg drift prod docker:-#api"),
        ] {
            let asked = asked.iter().map(|source| (*source).to_owned()).collect();
            let folder = folder.map(ToOwned::to_owned);
            assert_eq!(Comparison { asked, folder, ..Comparison::default() }.command(), expected);
        }
        let comparison = Comparison {
            options: vec!["--strict".to_owned()],
            scope: vec!["--keys '*_URL'".to_owned()],
            ..Comparison::default()
        };
        assert_eq!(comparison.command(), "sparkcfg drift --strict");
        assert_eq!(comparison.narrow_command(), "sparkcfg drift --strict --keys '*_URL'");
        assert_eq!(comparison.command_of(&["dev", "prod"]), "sparkcfg drift dev prod");
    }
}
