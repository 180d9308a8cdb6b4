//! Kubernetes: the JSON of `kubectl get configmap,secret -o json`, and of what runs containers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Part, Producer, text};
use crate::secret::Secret;

pub(super) const PRODUCER: Producer =
    Producer { name: "k8s", summary: "`kubectl get deploy,cm,secret -o json`", is_one: true, read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let document: Value = serde_json::from_slice(bytes).map_err(|_| "it is not the JSON of `kubectl`")?;
    let alone = std::slice::from_ref(&document);
    let items = match document.get("items").and_then(Value::as_array) {
        Some(items) => items.as_slice(),
        None => alone,
    };
    items.iter().map(part).collect()
}

fn part(item: &Value) -> Result<Part, &'static str> {
    let name = item.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (mut variables, mut referred, mut has_more) = (Vec::new(), Vec::new(), false);
    let members = |name: &str| item.get(name).and_then(Value::as_object).into_iter().flatten();
    match item.get("kind").and_then(Value::as_str) {
        Some("ConfigMap") => {
            variables.extend(members("data").filter_map(|(key, value)| Some((key.clone(), text(value)?))));
        }
        Some("Secret") => {
            for (key, value) in members("data") {
                let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                variables
                    .push((key.clone(), Secret::new(text.ok_or("a value of a Secret in it is no base64 of a text")?)));
            }
            variables.extend(members("stringData").filter_map(|(key, value)| Some((key.clone(), text(value)?))));
        }
        Some("Pod" | "Deployment" | "StatefulSet" | "DaemonSet" | "Job") => {
            let containers =
                ["/spec/containers", "/spec/template/spec/containers"].iter().find_map(|path| item.pointer(path));
            for container in containers.and_then(Value::as_array).into_iter().flatten() {
                has_more |= container.get("envFrom").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
                let listed = container.get("env").and_then(Value::as_array).into_iter().flatten();
                for pair in listed {
                    let Some(key) = pair.get("name").and_then(Value::as_str) else { continue };
                    // What comes from a ConfigMap or a Secret stands there; an empty value is left out.
                    match pair.get("valueFrom") {
                        Some(_) => referred.push(key.to_owned()),
                        None => variables.extend(
                            pair.get("value")
                                .map_or(Some(Secret::new(String::new())), text)
                                .map(|value| (key.to_owned(), value)),
                        ),
                    }
                }
            }
        }
        _ => return Err("it holds something else than ConfigMaps, Secrets and what runs containers"),
    }
    Ok(Part { name, variables, referred, has_more, apply: None })
}
