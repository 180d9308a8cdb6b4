//! The short forms of Compose: `HOST:CONTAINER` ports and mounts, `KEY=value` lists.

use std::net::IpAddr;
use std::sync::Arc;

use crate::interpolation::{Sign, interpolates, references};
use crate::source::Span;
use crate::tree::{Node, Pair, Value};

/// A published port, or one that is only named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The address of the host; `None` for all of them.
    pub host: Option<String>,
    /// The port or range of the host; `None` where Docker chooses one.
    pub published: Option<String>,
    /// The port or range of the container.
    pub target: String,
    /// `tcp`, `udp` or what else the engine knows.
    pub protocol: String,
    /// Whether it is a map with `target`, `published` and `host_ip`.
    pub is_map: bool,
    /// Where it is written.
    pub span: Span,
}

impl Port {
    /// Whether it is published on all addresses of the host.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.host.as_deref().is_none_or(|host| matches!(host, "0.0.0.0" | "::" | "*"))
    }

    /// Whether its parts are an address and numbers, without which docker compose refuses a short form.
    fn is_one(&self) -> bool {
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok();
        let is_range = |text: &str| text.split_once('-').map_or_else(|| number(text), |(a, b)| number(a) && number(b));
        let host = self.host.as_deref().unwrap_or("*");
        // Some other engines take a star.
        let is_address = host == "*" || host.split('%').next().is_some_and(|host| host.parse::<IpAddr>().is_ok());
        is_address && is_range(&self.target) && self.published.as_deref().is_none_or(is_range)
    }

    /// Whether it is one at which the world is meant to find a server.
    #[must_use]
    pub fn is_of_the_web(&self) -> bool {
        matches!(self.published.as_deref(), Some("80" | "443"))
    }
}

/// What a service mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The folder of the host, or the name of a volume; `None` for a volume without a name and for `tmpfs`.
    pub source: Option<String>,
    /// The place in the container.
    pub target: String,
    /// Whether the source is a path of the host.
    pub is_path: bool,
    /// Whether the container may only read it.
    pub read_only: bool,
    /// `rshared` and the like.
    pub propagation: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// The short form of a port that docker compose refuses, as `127.0.0.1:80`, in which a part is missing, or `80:http`; `None`
/// for any other, and where a variable hides what stands where.
#[must_use]
pub fn refused_port(node: &Node) -> Option<String> {
    let text = node.text()?;
    short_port(node).filter(|port| !port.is_one()).map(|_| text.to_owned())
}

/// `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:1:1`, `${PORT:-80}:80`, or a map with `target`; `None` where a
/// variable hides what stands where, or docker compose takes it for none.
#[must_use]
pub fn port(node: &Node) -> Option<Port> {
    if let Value::Map(_) = node.value {
        let text =
            |key| node.get(key).and_then(|value| value.text()).map(|text| with_number(text).unwrap_or(text.to_owned()));
        let protocol = text("protocol").unwrap_or_else(|| "tcp".to_owned());
        let host = text("host_ip").filter(|host| !host.is_empty());
        let (published, target) = (text("published"), text("target")?);
        return Some(Port { host, published, target, protocol, is_map: true, span: node.span });
    }
    short_port(node).filter(Port::is_one)
}

/// The parts of a short form, whatever stands in them.
fn short_port(node: &Node) -> Option<Port> {
    let text = with_numbers(node.text()?)?;
    let (text, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
    let (before, target) = text.rsplit_once(':').unwrap_or(("", text));
    let (host, published) = match before.rsplit_once(':') {
        Some((host, published)) => (host.trim_matches(['[', ']']), published),
        None => ("", before),
    };
    let owned = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (host, published) = (owned(host), owned(published));
    let (target, protocol) = (target.to_owned(), protocol.to_ascii_lowercase());
    Some(Port { host, published, target, protocol, is_map: false, span: node.span })
}

/// The number that a reference falls back to: `${PORT:-80}` stands where a port stands.
fn with_number(text: &str) -> Option<String> {
    let references = references(text);
    let [reference] = references.as_slice() else { return None };
    let default = matches!(reference.operator, Some(operator) if operator.sign == Sign::Default);
    let number = !reference.argument.is_empty() && reference.argument.bytes().all(|byte| byte.is_ascii_digit());
    (default && number && reference.range == (0..text.len())).then(|| reference.argument.to_owned())
}

/// `text` with the references that fall back to a number replaced by it; `None` where others remain.
fn with_numbers(text: &str) -> Option<String> {
    let mut out = text.to_owned();
    for reference in references(text).iter().rev() {
        let whole = &text[reference.range.clone()];
        out.replace_range(reference.range.clone(), &with_number(whole)?);
    }
    (!interpolates(&out)).then_some(out)
}

/// `volume:/target:ro`, `./here:/there`, `/only/target`, or a map with `target`; `None` where the parts cannot be told.
#[must_use]
pub fn mount(node: &Node) -> Option<Mount> {
    if let Value::Map(_) = node.value {
        let text = |key| node.get(key).and_then(|value| value.text()).map(ToOwned::to_owned);
        let propagation = node.find(&["bind", "propagation"]).and_then(Node::text).map(ToOwned::to_owned);
        let is_path = text("type").is_some_and(|kind| kind == "bind");
        let read_only = node.get("read_only").and_then(|value| value.boolean()) == Some(true);
        let target = cleaned(&text("target")?);
        return Some(Mount { source: text("source"), target, is_path, read_only, propagation, span: node.span });
    }
    let text = node.text()?;
    let parts = outside_braces(text);
    let (source, target, options) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, options] => (Some(*source), *target, *options),
        // `C:\data:/data`
        _ => return None,
    };
    let is_path = source.is_some_and(|source| source.starts_with(['/', '.', '~', '$']));
    let has = |wanted: &str| options.split(',').any(|option| option == wanted);
    let spread = ["shared", "rshared", "slave", "rslave", "private", "rprivate"];
    Some(Mount {
        source: source.map(ToOwned::to_owned),
        target: cleaned(target),
        is_path,
        read_only: has("ro"),
        propagation: spread.into_iter().find(|name| has(name)).map(ToOwned::to_owned),
        span: node.span,
    })
}

/// `/data/` is the same place as `/data`.
fn cleaned(target: &str) -> String {
    let short = target.trim_end_matches('/');
    if short.is_empty() { target } else { short }.to_owned()
}

/// The parts between colons, without those in `${…}`.
#[must_use]
pub fn outside_braces(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_usize, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// `KEY=value` of a list as a name and a value; `KEY` alone has none, as in a map.
#[must_use]
pub fn assignment(item: &Arc<Node>) -> Option<Pair> {
    let text = item.text()?;
    let Some((key, value)) = text.split_once('=') else {
        let value = Arc::new(Node::scalar("", true, item.span));
        return Some(Pair { key: text.to_owned(), key_span: item.span, value });
    };
    let value_span = item.part(key.len() + 1..text.len());
    let value = Arc::new(Node::scalar(value, false, value_span));
    Some(Pair { key: key.to_owned(), key_span: item.part(0..key.len()), value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn node(text: &str) -> Node {
        Node::scalar(text, true, Span::new(Sources::default().add("a", ""), 0..0))
    }

    fn told(port: &Port) -> String {
        let of = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{}:{}:{}/{}", of(&port.host), of(&port.published), port.target, port.protocol)
    }

    #[test]
    fn ports() {
        for (text, expected) in [
            ("80", Some("::80/tcp")),
            ("8080:80", Some(":8080:80/tcp")),
            ("127.0.0.1:8080:80/udp", Some("127.0.0.1:8080:80/udp")),
            ("53/UDP", Some("::53/udp")),
            ("127.0.0.1::80", Some("127.0.0.1::80/tcp")),
            ("[::1]:1:2", Some("::1:1:2/tcp")),
            ("3000-3005:3000-3005", Some(":3000-3005:3000-3005/tcp")),
            ("${PORT:-80}:80", Some(":80:80/tcp")),
            ("${PORT}:80", None),
            ("${BIND:-127.0.0.1}:80:80", None),
            ("127.0.0.1:80", None),
            ("a:80", None),
            ("8080:http", None),
            ("99999:80", None),
            ("localhost:80:80", None),
            ("80:80:80", None),
            ("${BIND:-127.0.0.1:80}:80", None),
        ] {
            assert_eq!(port(&node(text)).as_ref().map(told).as_deref(), expected, "{text}");
        }
    }

    /// Docker compose 2.40 refuses these and no others.
    #[test]
    fn ports_that_are_none() {
        for text in ["127.0.0.1:80", "a:80", "8080:http", "99999:80", "localhost:80:80", "80:80:80", "x", "+80:80"] {
            assert_eq!(refused_port(&node(text)).as_deref(), Some(text));
        }
        for text in ["80", ":80", ":80:80", "0:80", "0080:80", "[::1]:1:2", "3000-3005:3000-3005/udp", "${HOST}:80"] {
            assert_eq!(refused_port(&node(text)), None, "{text}");
        }
    }

    #[test]
    fn mounts() {
        for (text, source, target, is_path, read_only) in [
            ("data:/data", Some("data"), "/data", false, false),
            ("./a:/b:ro", Some("./a"), "/b", true, true),
            ("/a:/b:z,ro,rshared", Some("/a"), "/b", true, true),
            ("/only", None, "/only", false, false),
            ("${DIR:-/tmp}:/b", Some("${DIR:-/tmp}"), "/b", true, false),
        ] {
            let found = mount(&node(text)).unwrap();
            assert_eq!(
                (found.source.as_deref(), found.target.as_str(), found.is_path, found.read_only),
                (source, target, is_path, read_only),
                "{text}"
            );
        }
        assert_eq!(mount(&node("/a:/b:z,rshared")).unwrap().propagation.as_deref(), Some("rshared"));
        assert_eq!(mount(&node("C:\\a:/b:ro:x")), None);
    }
}
