//! How an environment is written out for another program, without a template: one file a target.
//!
//! To add a target: one file with a `write` function, one `mod` line, one entry in [`ALL`].

mod compose_env;
mod docker_env;
mod dotenv;
mod github_env;
mod json;
mod kubernetes;
mod lines;
mod pm2;
mod shell;
mod systemd;
mod tfvars;
mod toml;
mod yaml;

use std::fmt;

use serde_json::Value;

/// A program, or a kind of file, that takes an environment.
#[derive(Debug)]
pub struct Target {
    /// What follows `--as`.
    pub name: &'static str,
    /// One line for `--help`.
    pub summary: &'static str,
    /// Writes all variables, or says which ones the target cannot take.
    pub write: fn(&Picture<'_>) -> Result<String, Vec<Refusal>>,
}

/// Every target, in the order in which `--help` lists them.
pub static ALL: &[Target] = &[
    dotenv::TARGET,
    compose_env::TARGET,
    docker_env::TARGET,
    shell::TARGET,
    systemd::TARGET,
    json::TARGET,
    yaml::TARGET,
    toml::TARGET,
    kubernetes::TARGET,
    github_env::TARGET,
    tfvars::TARGET,
    pm2::TARGET,
];

/// The target that users call `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    ALL.iter().find(|target| target.name == name)
}

/// An environment as it is to be written. Its `Debug` tells no values.
pub struct Picture<'v> {
    /// Its name.
    pub environment: &'v str,
    /// Sorted by key.
    pub variables: Vec<Variable<'v>>,
}

/// One variable. Its `Debug` tells no value.
pub struct Variable<'v> {
    /// The key.
    pub key: &'v str,
    /// The text; `None` for a secret that is not to be written.
    pub text: Option<&'v str>,
    /// The text as the schema reads it; null for a secret that is not to be written.
    pub typed: Value,
    /// The digits of an integer that `typed` only holds as a text, because it needs more than 64 bits.
    pub digits: Option<String>,
    /// Whether it is a secret, written or not.
    pub secret: bool,
}

impl fmt::Debug for Picture<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Picture").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl fmt::Debug for Variable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Variable").field("secret", &self.secret).finish_non_exhaustive()
    }
}

impl Picture<'_> {
    /// The variables that are written, each with its text.
    fn written(&self) -> impl Iterator<Item = (&Variable<'_>, &str)> {
        self.variables.iter().filter_map(|variable| Some((variable, variable.text?)))
    }

    /// One piece of text for each variable that is written, or every refusal.
    fn each(
        &self,
        mut write: impl FnMut(&Variable<'_>, &str) -> Result<String, String>,
    ) -> Result<String, Vec<Refusal>> {
        let (mut out, mut refusals) = (String::new(), Vec::new());
        for (variable, text) in self.written() {
            match write(variable, text) {
                Ok(piece) => out.push_str(&piece),
                Err(reason) => refusals.push(Refusal { key: variable.key.to_owned(), reason }),
            }
        }
        if refusals.is_empty() { Ok(out) } else { Err(refusals) }
    }
}

/// A variable that a target cannot take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The key.
    pub key: String,
    /// Why, in lower case; never quotes the value.
    pub reason: String,
}

/// Whether a key is a name that every shell and program takes: `[A-Za-z_][A-Za-z0-9_]*`.
fn is_plain_name(key: &str) -> bool {
    let mut bytes = key.bytes();
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    bytes.next().is_some_and(letter) && bytes.all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
