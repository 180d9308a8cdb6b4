//! Where the symbolic links lead that git holds: a link is one by its path, and holds another path.

use super::layout;
use crate::stores;

/// The path that a link leads to, from the same folder as its own; `None` where it leads out of it.
pub(super) fn led_to(path: &str, target: &[u8]) -> Option<String> {
    let target = std::str::from_utf8(target).ok().filter(|target| !target.starts_with('/'))?;
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether something by this name is a layer, or the folder of layers.
pub(super) fn stands_for_layers(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "environments" || stores::of(name).is_some() || layout::loose(name) == Some(layout::Loose::Copy)
}

#[cfg(test)]
mod tests {
    use super::{led_to, stands_for_layers};

    #[test]
    fn links_within_a_tree() {
        for (path, target, expected) in [
            ("environments/prod.env", "dev.env", Some("environments/dev.env")),
            ("environments/prod.env", "../shared/./prod.env", Some("shared/prod.env")),
            ("prod.env", "../prod.env", None),
            ("prod.env", "/etc/passwd", None),
            ("a/b/c", "../../d", Some("d")),
        ] {
            assert_eq!(led_to(path, target.as_bytes()).as_deref(), expected, "{path} {target}");
        }
        for (path, expected) in [
            ("environments/prod.env", true),
            ("environments", true),
            (".env", true),
            (".venv", false),
            ("a/env.rs", false),
        ] {
            assert_eq!(stands_for_layers(path), expected, "{path}");
        }
    }
}
