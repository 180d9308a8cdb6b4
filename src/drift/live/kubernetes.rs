//! Kubernetes: the JSON of `kubectl get configmap,secret -o json`, and of what runs containers.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::workload::{Cluster, Map, Place, Workload};
use super::{Part, Producer, Restart, text};
use crate::drift::noise;
use crate::secret::Secret;

pub(super) const PRODUCER: Producer = Producer { name: "k8s", summary: "`kubectl get deploy,cm,secret -o json`", read };

/// Where the specification of a pod stands in what runs containers.
const PODS: &[&str] = &["/spec/jobTemplate/spec/template/spec", "/spec/template/spec", "/spec"];

/// What every `ConfigMap` and `Secret` holds, by kind, namespace and name.
type Maps = BTreeMap<Named, Vec<(String, Secret)>>;

/// The kind, the namespace and the name of something that holds values.
type Named = (&'static str, String, String);

/// A variable by name; nothing where its value comes from what was not handed over.
type Variables = BTreeMap<String, Option<Secret>>;

/// Every container is a part; where there are none, what holds values is a piece of one.
fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let document: Value = serde_json::from_slice(bytes).map_err(|_| "it is not the JSON of `kubectl`")?;
    let alone = std::slice::from_ref(&document);
    let items = document.get("items").and_then(Value::as_array).map_or(alone, Vec::as_slice);
    let (mut maps, mut running) = (Maps::new(), Vec::new());
    for item in items {
        let name = named(item, "/metadata/name");
        match item.get("kind").and_then(Value::as_str) {
            Some("ConfigMap") => _ = maps.insert(("ConfigMap", namespace(item), name), config_map(item)),
            Some("Secret") => _ = maps.insert(("Secret", namespace(item), name), secret(item)?),
            Some("Pod" | "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob") => {
                running.push(item);
            }
            // `kubectl get all` tells of much that holds no variable.
            Some(_) => {}
            None => return Err("it is not the JSON of `kubectl`"),
        }
    }
    if maps.is_empty() && running.is_empty() {
        return Err("there are neither ConfigMaps, Secrets nor containers in it");
    }
    let first = maps.keys().next().map(|(_, namespace, _)| namespace);
    let spread = maps.keys().any(|(_, namespace, _)| Some(namespace) != first);
    let piece = |((kind, namespace, name), variables): (&Named, &Vec<(String, Secret)>)| {
        let own = variables.iter().filter(|(key, _)| !is_file(key));
        let variables: Vec<_> = own.map(|(key, value)| (key.clone(), copy(value))).collect();
        let map = Map::new(kind, name);
        let places = variables.iter().map(|(key, _)| (key.clone(), Place::Map(map.clone(), key.clone()))).collect();
        let open = if variables.is_empty() { Vec::new() } else { vec![(map, String::new())] };
        let restart = Restart::Kubernetes(Cluster { namespace: namespace.clone(), workload: None, places, open });
        let name = if spread && !namespace.is_empty() { format!("{namespace}/{name}") } else { name.clone() };
        let namespace = Some(namespace.clone());
        Part { name, namespace, variables, is_piece: true, restart: Some(restart), ..Part::default() }
    };
    let mut parts: Vec<_> = maps.iter().map(piece).collect();
    for item in &running {
        let name = told_name(item, &running);
        let pod = PODS.iter().find_map(|path| item.pointer(path)?.get("containers")?.as_array());
        let containers = pod.map(Vec::as_slice).unwrap_or_default();
        for container in containers {
            let own = named(container, "/name");
            let name = if containers.len() > 1 { format!("{name}/{own}") } else { name.clone() };
            let workload = Workload::of(item, (containers.len() > 1).then(|| own.clone()));
            let services = vec![named(item, "/metadata/name"), own];
            let part = Part { services, ..part(name, container, &namespace(item), &maps) };
            parts.push(with(workload, part));
        }
    }
    Ok(parts)
}

/// A container with what has it.
fn with(workload: Workload, mut part: Part) -> Part {
    if let Some(Restart::Kubernetes(cluster)) = &mut part.restart {
        cluster.workload = Some(workload);
    }
    part
}

/// Whether a key is what programs take for no name of a variable: `ca.crt`.
fn is_file(key: &str) -> bool {
    key.contains(['.', '-'])
}

/// The name of what runs; where others have it too, with its kind or its namespace before it, as far as needed.
fn told_name(item: &Value, all: &[&Value]) -> String {
    let name = named(item, "/metadata/name");
    let kind = |item: &Value| named(item, "/kind").to_lowercase();
    let others = || all.iter().filter(|other| named(other, "/metadata/name") == name);
    let spread = others().any(|other| namespace(other) != namespace(item));
    let mixed = others().any(|other| kind(other) != kind(item));
    let parts = [spread.then(|| namespace(item)), mixed.then(|| kind(item)), Some(name.clone())];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn named(item: &Value, pointer: &str) -> String {
    item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn namespace(item: &Value) -> String {
    named(item, "/metadata/namespace")
}

fn copy(secret: &Secret) -> Secret {
    Secret::new(secret.expose().to_owned())
}

fn config_map(item: &Value) -> Vec<(String, Secret)> {
    members(item, "data").filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

fn secret(item: &Value) -> Result<Vec<(String, Secret)>, &'static str> {
    let mut variables = Vec::new();
    for (key, value) in members(item, "data") {
        let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => variables.push((key.clone(), Secret::new(text))),
            // A key store is no variable.
            None if is_file(key) => {}
            None => return Err("a value of a Secret in it is no base64 of a text"),
        }
    }
    variables.extend(members(item, "stringData").filter_map(|(key, value)| Some((key.clone(), text(value)?))));
    Ok(variables)
}

fn members<'v>(item: &'v Value, name: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    item.get(name).and_then(Value::as_object).into_iter().flatten()
}

fn items<'v>(item: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    item.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// One container: `envFrom` in order, the last wins, and `env` above it.
fn part(name: String, container: &Value, namespace: &str, maps: &Maps) -> Part {
    let map = |kind, name: &str| maps.get(&(kind, namespace.to_owned(), name.to_owned()));
    let mut known = Variables::new();
    let mut cluster = Cluster { namespace: namespace.to_owned(), ..Cluster::default() };
    let mut has_more = false;
    for source in items(container, "envFrom") {
        let prefix = named(source, "/prefix");
        let of = |kind, pointer: &str| Some((kind, source.pointer(pointer)?.as_str()?));
        let referred = of("ConfigMap", "/configMapRef/name").or_else(|| of("Secret", "/secretRef/name"));
        if let Some((map, variables)) = referred.and_then(|(kind, name)| Some((Map::new(kind, name), map(kind, name)?)))
        {
            let place = |key: &String| (format!("{prefix}{key}"), Place::Map(map.clone(), key.clone()));
            cluster.places.extend(variables.iter().map(|(key, _)| place(key)));
            cluster.open.push((map.clone(), prefix.clone()));
            known.extend(variables.iter().map(|(key, value)| (format!("{prefix}{key}"), Some(copy(value)))));
        } else if is_missing(source, namespace, maps) {
            // The container is started without it.
        } else {
            // It may set anything anew that stands before it.
            has_more = true;
            for value in known.values_mut() {
                *value = None;
            }
        }
    }
    for pair in items(container, "env") {
        let Some(key) = pair.get("name").and_then(Value::as_str) else { continue };
        cluster.places.insert(key.to_owned(), Place::Own);
        let value = match pair.get("valueFrom") {
            // An empty value is left out.
            None => expanded(pair.get("value").and_then(Value::as_str).unwrap_or_default(), &known, has_more),
            Some(from) => {
                let of = |kind, member: &str| Some((kind, from.get(member)?));
                let referred = of("ConfigMap", "configMapKeyRef").or_else(|| of("Secret", "secretKeyRef"));
                let named = referred.and_then(|(kind, place)| {
                    Some(Place::Map(
                        Map::new(kind, place.get("name")?.as_str()?),
                        place.get("key")?.as_str()?.to_owned(),
                    ))
                });
                cluster.places.extend(named.map(|place| (key.to_owned(), place)));
                let held = referred.and_then(|(kind, place)| {
                    let variables = map(kind, place.get("name")?.as_str()?)?;
                    let wanted = place.get("key")?.as_str()?;
                    Some((variables.iter().find(|(key, _)| key == wanted).map(|(_, value)| copy(value)), place))
                });
                match held {
                    // Without it the container starts all the same, without the variable.
                    Some((None, place)) if place.get("optional") == Some(&Value::Bool(true)) => continue,
                    Some((value, _)) => value,
                    None => None,
                }
            }
        };
        known.insert(key.to_owned(), value);
    }
    let (mut variables, mut referred) = (Vec::new(), Vec::new());
    for (key, value) in known {
        match value {
            Some(value) => variables.push((key, value)),
            None => referred.push(key),
        }
    }
    Part { name, variables, referred, has_more, restart: Some(Restart::Kubernetes(cluster)), ..Part::default() }
}

/// Whether what a container may have variables from is surely not there: others of its kind were handed over.
fn is_missing(source: &Value, namespace: &str, maps: &Maps) -> bool {
    [("ConfigMap", "/configMapRef"), ("Secret", "/secretRef")].iter().any(|(kind, pointer)| {
        let is_optional = source.pointer(pointer).and_then(|place| place.get("optional")) == Some(&Value::Bool(true));
        is_optional && maps.keys().any(|(other, space, _)| other == kind && space == namespace)
    })
}

/// A value with its `$(NAME)` filled in, as the kubelet does it: `$$` is a `$`, and what is not known stays as it is.
/// Nothing where that depends on what was not handed over.
fn expanded(value: &str, known: &Variables, has_more: bool) -> Option<Secret> {
    let (mut out, mut rest) = (String::new(), value);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match known.get(name) {
                Some(value) => out.push_str(value.as_ref()?.expose()),
                None if has_more || noise::profile(name, &[]) == Some("kubernetes") => return None,
                None => out.extend(["$(", name, ")"]),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Some(Secret::new(out))
}

#[cfg(test)]
mod tests {
    use super::{Variables, expanded};
    use crate::secret::Secret;

    #[test]
    fn values_refer_to_others() {
        let mut known = Variables::new();
        known.insert("A".to_owned(), Some(Secret::new("x".to_owned())));
        known.insert("B".to_owned(), None);
        for (value, expected) in [
            ("1$(A)2", Some("1x2")),
            ("$$(A) $", Some("$(A) $")),
            ("$(C)$(A", Some("$(C)$(A")),
            ("$A", Some("$A")),
            ("$(B)", None),
            ("$(DB_SERVICE_HOST)", None),
        ] {
            let found = expanded(value, &known, false);
            assert_eq!(found.as_ref().map(Secret::expose), expected, "{value}");
        }
        assert!(expanded("$(C)", &known, true).is_none());
    }
}
