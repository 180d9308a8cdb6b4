//! What really runs, as another tool tells it: one file a tool.
//!
//! To add a tool: one file with a [`Producer`], one `mod` line, one entry in [`ALL`]. Nothing is asked for: the user
//! hands the tool's output over.

mod compose;
mod docker;
pub mod image;
mod kubernetes;
mod pm2;
mod process;
pub mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::secret::Secret;
use workload::Cluster;

/// A tool that tells what runs.
#[derive(Debug)]
pub struct Producer {
    /// What stands before the colon: `pm2`.
    pub name: &'static str,
    /// What it reads, for people.
    pub summary: &'static str,
    /// Reads the tool's output. The error says what is wrong, and never quotes it.
    pub read: fn(&[u8]) -> Result<Vec<Part>, &'static str>,
}

/// A process, a container or a service. Its `Debug` tells no value.
#[derive(Default)]
pub struct Part {
    /// What the tool calls it.
    pub name: String,
    /// Its variables, in order.
    pub variables: Vec<(String, Secret)>,
    /// Variables that it has from elsewhere, so that the tool does not tell their values.
    pub referred: Vec<String>,
    /// Variables that it has from whoever starts it, and how: a text in which references stand as Compose follows them.
    pub templates: Vec<(String, Secret)>,
    /// Variables whose values it finds in a file that is mounted.
    pub mounted: Vec<String>,
    /// Whether it starts what it runs with all that is declared: it is `sparkcfg run`.
    pub hands_on: bool,
    /// Whether it has more of them, whose names the tool does not tell either.
    pub has_more: bool,
    /// Whether it runs nothing by itself: with the other pieces it makes one whole, of which none need be chosen.
    pub is_piece: bool,
    /// The namespace of Kubernetes that it lives in.
    pub namespace: Option<String>,
    /// What the schema may call it under `services`.
    pub services: Vec<String>,
    /// Why nothing runs, in the tool's word for it: `stopped`.
    pub idle: Option<String>,
    /// The lines of a file that its readers refuse.
    pub broken: Vec<usize>,
    /// What makes it read its configuration again.
    pub restart: Option<Restart>,
}

/// What something has without the value standing in what tells of it.
#[derive(Debug, Default)]
pub struct Handed {
    /// Keys for whose values references stand, and whether one of these leads to a secret.
    pub by_reference: BTreeMap<String, bool>,
    /// Keys whose values it finds in a file that is mounted.
    pub by_file: BTreeSet<String>,
}

/// What makes something that runs read its configuration again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restart {
    /// Docker Compose makes it anew.
    Compose {
        /// The service.
        service: String,
        /// Whether a container of it runs, which keeps the environment with which it was made.
        runs: bool,
        /// What it was started with, where that is told.
        started: Started,
    },
    /// What Kubernetes starts from what holds the values.
    Kubernetes(Cluster),
    /// An env file, which somebody edits.
    EnvFile {
        /// The lines of its keys.
        lines: BTreeMap<String, u32>,
    },
    /// PM2 starts it again from a file that it does not tell.
    Pm2 {
        /// What PM2 calls it.
        app: String,
        /// The block of the file that it runs with: `production` for `env_production`.
        block: Option<String>,
        /// The folder of its daemon, where that is not the usual one.
        home: Option<String>,
        /// Whether nobody can say which block that is.
        any_block: bool,
    },
}

/// What Compose was started with, as it is on that machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Started {
    /// The name of the project.
    pub project: Option<String>,
    /// Its Compose files, each laid over the one before.
    pub files: Vec<String>,
    /// Its env files, which it was given by name.
    pub env_files: Vec<String>,
}

impl fmt::Debug for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut part = formatter.debug_struct("Part");
        part.field("name", &self.name).field("variables", &self.variables.len()).finish_non_exhaustive()
    }
}

/// Every tool.
pub static ALL: &[Producer] =
    &[pm2::PRODUCER, docker::PRODUCER, image::PRODUCER, compose::PRODUCER, kubernetes::PRODUCER, process::PRODUCER];

/// A tool by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Producer> {
    ALL.iter().find(|producer| producer.name == name)
}

/// The command whose output a source takes from the standard input, where it does.
#[must_use]
pub fn piped(source: &str) -> Option<String> {
    let (tool, rest) = source.split_once(':')?;
    let part = rest.strip_prefix('-').filter(|part| part.is_empty() || part.starts_with('#'))?;
    let command = find(tool)?.summary.split('`').nth(1)?;
    if !command.ends_with("inspect") {
        return Some(command.to_owned());
    }
    part.strip_prefix('#').map(|name| format!("{command} {}", word(name)))
}

/// A scalar as a process would get it; nothing for a list or an object.
fn text(value: &Value) -> Option<Secret> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(boolean) => boolean.to_string(),
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    Some(Secret::new(text))
}

/// The folder of a daemon of PM2 that is not the usual one, by what it has as `PM2_HOME` and `HOME`.
fn own_home(own: Option<&str>, home: Option<&str>) -> Option<String> {
    let own = own?.trim_end_matches('/');
    let usual = home.map(|home| format!("{}/.pm2", home.trim_end_matches('/')));
    (!own.is_empty() && usual.as_deref() != Some(own)).then(|| own.to_owned())
}

/// `KEY=value` as a pair.
fn assignment(text: &str) -> Option<(String, Secret)> {
    let (key, value) = text.split_once('=')?;
    (!key.is_empty()).then(|| (key.to_owned(), Secret::new(value.to_owned())))
}

/// A name as a shell takes it for one word.
#[must_use]
pub fn word(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/:@#=,+".contains(&byte);
    if !name.is_empty() && !name.starts_with(['-', '#', '=']) && name.bytes().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Restart, find};

    fn shown(parts: &[Part]) -> Vec<String> {
        let told = |part: &Part| {
            let variables = part.variables.iter().map(|(key, value)| format!("{key}={}", value.expose()));
            let templates = part.templates.iter().map(|(key, template)| format!("{key}<{}", template.expose()));
            let referred = templates.chain(part.referred.iter().map(|key| format!("{key}?")));
            let more = part.has_more.then(|| "…".to_owned());
            format!("{}: {}", part.name, variables.chain(referred).chain(more).collect::<Vec<_>>().join(" "))
        };
        parts.iter().map(told).collect()
    }

    #[test]
    fn tools_are_read() {
        for (tool, text, expected) in [
            (
                "pm2",
                r#"noise
[{"name":"web","pm2_env":{"status":"online","env":{"PORT":80,"A":"x","axm":{},"web":"{}"}}}]"#,
                &["web: PORT=80 A=x"][..],
            ),
            ("docker", r#"[{"Name":"/api","Config":{"Env":["A=1=2","B=","odd"]}}]"#, &["api: A=1=2 B="]),
            (
                "compose",
                "services:\n  api:\n    environment:\n      A: p4ss$$w0rd\n      B: 1\n      C:\n",
                &["api: A=p4ss$w0rd B=1 C?"],
            ),
            ("compose", r#"{"services":{"api":{"environment":["A=x","B"]},"db":{}}}"#, &["api: A=x B?", "db: "]),
            (
                "compose",
                "services:\n  api:\n    environment:\n      A: ${B:?no}\n      C: $$B\n      D: cost $5\n",
                &["api: C=$B D=cost $5 A<${B:?no}"],
            ),
            (
                "k8s",
                r#"{"kind":"List","items":[{"kind":"ConfigMap","metadata":{"name":"app"},"data":{"A":"1"}},
              {"kind":"Secret","metadata":{"name":"app"},"data":{"B":"eA=="},"stringData":{"C":"y"}}]}"#,
                &["app: A=1", "app: B=x C=y"],
            ),
            (
                "k8s",
                r#"{"kind":"Deployment","metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{}}]}]}}}}"#,
                &["web: A=1 B?"],
            ),
            (
                "k8s",
                r#"{"kind":"List","items":[{"kind":"ConfigMap","metadata":{"name":"cm"},"data":{"A":"1","B":"2"}},
              {"kind":"CronJob","metadata":{"name":"job"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"c",
              "envFrom":[{"configMapRef":{"name":"cm"},"prefix":"P_"},{"configMapRef":{"name":"cm"}}],
              "env":[{"name":"A","value":"x$(B)"},{"name":"C","valueFrom":{"configMapKeyRef":{"name":"cm","key":"B"}}},
              {"name":"D","valueFrom":{"configMapKeyRef":{"name":"cm","key":"no","optional":true}}}]}]}}}}}}]}"#,
                &["cm: A=1 B=2", "job: A=x2 B=2 C=2 P_A=1 P_B=2"],
            ),
            (
                "k8s",
                r#"{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[
              {"name":"a","envFrom":[{"configMapRef":{"name":"cm"}},{"secretRef":{"name":"gone"}}],"env":[{"name":"B","value":"1"}]},
              {"name":"b"}]}},
              {"kind":"ConfigMap","metadata":{"name":"cm"},"data":{"A":"1","B":"2","ca.crt":"x"}}]}"#,
                &["cm: A=1 B=2", "p/a: B=1 A? ca.crt? …", "p/b: "],
            ),
            (
                "compose",
                r#"{"services":{"api":{"environment":["A=x"],"env_file":[{"path":"a.env"}]}}}"#,
                &["api: A=x …"],
            ),
            (
                "k8s",
                r#"{"kind":"List","items":[
              {"kind":"Deployment","metadata":{"name":"web","namespace":"eu"},"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"1"}]}]}}}},
              {"kind":"Deployment","metadata":{"name":"web","namespace":"us"},"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"2"}]}]}}}},
              {"kind":"Pod","metadata":{"name":"job","namespace":"us"},"spec":{"containers":[{}]}},
              {"kind":"CronJob","metadata":{"name":"job","namespace":"us"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{}]}}}}}},
              {"kind":"ConfigMap","metadata":{"name":"app","namespace":"eu"},"data":{"A":"1"}},
              {"kind":"ConfigMap","metadata":{"name":"app","namespace":"us"},"data":{"A":"2"}}]}"#,
                &["eu/app: A=1", "us/app: A=2", "eu/web: A=1", "us/web: A=2", "pod/job: ", "cronjob/job: "],
            ),
            (
                "k8s",
                r#"{"kind":"List","items":[{"kind":"Service","metadata":{"name":"web"}},
              {"kind":"Secret","metadata":{"name":"app"},"data":{"A":"eA==","store.jks":"/u3+7Q=="}}]}"#,
                &["app: A=x"],
            ),
            ("compose", r#"{"services":{"api":{"environment":["A=x"],"env_file":[]}}}"#, &["api: A=x"]),
            (
                "docker-image",
                r#"[{"Id":"sha256:1","RepoTags":["api:1"],"Config":{"Env":["PATH=/bin","A=1"]}}]"#,
                &["image: PATH=/bin A=1"],
            ),
            ("proc", "A=1\0B=two\nlines\0C\0", &["process: A=1 B=two\nlines"]),
            ("proc", "name=web\0pm_id=0\0web={}\0A=1\0", &["process: name=web pm_id=0 A=1"]),
            (
                "proc",
                "A=shell\0B=2\0pm2_env={\"name\":\"web\",\"env\":{\"A\":\"1\",\"web\":{},\"PORT\":80}}\0",
                &["process: B=2 A=1 PORT=80"],
            ),
            ("proc", "A=1\0pm2_env={\0", &["process: A=1 pm2_env={"]),
            (
                "pm2",
                r#"[{"name":"web","pm2_env":{"increment_var":"PORT","env":{"PORT":80,"A":"x"}}}]"#,
                &["web: A=x PORT?"],
            ),
            (
                "compose",
                r#"{"name":"app","services":{"api":{"environment":{"A":null,"B":"x"},"networks":{"default":null}}}}"#,
                &["api: B=x"],
            ),
            ("compose", r#"{"name":"app","services":{"api":{"environment":{"A":null}}}}"#, &["api: A?"]),
        ] {
            let parts = (find(tool).unwrap().read)(text.as_bytes()).unwrap();
            assert_eq!(shown(&parts), expected, "{tool}: {text}");
        }
    }

    /// What is optional and not there is left out, once others of its kind were handed over.
    #[test]
    fn what_is_optional_may_be_missing() {
        let text = |secrets: &str| {
            format!(
                r#"{{"kind":"List","items":[{{"kind":"Pod","metadata":{{"name":"job"}},"spec":{{"containers":[{{"envFrom":[
              {{"configMapRef":{{"name":"app"}}}},{{"secretRef":{{"name":"gone","optional":true}}}}]}}]}}}},
              {{"kind":"ConfigMap","metadata":{{"name":"app"}},"data":{{"A":"1"}}}}{secrets}]}}"#
            )
        };
        for (secrets, expected) in [
            ("", "job: A? …"),
            (r#",{"kind":"Secret","metadata":{"name":"other"},"data":{"B":"eA=="}}"#, "job: A=1"),
            (r#",{"kind":"Secret","metadata":{"name":"other","namespace":"b"},"data":{"B":"eA=="}}"#, "job: A? …"),
        ] {
            let parts = (find("k8s").unwrap().read)(text(secrets).as_bytes()).unwrap();
            assert_eq!(shown(&parts).last().map(String::as_str), Some(expected), "{secrets}");
        }
    }

    /// PM2 keeps every block of its file; the one that runs says what to start again with.
    #[test]
    fn the_block_that_runs_is_started_again() {
        for (environment, blocks, expected) in [
            (r#"{"A":"1"}"#, r#""env_production":{"A":"1"},"env_dev":{"A":"2"}"#, Some("production")),
            (r#"{"A":1}"#, r#""env_production":{"A":"1"}"#, Some("production")),
            (r#"{"A":"3"}"#, r#""env_production":{"A":"1"}"#, None),
            (r#"{"A":"1","B":"2"}"#, r#""env_one":{"A":"1"},"env_two":{"B":"2"}"#, None),
            (r#"{"A":"1"}"#, r#""env_empty":{}"#, None),
        ] {
            let text = format!(r#"[{{"name":"web","pm2_env":{{"env":{environment},{blocks}}}}}]"#);
            let parts = (find("pm2").unwrap().read)(text.as_bytes()).unwrap();
            let block = expected.map(ToOwned::to_owned);
            let restart = Restart::Pm2 { app: "web".to_owned(), block, home: None, any_block: false };
            assert_eq!(parts[0].restart, Some(restart), "{text}");
        }
    }

    /// A daemon of its own is reached with the folder that it has.
    #[test]
    fn the_daemon_is_the_same() {
        for (environment, expected) in [
            (r#"{"HOME":"/h"}"#, None),
            (r#"{"HOME":"/h","PM2_HOME":"/h/.pm2"}"#, None),
            (r#"{"HOME":"/h","PM2_HOME":"/h/.pm2/"}"#, None),
            (r#"{"HOME":"/h","PM2_HOME":"/srv/pm2"}"#, Some("/srv/pm2")),
            (r#"{"PM2_HOME":"/srv/pm2"}"#, Some("/srv/pm2")),
        ] {
            let text = format!(r#"[{{"name":"web","pm2_env":{{"env":{environment}}}}}]"#);
            let parts = (find("pm2").unwrap().read)(text.as_bytes()).unwrap();
            let home = expected.map(ToOwned::to_owned);
            let restart = Restart::Pm2 { app: "web".to_owned(), block: None, home, any_block: false };
            assert_eq!(parts[0].restart, Some(restart), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for (tool, text) in [
            ("pm2", "{}"),
            ("pm2", ""),
            ("pm2", "[{]"),
            ("docker", "[]x"),
            ("docker", "{}"),
            ("docker", r#"[{"Id":"sha256:1","RepoTags":["x"],"Config":{"Env":["PATH=/bin"]}}]"#),
            ("docker-image", r#"[{"Name":"/api","Config":{"Env":["A=1"]}}]"#),
            ("compose", "a: b"),
            ("compose", "- a"),
            ("compose", "{"),
            ("k8s", "[]"),
            ("k8s", r#"{"kind":"Secret","data":{"A":"%%"}}"#),
            ("k8s", r#"{"kind":"Node"}"#),
            ("proc", ""),
        ] {
            assert!((find(tool).unwrap().read)(text.as_bytes()).is_err(), "{tool}: {text}");
        }
    }
}
