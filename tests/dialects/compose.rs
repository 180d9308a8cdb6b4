//! What docker compose itself answered about applications of several files, against what is read here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sparkcfg::compose::service::literal;
use sparkcfg::compose::short::{self, Mount, Port};
use sparkcfg::compose::{Application, Files, Service};
use sparkcfg::source::Sources;
use sparkcfg::tree::{Node, Pair, Value};

#[derive(Deserialize)]
struct Answer {
    name: String,
    files: BTreeMap<String, String>,
    chosen: Vec<String>,
    services: Map<String, Json>,
}

/// `tests/compose_real.sh` records the answers, and names others by the variable `ANSWERS`.
#[test]
fn answers_of_docker_compose() {
    let answers = std::env::var("ANSWERS").map(|path| std::fs::read_to_string(path).unwrap());
    let answers = answers.unwrap_or_else(|_| include_str!("../data/compose/answers.json").to_owned());
    let answers: Vec<Answer> = serde_json::from_str(&answers).unwrap();
    assert!(answers.len() >= 60);
    let differences: Vec<String> = answers.iter().flat_map(differences).collect();
    println!("{} passed, {} failed", answers.len().saturating_sub(differences.len()), differences.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn differences(answer: &Answer) -> Vec<String> {
    let mut sources = Sources::default();
    let mut files = Files::default();
    let mut open = |path: &str| {
        let text = answer.files.get(path)?;
        Some((sources.add(path, text.as_str()), Arc::from(text.as_str())))
    };
    let chosen: Vec<_> = answer.chosen.iter().map(|path| files.open(path, &mut open).unwrap()).collect();
    let application = Application::of(&mut files, &chosen, &mut open);
    let mut told = Vec::new();
    if let Some(refusal) = application.refusals.first() {
        told.push(format!("{}: refused: {}", answer.name, refusal.message));
    }
    let mut found: Map<String, Json> =
        application.services.iter().map(|service| (service.name.clone(), picture(service))).collect();
    for (name, expected) in &answer.services {
        match found.remove(name) {
            Some(service) if service == *expected => {}
            Some(service) => {
                let keys = expected.as_object().unwrap().keys().chain(service.as_object().unwrap().keys());
                let keys: BTreeSet<_> = keys.filter(|key| service.get(*key) != expected.get(*key)).collect();
                let of = |key: &str| format!("{key}: {:?} is not {:?}", service.get(key), expected.get(key));
                let all: Vec<_> = keys.iter().map(|key| of(key)).collect();
                told.push(format!("{} {name}: {}", answer.name, all.join("; ")));
            }
            None => told.push(format!("{} {name}: is not there", answer.name)),
        }
    }
    told.extend(found.keys().map(|name| format!("{} {name}: there is no such service", answer.name)));
    told
}

/// A service in the words in which `tests/compose_real.sh` keeps docker compose's answer.
#[allow(clippy::too_many_lines, reason = "one line a key of a service")]
fn picture(service: &Service) -> Json {
    let mut found = Map::new();
    let mut put = |key: &str, value: Json| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value == json!({});
        if !empty {
            found.insert(key.to_owned(), value);
        }
    };
    for key in ["image", "user", "restart", "privileged", "read_only", "init", "container_name", "network_mode", "pid"]
        .into_iter()
        .chain(["ipc", "userns_mode", "uts", "mem_limit", "pids_limit", "cpus", "stop_grace_period"])
    {
        let told = service.get(key).map_or(Json::Null, |node| text(node));
        put(key, if told == json!("false") { Json::Null } else { told });
    }
    let environment: Map<_, _> =
        service.environment().iter().map(|variable| (variable.name.clone(), value(&variable.value))).collect();
    put("environment", environment.into());
    for key in ["labels", "annotations", "sysctls"] {
        put(key, service.get(key).map_or(Json::Null, |node| keyed(node, "")));
    }
    for key in ["command", "entrypoint"] {
        put(key, service.get(key).map_or(Json::Null, |node| words(node)));
    }
    for key in ["cap_add", "cap_drop", "security_opt", "group_add", "dns", "dns_search", "dns_opt", "tmpfs", "expose"]
        .into_iter()
        .chain(["profiles", "links"])
    {
        put(key, sorted(service.texts(key).into_iter().map(|(text, _)| text)));
    }
    put("extra_hosts", service.get("extra_hosts").map_or(Json::Null, |node| hosts(node)));
    put("ports", sorted(service.ports().iter().flat_map(ports)));
    put("volumes", sorted(service.mounts().iter().map(mount)));
    let devices = service.texts("devices").into_iter().map(|(text, _)| {
        let mut parts = text.split(':');
        let source = parts.next().unwrap_or_default().to_owned();
        format!("{source}:{}", parts.next().unwrap_or(&source))
    });
    put("devices", sorted(devices));
    let aliases = |pair: &Pair| {
        let names = pair.value.get("aliases").map(Arc::clone);
        let names = names.iter().flat_map(|names| names.items().filter_map(|item| literal(item)).collect::<Vec<_>>());
        (pair.key.clone(), sorted(names))
    };
    if let Some(networks) = service.get("networks") {
        let named = networks.items().filter_map(|item| Some((item.text()?.to_owned(), json!([]))));
        put("networks", named.chain(networks.pairs().map(aliases)).collect::<Map<_, _>>().into());
    }
    let condition = |(name, condition): (String, Option<String>)| {
        (name, condition.unwrap_or_else(|| "service_started".to_owned()).into())
    };
    put("depends_on", service.depends_on().into_iter().map(condition).collect::<Map<_, _>>().into());
    let mut files = Map::new();
    for file in service.env_files() {
        let path = normal(&file.path);
        if path.ends_with("three.env") {
            continue;
        }
        files.insert(format!("FILE_{}", path.replace(['.', '/'], "_")), "1".into());
        files.insert("FILE_LAST".to_owned(), path.into());
    }
    put("env_files", files.into());
    if let Some(logging) = service.get("logging") {
        let driver = logging.get("driver").map_or(Json::Null, |node| text(node));
        let options = logging.get("options").map_or(json!({}), |node| keyed(node, ""));
        put("logging", json!({"driver": driver, "options": options}));
    }
    if let Some(check) = service.get("healthcheck") {
        let mut all = Map::new();
        for pair in check.pairs().filter(|pair| pair.key != "test") {
            all.insert(pair.key.clone(), value(&pair.value));
        }
        if let Some(test) = check.get("test") {
            let one = literal(test).map(|text| json!(["CMD-SHELL", text]));
            all.insert("test".to_owned(), one.unwrap_or_else(|| words(test)));
        }
        put("healthcheck", all.into());
    }
    let at = |path: &[&str]| service.node.find(path);
    put("limits", at(&["deploy", "resources", "limits"]).map_or(Json::Null, |node| keyed(node, "")));
    put("replicas", at(&["deploy", "replicas"]).map_or(Json::Null, text));
    put("mode", at(&["deploy", "mode"]).map_or(Json::Null, text));
    put("restart_policy", at(&["deploy", "restart_policy", "condition"]).map_or(Json::Null, text));
    put("deploy_labels", at(&["deploy", "labels"]).map_or(Json::Null, |node| keyed(node, "")));
    if let Some(limits) = service.get("ulimits") {
        let limit = |pair: &Pair| {
            let of = |key| pair.value.get(key).and_then(|node| node.text()).unwrap_or_default();
            let told = pair.value.text().map_or_else(|| format!("{}:{}", of("soft"), of("hard")), ToOwned::to_owned);
            (pair.key.clone(), Json::from(told))
        };
        put("ulimits", limits.pairs().map(limit).collect::<Map<_, _>>().into());
    }
    if let Some(build) = service.get("build") {
        let of = |key| build.get(key).map_or(Json::Null, |node| text(node));
        let map = |key, absent| build.get(key).map_or(json!({}), |node| keyed(node, absent));
        let context = build.text().map_or_else(|| of("context"), Json::from);
        let context = normal(context.as_str().unwrap_or("."));
        put(
            "build",
            json!({"context": context, "target": of("target"), "args": map("args", "null"), "labels": map("labels", "")}),
        );
    }
    for key in ["secrets", "configs"] {
        let Some(list) = service.get(key) else { continue };
        let one = |node: &Arc<Node>| {
            let of = |key| node.get(key).and_then(|node| node.text()).unwrap_or_default().to_owned();
            let source = node.text().map_or_else(|| of("source"), ToOwned::to_owned);
            let target = of("target");
            let own = if key == "secrets" { "/run/secrets/" } else { "/" };
            if target.is_empty() { format!("{source}>{own}{source}") } else { format!("{source}>{target}") }
        };
        put(key, sorted(list.items().map(one)));
    }
    found.into()
}

fn sorted(items: impl Iterator<Item = String>) -> Json {
    let mut items: Vec<String> = items.collect();
    items.sort();
    items.into()
}

fn text(node: &Node) -> Json {
    literal(node).map_or(Json::Null, Json::from)
}

/// A scalar as YAML reads it and docker compose tells it.
fn value(node: &Node) -> Json {
    text(node)
}

/// A map of texts, or the list that stands for one; a name alone is `absent`.
fn keyed(node: &Node, absent: &str) -> Json {
    let absent = if absent == "null" { Json::Null } else { Json::from(absent) };
    let pairs: Vec<Pair> = match &node.value {
        Value::List(_) => node.items().filter_map(short::assignment).collect(),
        _ => node.pairs().cloned().collect(),
    };
    let told = |pair: &Pair| (pair.key.clone(), if pair.value.is_null() { absent.clone() } else { value(&pair.value) });
    pairs.iter().map(told).collect::<Map<_, _>>().into()
}

fn words(node: &Node) -> Json {
    match literal(node) {
        Some(text) => text.split_whitespace().collect::<Vec<_>>().into(),
        None => node.items().filter_map(|item| literal(item)).collect::<Vec<_>>().into(),
    }
}

fn hosts(node: &Node) -> Json {
    let one = |pair: &Pair| format!("{}={}", pair.key, literal(&pair.value).unwrap_or_default());
    match &node.value {
        Value::List(_) => sorted(node.items().filter_map(|item| literal(item)).map(|text| {
            let at = text.find(['=', ':']).unwrap_or(text.len());
            format!("{}={}", &text[..at], text.get(at + 1..).unwrap_or_default())
        })),
        _ => sorted(node.pairs().map(one)),
    }
}

fn mount(mount: &Mount) -> String {
    let source = mount.source.as_deref().unwrap_or_default();
    let source = if mount.is_path && source.starts_with('.') { normal(source) } else { source.to_owned() };
    let how = if mount.read_only { "ro" } else { "rw" };
    let kind = if mount.is_path { "bind" } else { "volume" };
    format!("{kind} {source} {} {how} {}", mount.target, mount.propagation.as_deref().unwrap_or_default())
}

/// `./a/../b` as `b`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A range as the ports that it stands for.
fn ports(port: &Port) -> Vec<String> {
    let numbers = |text: &str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        (from.parse::<u16>().unwrap()..=to.parse::<u16>().unwrap()).collect::<Vec<_>>()
    };
    let targets = numbers(&port.target);
    let published = port.published.as_deref().map(numbers);
    let told = |(index, target): (usize, &u16)| {
        let published = published.as_ref().map_or_else(String::new, |published| published[index].to_string());
        format!("{}:{published}:{target}/{}", port.host.as_deref().unwrap_or_default(), port.protocol)
    };
    targets.iter().enumerate().map(told).collect()
}
