//! What does not fit together in an application: names that nobody declares, names without anything behind them, services that
//! cannot be started, as Compose looks for it before it starts anything.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::service::literal;
use super::{Application, Service, names, short};
use crate::source::Span;
use crate::suggestion::nearest;
use crate::tree::{Node, Pair, Value};

/// A kind of thing that a service names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Of the top-level `networks`.
    Network,
    /// Of the top-level `volumes`.
    Volume,
    /// Of the top-level `secrets`.
    Secret,
    /// Of the top-level `configs`.
    Config,
    /// Another service.
    Service,
}

const KINDS: [Kind; 5] = [Kind::Network, Kind::Volume, Kind::Secret, Kind::Config, Kind::Service];

/// A name that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared {
    /// The service that names it.
    pub service: String,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub span: Span,
}

/// What Compose refuses of a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// A name that has to have something behind it has nothing.
    Empty {
        /// The name, with those that it stands in: `services.api.networks`.
        path: String,
        /// Where it is written.
        span: Span,
    },
    /// A name that is none of those that may stand there, and looks like one of them.
    Misspelt {
        /// The name.
        name: String,
        /// What it looks like.
        near: &'static str,
        /// Where it is written.
        span: Span,
    },
    /// Services that wait for each other.
    Circle {
        /// Their names, in a circle; one of them where it waits for itself.
        services: Vec<String>,
        /// Where the first of them names the next.
        span: Span,
    },
    /// A service has neither an image nor a way to build one.
    NoImage {
        /// The service.
        service: String,
        /// Where it is named.
        span: Span,
    },
    /// A service has a network mode, and networks besides.
    ModeAndNetworks {
        /// The service.
        service: String,
        /// The network mode.
        span: Span,
        /// The networks.
        networks: Span,
    },
}

/// How many names that Compose does not know are compared with those that it does.
const MOST_UNKNOWN: usize = 1_000;

/// What must not be empty at the top level.
const SECTIONS: &[&str] = &["services", "networks", "volumes", "secrets", "configs"];
/// What must not be empty in a service.
const PARTS: &[&str] = &[
    "build",
    "depends_on",
    "env_file",
    "environment",
    "healthcheck",
    "labels",
    "logging",
    "networks",
    "ports",
    "secrets",
    "volumes",
];

impl Kind {
    /// The top-level name under which it is declared.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::Network => "networks",
            Self::Volume => "volumes",
            Self::Secret => "secrets",
            Self::Config => "configs",
            Self::Service => "services",
        }
    }

    /// One of them, in words.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Secret => "secret",
            Self::Config => "config",
            Self::Service => "service",
        }
    }
}

impl Application {
    /// Every name that its services, with their variables replaced or not, use and nobody declares, in the order of the
    /// services; nothing where a file that may declare them could not be read.
    #[must_use]
    pub fn undeclared<'s>(&self, services: impl Iterator<Item = &'s Service>) -> Vec<Undeclared> {
        let Some(root) = self.root.as_ref().filter(|_| self.is_whole && self.refusals.is_empty()) else {
            return Vec::new();
        };
        let keys = |kind: Kind| root.get(kind.section()).into_iter().flat_map(|section| section.pairs());
        let declared: HashSet<(Kind, &str)> =
            KINDS.into_iter().flat_map(|kind| keys(kind).map(move |pair| (kind, pair.key.as_str()))).collect();
        let mut found = Vec::new();
        for service in services {
            for (kind, name, span) in named(service) {
                let is_there = kind == Kind::Network && name == "default" || declared.contains(&(kind, name.as_str()));
                if !is_there {
                    found.push(Undeclared { service: service.name.clone(), kind, name, span });
                }
            }
        }
        found
    }

    /// What else Compose refuses, in the order of the files.
    #[must_use]
    pub fn flaws(&self) -> Vec<Flaw> {
        let Some(root) = self.root.as_ref().filter(|_| self.refusals.is_empty()) else { return Vec::new() };
        let empty = |pair: &Pair, within: &str| {
            let path = if within.is_empty() { pair.key.clone() } else { format!("{within}.{}", pair.key) };
            Some(Flaw::Empty { path, span: pair.key_span }).filter(|_| is_left_out(&pair.value))
        };
        let top = root.pairs().filter(|pair| SECTIONS.contains(&pair.key.as_str()));
        let mut found: Vec<_> = top.filter_map(|pair| empty(pair, "")).collect();
        for section in ["services", "secrets", "configs"] {
            let members = root.get(section).into_iter().flat_map(|section| section.pairs());
            found.extend(members.filter_map(|pair| empty(pair, section)));
        }
        let mut left = MOST_UNKNOWN;
        let mut misspelt = |pair: &Pair, known| misspelt(pair, known, &mut left);
        found.extend(root.pairs().filter_map(|pair| misspelt(pair, names::OF_FILE)));
        for service in &self.services {
            let checks = service.get("healthcheck").into_iter().flat_map(|check| check.pairs());
            found.extend(service.node.pairs().filter_map(|pair| misspelt(pair, names::OF_SERVICE)));
            found.extend(checks.filter_map(|pair| misspelt(pair, names::OF_HEALTHCHECK)));
            let within = format!("services.{}", service.name);
            let parts = service.node.pairs().filter(|pair| PARTS.contains(&pair.key.as_str()));
            found.extend(parts.filter_map(|pair| empty(pair, &within)));
            let says = |key: &str| service.get(key).filter(|node| node.text().is_some() || holds_something(node));
            if !service.partial && ["image", "build", "provider"].into_iter().all(|key| service.get(key).is_none()) {
                found.push(Flaw::NoImage { service: service.name.clone(), span: service.span });
            }
            if let Some((mode, networks)) = says("network_mode").zip(says("networks")) {
                let (span, networks) = (mode.span, networks.span);
                found.push(Flaw::ModeAndNetworks { service: service.name.clone(), span, networks });
            }
        }
        found.extend(self.circle());
        found
    }

    /// The first circle in which services wait for each other.
    fn circle(&self) -> Option<Flaw> {
        let places: HashMap<&str, usize> =
            self.services.iter().enumerate().map(|(at, service)| (service.name.as_str(), at)).collect();
        let waits = |service: &Service| -> Vec<(usize, Span)> {
            let names = named(service).into_iter().filter(|(kind, ..)| *kind == Kind::Service);
            names.filter_map(|(_, name, span)| Some((*places.get(name.as_str())?, span))).collect()
        };
        let waits: Vec<_> = self.services.iter().map(waits).collect();
        // 0: not seen yet, 1: on the way, 2: led into no circle.
        let mut state = vec![0_u8; waits.len()];
        for start in 0..waits.len() {
            let mut way = vec![(start, 0)];
            while let Some((at, next)) = way.last_mut() {
                let at = *at;
                if *next == 0 && state[at] == 2 {
                    way.pop();
                    continue;
                }
                state[at] = 1;
                let Some(&(to, _)) = waits[at].get(*next) else {
                    state[at] = 2;
                    way.pop();
                    continue;
                };
                *next += 1;
                if state[to] == 1 {
                    let from = way.iter().position(|(at, _)| *at == to)?;
                    let (first, taken) = way[from];
                    let services = way[from..].iter().map(|(at, _)| self.services[*at].name.clone()).collect();
                    return Some(Flaw::Circle { services, span: waits[first].get(taken - 1)?.1 });
                }
                if state[to] == 0 {
                    way.push((to, 0));
                }
            }
        }
        None
    }

    /// The names that are declared of a kind.
    pub fn declared(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let section = self.root.as_ref().and_then(|root| root.get(kind.section()));
        section.into_iter().flat_map(|section| section.pairs()).map(|pair| pair.key.as_str())
    }
}

/// A name that Compose does not know and that looks like one that it does.
fn misspelt(pair: &Pair, known: &'static [&'static str], left: &mut usize) -> Option<Flaw> {
    if known.contains(&pair.key.as_str()) || pair.key.starts_with("x-") {
        return None;
    }
    *left = left.checked_sub(1)?;
    let near = nearest(&pair.key, known.iter().copied())?;
    let near = known.iter().find(|name| **name == near)?;
    Some(Flaw::Misspelt { name: pair.key.clone(), near, span: pair.key_span })
}

/// Whether a map or a list has something in it.
fn holds_something(node: &Node) -> bool {
    node.pairs().next().is_some() || node.items().next().is_some()
}

/// Whether nothing stands behind a name.
fn is_left_out(node: &Node) -> bool {
    node.tag.is_none() && node.is_null()
}

/// What a service names, each with its place; what only a variable tells is left out.
fn named(service: &Service) -> Vec<(Kind, String, Span)> {
    let mut found = Vec::new();
    for (key, kind) in [("networks", Kind::Network), ("depends_on", Kind::Service)] {
        let Some(node) = service.get(key) else { continue };
        found.extend(node.pairs().map(|pair| (kind, pair.key.clone(), pair.key_span)));
        found.extend(node.items().filter_map(|item| Some((kind, literal(item)?, item.span))));
    }
    for (key, kind) in [("secrets", Kind::Secret), ("configs", Kind::Config)] {
        let items = service.get(key).into_iter().flat_map(|node| node.items());
        found.extend(items.filter_map(|item| {
            let source = item.get("source").unwrap_or(item);
            Some((kind, literal(source)?, source.span))
        }));
    }
    let volumes = service.get("volumes").into_iter().flat_map(|node| node.items());
    found.extend(volumes.filter_map(volume).map(|(name, span)| (Kind::Volume, name, span)));
    let items = |key: &str| service.get(key).into_iter().flat_map(|node| node.items()).cloned().collect::<Vec<_>>();
    let first = |text: String| text.split(':').next().unwrap_or_default().to_owned();
    let linked = items("links").into_iter().filter_map(|item| Some((first(literal(&item)?), item.span)));
    let lent = items("volumes_from").into_iter().filter_map(|item| Some((literal(&item)?, item.span)));
    let lent = lent.filter(|(text, _)| !text.starts_with("container:")).map(|(text, span)| (first(text), span));
    let shared = ["network_mode", "ipc", "pid"].into_iter().filter_map(|key| {
        let node = service.get(key)?;
        Some((literal(node)?.strip_prefix("service:")?.to_owned(), node.span))
    });
    found.extend(linked.chain(lent).chain(shared).map(|(name, span)| (Kind::Service, name, span)));
    found
}

/// The volume that an entry of `volumes` mounts by its name; nothing of a path, of a volume without a name, and of what a
/// variable decides.
fn volume(item: &Arc<Node>) -> Option<(String, Span)> {
    if let Value::Map(_) = item.value {
        let source =
            item.get("source").filter(|_| item.get("type").is_some_and(|kind| kind.text() == Some("volume")))?;
        return Some((literal(source)?, source.span));
    }
    literal(item)?;
    let mount = short::mount(item).filter(|mount| !mount.is_path)?;
    // `C:\data` and `\\host\share` are paths of Windows.
    let name = mount.source.filter(|name| name.len() > 1 && !name.contains('\\'))?;
    let span = item.part(0..name.len());
    Some((name, span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Files;
    use crate::source::Sources;

    /// What is told of a file: the names that nobody declares, then what else is wrong. Docker compose 2.40 refuses each of
    /// these of which something is told, and no other.
    fn told(text: &str) -> String {
        let source = Sources::default().add("a.yml", text);
        let mut files = Files::default();
        let mut open = |path: &str| (path == "a.yml").then(|| (source, Arc::from(text)));
        let chosen: Vec<_> = files.open("a.yml", &mut open).into_iter().collect();
        let application = Application::of(&mut files, &chosen, &mut open);
        let undeclared = application.undeclared(application.services.iter()).into_iter();
        let flaw = |flaw| match flaw {
            Flaw::Empty { path, .. } => format!("{path} is empty"),
            Flaw::Misspelt { name, near, .. } => format!("{name} is {near}"),
            Flaw::Circle { services, .. } => services.join(" -> "),
            Flaw::NoImage { service, .. } => format!("{service} has no image"),
            Flaw::ModeAndNetworks { service, .. } => format!("{service} has both"),
        };
        let undeclared = undeclared.map(|one| format!("{} {}", one.kind.told(), one.name));
        undeclared.chain(application.flaws().into_iter().map(flaw)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_docker_compose_refuses() {
        for (service, rest, expected) in [
            ("image: x, networks: [frnt]", "networks: {front: }", "network frnt"),
            ("image: x, networks: {frnt: {aliases: [q]}}", "networks: {front: }", "network frnt"),
            ("image: x, networks: [default]", "", ""),
            ("image: x, networks: [p]", "networks: {p: {external: true}}", ""),
            ("image: x, networks: !reset [nobody]", "", ""),
            ("image: x, networks: ['${N}']", "", ""),
            ("image: x, volumes: ['dat:/x']", "volumes: {data: }", "volume dat"),
            ("image: x, volumes: ['data/sub:/x']", "volumes: {data: }", "volume data/sub"),
            ("image: x, volumes: [{type: volume, source: dat, target: /x}]", "", "volume dat"),
            ("image: x, volumes: [{type: volume, target: /x}, {type: bind, source: d, target: /y}]", "", ""),
            ("image: x, volumes: ['./d:/x', '/y', '~/q:/z', '../r:/q', '.:/p', 'C:\\data:/w']", "", ""),
            ("image: x, secrets: [a, {source: b, target: c}]", "secrets: {c: {environment: C}}", "secret a, secret b"),
            ("image: x, configs: [a]", "", "config a"),
            ("image: x, depends_on: {dbb: {condition: service_started, required: false}}", "", "service dbb"),
            ("image: x, links: ['nob:db']", "", "service nob"),
            ("image: x, external_links: [nob]", "", ""),
            ("image: x, volumes_from: ['nob:ro', 'container:other']", "", "service nob"),
            ("image: x, network_mode: 'container:nob', pid: 'service:nob'", "", "service nob"),
            ("image: x, depends_on: [a]", "", "a"),
            ("image: x, pid: 'service:a'", "", "a"),
            ("environment: {A: b}", "", "a has no image"),
            ("build: .", "", ""),
            ("image: x, network_mode: host, networks: [default]", "", "a has both"),
            ("image: x, network_mode: host, networks: []", "", ""),
            ("image: x", "volumes:", "volumes is empty"),
            ("image: x", "volumes: {v: }", ""),
            ("image: x", "secrets: {s: }", "secrets.s is empty"),
            ("image: x, environment: , command: , deploy: ", "", "services.a.environment is empty"),
            ("image: x, netwrks: [n], x-netwrks: [n]", "", "netwrks is networks"),
            ("image: x, healthcheck: {test: [CMD, x], intervall: 5s}", "", "intervall is interval"),
            ("image: x", "servces: {}", "servces is services"),
        ] {
            let text = format!("services: {{a: {{{service}}}}}\n{rest}\n");
            assert_eq!(told(&text), expected, "{text}");
        }
        let circle =
            "services: {a: {image: x, depends_on: [b]}, b: {image: x, links: [c]}, c: {image: x, ipc: 'service:b'}}";
        assert_eq!(told(circle), "b -> c");
        assert_eq!(told("include: [/elsewhere.yml]\nservices: {a: {image: x, networks: [n]}}\n"), "");
    }
}
