//! What changes the variables of a container of Kubernetes: where they stand, and then the container.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Applying, Declared};
use crate::drift::Edit;
use crate::drift::command::again;
use crate::drift::live::word;
use crate::drift::live::workload::{Cluster, Map, Place};
use crate::finding::told_name;
use crate::source::printable;

/// A longer patch is made by the programs themselves.
const LONGEST_PATCH: usize = 200;

/// What is to be changed, by where it stands.
#[derive(Default)]
struct Changes<'k> {
    /// Keys that stand in what holds values, each with its name there.
    held: BTreeMap<Map, BTreeMap<&'k str, String>>,
    /// Those of the container itself, as words of a shell.
    own: Vec<String>,
    /// Those of it that no command may tell.
    by_hand: Vec<Edit>,
}

impl<'a> Declared<'a> {
    /// What is to be done so that a container has what is declared. A secret is never told: it goes from program to program.
    pub(super) fn in_cluster(&self, cluster: &Cluster) -> Applying {
        let Changes { held, own, mut by_hand } = self.changes(cluster);
        let namespace =
            if cluster.namespace.is_empty() { String::new() } else { format!(" -n {}", word(&cluster.namespace)) };
        let mut commands: Vec<_> = held.iter().map(|(map, keys)| self.patch(map, keys, &namespace)).collect();
        if let Some(workload) = &cluster.workload {
            let name = word(&format!("{}/{}", workload.kind, workload.name));
            if !own.is_empty() {
                let container =
                    workload.container.as_ref().map(|name| format!(" -c {}", word(name))).unwrap_or_default();
                commands.push(format!("kubectl set env {name}{namespace}{container} {}", own.join(" ")));
            } else if !commands.is_empty() && workload.restarts() {
                // What is set in place starts it again by itself.
                commands.push(format!("kubectl rollout restart {name}{namespace}"));
            }
        }
        by_hand.sort();
        Applying { edits: by_hand, command: (!commands.is_empty()).then(|| commands.join(" && ")) }
    }

    fn changes(&self, cluster: &Cluster) -> Changes<'a> {
        let mut changes = Changes::default();
        for key in &self.keys {
            let Some(value) = self.value(key) else { continue };
            let secret = self.project.hides(key, value);
            let own = match cluster.place(key, secret) {
                Place::Map(map, name) if is_name(&name) && is_name(key) => {
                    changes.held.entry(map).or_default().insert(key, name);
                    continue;
                }
                // The kubelet takes a `$` for the beginning of a reference.
                Place::Map(..) => continue,
                Place::Own => format!("{key}={}", value.replace('$', "$$")),
            };
            let Some(workload) = &cluster.workload else { continue };
            if secret || self.hides_values || printable(&own) != own || !workload.is_set_in_place() {
                let path = printable(&format!("{}/{}", workload.kind, workload.name));
                changes.by_hand.push(Edit { key: told_name(key), path, line: None });
            } else {
                changes.own.push(word(&own));
            }
        }
        changes
    }

    /// The command that changes some keys of what holds values, and leaves the others.
    fn patch(&self, map: &Map, keys: &BTreeMap<&str, String>, namespace: &str) -> String {
        let kind = if map.is_secret { "secret" } else { "configmap" };
        let patch = format!("kubectl patch {kind} {}{namespace} --type merge", word(&map.name));
        if !map.is_secret && !self.hides_values {
            let data: BTreeMap<_, _> = keys.iter().map(|(key, name)| (name, self.value(key))).collect();
            let text = json!({ "data": data }).to_string();
            let is_open = keys.keys().all(|key| self.value(key).is_some_and(|value| !self.project.hides(key, value)));
            if is_open && text.len() <= LONGEST_PATCH && printable(&text) == text {
                return format!("{patch} -p {}", word(&text));
            }
        }
        let environment = word(&self.environment.name);
        let mut words = vec![environment.as_str()];
        words.extend(keys.keys());
        words.extend(["--no-local", "--as docker-env", "--with-secrets"]);
        let show = again("show", &words, self.folder);
        let renamed = keys.iter().filter(|(key, name)| *key != name);
        let renamed: Vec<_> =
            renamed.map(|(key, name)| format!(" -e {}", word(&format!("s/^{key}=/{name}=/")))).collect();
        let renamed = if renamed.is_empty() { String::new() } else { format!("| sed{} ", renamed.concat()) };
        let create = if map.is_secret { "secret generic" } else { "configmap" };
        let name = word(&map.name);
        format!(
            "{show} {renamed}| kubectl create {create} {name} --from-env-file=/dev/stdin --dry-run=client -o json | {patch} \
             --patch-file /dev/stdin"
        )
    }
}

/// Whether Kubernetes takes a text for the name of a value.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}
