//! Docker Compose: what `docker compose config` prints, as YAML or JSON.

use serde_json::{Map, Value};

use super::{Part, Producer, Restart, Started, assignment, text};
use crate::interpolation::references;
use crate::secret::Secret;

pub(super) const PRODUCER: Producer =
    Producer { name: "compose", summary: "`docker compose config`, as YAML or JSON", read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let all = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let document: Value = if all.trim_start().starts_with('{') {
        serde_json::from_str(all).map_err(|_| "it is no JSON")?
    } else {
        serde_saphyr::from_str(all).map_err(|_| "it is no YAML")?
    };
    let services = document.get("services").and_then(Value::as_object).ok_or("there are no services in it")?;
    let is_resolved = is_resolved(&document, services);
    let part = |(name, service): (&String, &Value)| {
        let (mut variables, mut templates, mut referred) = (Vec::new(), Vec::new(), Vec::new());
        let mut give = |key: String, value: Secret| {
            if references(value.expose()).is_empty() {
                variables.push((key, plain(&value)));
            } else {
                templates.push((key, value));
            }
        };
        match service.get("environment") {
            Some(Value::Object(members)) => {
                for (key, value) in members {
                    match text(value).filter(|_| !value.is_null()) {
                        Some(value) => give(key.clone(), value),
                        // Compose has looked, and whoever started it does not set the variable.
                        None if is_resolved => {}
                        // It is handed through from a shell that nobody knows here.
                        None => referred.push(key.clone()),
                    }
                }
            }
            Some(Value::Array(items)) => {
                for item in items.iter().filter_map(Value::as_str) {
                    match assignment(item) {
                        Some((key, value)) => give(key, value),
                        None => referred.push(item.to_owned()),
                    }
                }
            }
            _ => {}
        }
        let restart = Some(Restart::Compose { service: name.clone(), runs: false, started: Started::default() });
        // Unless they are merged into `environment`, as `docker compose config` does, nobody knows here what they hold.
        let has_more = match service.get("env_file") {
            None | Some(Value::Null) => false,
            Some(Value::Array(files)) => !files.is_empty(),
            Some(_) => true,
        };
        Part {
            name: name.clone(),
            services: vec![name.clone()],
            variables,
            templates,
            referred,
            restart,
            has_more,
            ..Part::default()
        }
    };
    Ok(services.iter().map(part).collect())
}

/// Whether this is what `docker compose config` prints, and no file that it reads: it names the project, and the networks of
/// each service.
fn is_resolved(document: &Value, services: &Map<String, Value>) -> bool {
    let is_told = |service: &Value| service.get("networks").or(service.get("network_mode")).is_some();
    document.get("name").is_some() && services.values().all(is_told)
}

/// Compose writes every `$` of a value twice.
fn plain(value: &Secret) -> Secret {
    Secret::new(value.expose().replace("$$", "$"))
}
