//! Kubernetes: where the variables of a container stand, and what has to start again once they are changed there.

use std::collections::BTreeMap;

use serde_json::Value;

/// Where the variables of containers stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The namespace; empty where it is not told.
    pub namespace: String,
    /// What has the container; nothing where only what holds values is known.
    pub workload: Option<Workload>,
    /// Where each variable stands that it has.
    pub places: BTreeMap<String, Place>,
    /// What takes further variables, each with what comes before their names, the last wins.
    pub open: Vec<(Map, String)>,
}

/// What has a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The kind, in lower case: `deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its container, where it has several.
    pub container: Option<String>,
}

/// Where a variable stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the specification of the container itself.
    Own,
    /// In what holds values, under a name of its own.
    Map(Map, String),
}

/// What holds values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Map {
    /// Whether it is a Secret, and no `ConfigMap`.
    pub is_secret: bool,
    /// Its name.
    pub name: String,
}

impl Map {
    /// What `kind` calls `name`: `ConfigMap` or `Secret`.
    #[must_use]
    pub fn new(kind: &str, name: &str) -> Self {
        Self { is_secret: kind == "Secret", name: name.to_owned() }
    }
}

impl Workload {
    /// What has to be changed so that a container of `item` is: of a pod that something else keeps, that.
    #[must_use]
    pub fn of(item: &Value, container: Option<String>) -> Self {
        let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let named = |kind: &str, name: &str| (kind.to_lowercase(), name.to_owned());
        let (mut kind, mut name) = named(text("/kind"), text("/metadata/name"));
        let owners = item.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
        let mut owners = owners.filter(|owner| owner.get("controller") == Some(&Value::Bool(true)));
        if let Some(owner) = owners.next() {
            let of_owner = |member: &str| owner.get(member).and_then(Value::as_str).unwrap_or_default();
            (kind, name) = named(of_owner("kind"), of_owner("name"));
        }
        // A Deployment calls its ReplicaSets after itself and the hash of what their pods are made from.
        let hash = text("/metadata/labels/pod-template-hash");
        if let Some(deployment) =
            name.strip_suffix(&format!("-{hash}")).filter(|_| kind == "replicaset" && !hash.is_empty())
        {
            (kind, name) = named("deployment", deployment);
        }
        Self { kind, name, container }
    }

    /// Whether its containers can be started again, with what holds their values as it is then.
    #[must_use]
    pub fn restarts(&self) -> bool {
        ["deployment", "statefulset", "daemonset"].contains(&self.kind.as_str())
    }

    /// Whether the variables of its containers can be set in place.
    #[must_use]
    pub fn is_set_in_place(&self) -> bool {
        self.restarts() || self.kind == "cronjob"
    }
}

impl Cluster {
    /// Where a variable stands, or would be looked for.
    #[must_use]
    pub fn place(&self, key: &str, secret: bool) -> Place {
        let takes = |(map, prefix): &(Map, String)| {
            let own = key.strip_prefix(prefix.as_str()).filter(|own| !own.is_empty() && map.is_secret == secret)?;
            Some(Place::Map(map.clone(), own.to_owned()))
        };
        self.places.get(key).cloned().or_else(|| self.open.iter().rev().find_map(takes)).unwrap_or(Place::Own)
    }

    /// Takes over what another piece of one whole holds.
    pub fn add(&mut self, other: Self) {
        self.places.extend(other.places);
        self.open.extend(other.open);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Cluster, Map, Place, Workload};

    #[test]
    fn a_pod_is_changed_where_it_is_made() {
        let owned = |kind: &str, name: &str| json!([{"kind": kind, "name": name, "controller": true}]);
        for (item, expected) in [
            (json!({"kind": "Deployment", "metadata": {"name": "api"}}), "deployment/api"),
            (json!({"kind": "Pod", "metadata": {"name": "x"}}), "pod/x"),
            (
                json!({"kind": "Pod", "metadata": {"name": "api-5f-x", "labels": {"pod-template-hash": "5f"},
                    "ownerReferences": owned("ReplicaSet", "api-5f")}}),
                "deployment/api",
            ),
            (
                json!({"kind": "ReplicaSet", "metadata": {"name": "api-5f", "labels": {"pod-template-hash": "5f"}}}),
                "deployment/api",
            ),
            (
                json!({"kind": "Pod", "metadata": {"name": "db-0", "ownerReferences": owned("StatefulSet", "db")}}),
                "statefulset/db",
            ),
            (
                json!({"kind": "Pod", "metadata": {"name": "x", "ownerReferences": [{"kind": "Node", "name": "n"}]}}),
                "pod/x",
            ),
        ] {
            let found = Workload::of(&item, None);
            assert_eq!(format!("{}/{}", found.kind, found.name), expected, "{item}");
        }
    }

    #[test]
    fn what_is_new_goes_where_its_like_is() {
        let open = |kind, name, prefix: &str| (Map::new(kind, name), prefix.to_owned());
        let open = vec![open("ConfigMap", "base", ""), open("ConfigMap", "app", "APP_"), open("Secret", "own", "")];
        let cluster = Cluster { open, ..Cluster::default() };
        let place = |key, secret| match cluster.place(key, secret) {
            Place::Own => "-".to_owned(),
            Place::Map(map, key) => format!("{}:{key}", map.name),
        };
        assert_eq!(
            [place("PORT", false), place("APP_PORT", false), place("APP_", false), place("APP_KEY", true)],
            ["base:PORT", "app:PORT", "base:APP_", "own:APP_KEY"]
        );
        assert_eq!(Cluster::default().place("PORT", false), Place::Own);
    }
}
