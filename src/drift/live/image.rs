//! The image of a container: the JSON of `docker image inspect`. What a container has from it says nothing about its
//! configuration.

use serde_json::Value;

use super::{Part, Producer, assignment};

/// It is no source of its own: it takes variables away from what runs.
pub const PRODUCER: Producer = Producer { name: "docker-image", summary: "`docker image inspect`", read };

fn read(bytes: &[u8]) -> Result<Vec<Part>, &'static str> {
    let list: Vec<Value> = serde_json::from_slice(bytes).map_err(|_| "it is not the JSON of `docker image inspect`")?;
    let part = |image: &Value| {
        let config = image.get("Config").filter(|_| is_one(image))?;
        let variables = config.get("Env").and_then(Value::as_array).into_iter().flatten();
        let variables = variables.filter_map(|text| assignment(text.as_str()?)).collect();
        Some(Part { name: "image".to_owned(), variables, is_piece: true, ..Part::default() })
    };
    list.iter().map(part).collect::<Option<Vec<_>>>().ok_or("an image in it has no configuration")
}

/// Whether this tells of an image, and not of a container.
pub(super) fn is_one(item: &Value) -> bool {
    item.get("RootFS").is_some() || item.get("RepoTags").is_some()
}
