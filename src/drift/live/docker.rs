//! Docker: the JSON of `docker inspect`.

use serde_json::Value;

use super::{Part, Producer, Restart, Started, assignment, image};

pub(super) const PRODUCER: Producer = Producer { name: "docker", summary: "`docker inspect`", read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let list: Vec<Value> = serde_json::from_slice(bytes).map_err(|_| "it is not the JSON of `docker inspect`")?;
    // It has no state, and what it was made of.
    if list.iter().any(|item| item.get("State").is_none() && image::is_one(item)) {
        return Err("an image is in it, which docker-image: takes");
    }
    let part = |container: &Value| {
        let config = container.get("Config")?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(ToOwned::to_owned);
        let name = text(container.get("Name")).or_else(|| text(container.get("Id")))?;
        let variables = config.get("Env").and_then(Value::as_array).into_iter().flatten();
        let variables = variables.filter_map(|text| assignment(text.as_str()?)).collect();
        let label = |name: &str| config.get("Labels")?.get(format!("com.docker.compose.{name}"))?.as_str();
        let service = label("service");
        let name = name.trim_start_matches('/').to_owned();
        let services = vec![service.map_or_else(|| name.clone(), ToOwned::to_owned)];
        let state = container.get("State");
        let is_idle = state.and_then(|state| state.get("Running")?.as_bool()) == Some(false);
        let idle =
            is_idle.then(|| text(state.and_then(|state| state.get("Status"))).unwrap_or_else(|| "stopped".to_owned()));
        let list = |name: &str| {
            let list = label(name).unwrap_or_default().split(',').filter(|path| !path.is_empty());
            list.map(ToOwned::to_owned).collect()
        };
        let restart = service.map(|service| Restart::Compose {
            service: service.to_owned(),
            runs: true,
            started: Started {
                project: label("project").map(ToOwned::to_owned),
                files: list("project.config_files"),
                env_files: list("project.environment_file"),
            },
        });
        Some(Part { name, variables, services, idle, restart, ..Part::default() })
    };
    list.iter().map(part).collect::<Option<Vec<_>>>().ok_or("a container in it has no name or no configuration")
}
