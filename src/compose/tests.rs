//! Files laid over each other, against what `docker compose config` says of them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::format_push_string, reason = "a test that cannot go on stops")]

use super::*;
use crate::source::Sources;

/// The application of these files, in their order; those after `|` are only there to be extended.
fn application(texts: &[(&str, &str)], chosen: usize) -> (Application, Files, Sources) {
    let mut sources = Sources::default();
    let mut files = Files::default();
    let mut open = |path: &str| {
        let (_, text) = texts.iter().find(|(name, _)| *name == path)?;
        Some((sources.add(path, *text), Arc::from(*text)))
    };
    let indices: Vec<_> = texts[..chosen].iter().map(|(path, _)| files.open(path, &mut open).unwrap()).collect();
    let application = Application::of(&mut files, &indices, &mut open);
    (application, files, sources)
}

fn shape(node: &Node) -> String {
    match &node.value {
        Value::Scalar { text, .. } => text.clone(),
        Value::Unknown | Value::OneOf(_) => "?".into(),
        Value::List(_) => format!("[{}]", node.items().map(|item| shape(item)).collect::<Vec<_>>().join(" ")),
        Value::Map(_) => {
            let pairs = node.pairs().map(|pair| format!("{}:{}", pair.key, shape(&pair.value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(" "))
        }
    }
}

#[test]
fn overlays() {
    for (key, below, above, expected) in [
        ("image", "image: a", "image: b", "b"),
        ("command", "command: [a, b]", "command: [c]", "[c]"),
        ("ports", "ports: ['80:80']", "ports: ['81:80', '80:80']", "[80:80 81:80]"),
        ("ports", "ports: ['80:80']", "ports: !override ['81:80']", "[81:80]"),
        ("ports", "ports: ['80:80']", "ports: !reset []", "gone"),
        ("environment", "environment: [A=1, B=2]", "environment: {B: 3, C: 4}", "{A:1 B:3 C:4}"),
        ("environment", "environment: {A: 1, B: 2}", "environment: {A: !reset null}", "{B:2}"),
        ("environment", "environment: [A=1, B=2]", "environment: {A: !reset null, C: 3}", "{A:1 B:2 C:3}"),
        ("environment", "environment: {A: 1, B: 2}", "environment: [A]", "{A: B:2}"),
        ("volumes", "volumes: ['a:/x', 'b:/y']", "volumes: ['./c:/x:ro']", "[./c:/x:ro b:/y]"),
        ("env_file", "env_file: a.env", "env_file: [b.env]", "[a.env b.env]"),
        (
            "depends_on",
            "depends_on: [db]",
            "depends_on: {q: {condition: service_started}}",
            "{db:{condition:service_started required:true} q:{condition:service_started}}",
        ),
        ("logging", "logging: {driver: a, options: {x: 1}}", "logging: {driver: b}", "{driver:b}"),
        (
            "logging",
            "logging: {driver: a, options: {x: 1}}",
            "logging: {options: {y: 1}}",
            "{driver:a options:{x:1 y:1}}",
        ),
        ("healthcheck", "healthcheck: {test: [CMD, a], retries: 2}", "healthcheck: {test: b}", "{test:b retries:2}"),
        ("build", "build: .", "build: {target: x}", "{context:. target:x}"),
        ("dns", "dns: 1.1.1.1", "dns: [8.8.8.8]", "[1.1.1.1 8.8.8.8]"),
        ("cap_drop", "cap_drop: [ALL]", "cap_drop: [ALL, X]", "[ALL X]"),
        ("image", "image: a", "image: ", "a"),
    ] {
        let file = |service: &str| format!("services:\n  web:\n    {service}\n");
        let (application, ..) = application(&[("a.yml", &file(below)), ("b.yml", &file(above))], 2);
        assert!(application.refusals.is_empty());
        let found = application.services[0].get(key).map_or_else(|| "gone".to_owned(), |node| shape(node));
        assert_eq!(found, expected, "{below} + {above}");
    }
}

#[test]
fn a_name_is_taken_out_of_a_map_alone() {
    let file = |environment: &str| format!("services:\n  web:\n    environment: {environment}\n");
    let (below, between, above) = (file("{A: 1, B: 2}"), file("{C: 3}"), file("{A: !reset null}"));
    let (application, ..) = application(&[("a.yml", &below), ("b.yml", &between), ("c.yml", &above)], 3);
    let found = application.services[0].get("environment").map(|node| shape(node));
    assert_eq!(found.as_deref(), Some("{A:1 B:2 C:3}"));
}

#[test]
fn extending() {
    let base = "services:\n  root:\n    user: '1'\n    environment: [A=1]\n  web:\n    extends: root\n    environment: {B: 2}\n";
    let own = "services:\n  api:\n    extends: {file: sub/base.yml, service: web}\n    environment: {A: 3}\n  lost:\n    extends: {file: no.yml, service: x}\n";
    let (found, files, _) = application(&[("a.yml", own), ("sub/base.yml", base)], 1);
    let [api, lost] = found.services.as_slice() else { panic!() };
    assert_eq!(shape(&api.node), "{user:1 environment:{A:3 B:2} extends:{file:sub/base.yml service:web}}");
    assert_eq!((api.partial, lost.partial, files.all.len()), (false, true, 2));
    let (circle, ..) = application(&[("a.yml", "services:\n  a: {extends: b}\n  b: {extends: a}\n")], 1);
    assert!(circle.refusals[0].message.contains("extends itself"));
    assert!(circle.services.iter().all(|service| service.partial));
}

#[test]
fn a_service_is_typed() {
    let text = "x-env: &env\n  LOG: info\nservices:\n  api:\n    environment:\n      <<: *env\n      PASSWORD: ${PW:?needed}\n      PRICE: 5$$\n      TOKEN:\n    env_file:\n      - a.env\n      - {path: b.env, required: false, format: raw}\n    profiles: [tools]\n";
    let (found, files, _) = application(&[("a.yml", text)], 1);
    let [api] = found.services.as_slice() else { panic!() };
    let variables = api.environment();
    let told: Vec<_> = variables
        .iter()
        .map(|variable| (variable.name.as_str(), service::literal(&variable.value), &text[variable.name_span.range()]))
        .collect();
    assert_eq!(
        told,
        [
            ("PASSWORD", None, "PASSWORD"),
            ("PRICE", Some("5$".to_owned()), "PRICE"),
            ("TOKEN", None, "TOKEN"),
            ("LOG", Some("info".to_owned()), "LOG")
        ]
    );
    let env_files = api.env_files();
    let env_files: Vec<_> = env_files.iter().map(|file| (file.path.as_str(), file.required, file.raw)).collect();
    assert_eq!(env_files, [("a.env", true, false), ("b.env", false, true)]);
    assert_eq!(api.profiles(), ["tools"]);
    let references = files.all[0].references();
    assert_eq!(references.len(), 1);
    assert_eq!((references[0].name.as_str(), references[0].argument.as_str()), ("PW", "needed"));
    assert_eq!(&text[references[0].span.range()], "${PW:?needed}");
}

#[test]
fn merging_a_bomb_stops() {
    let mut text = "x-0: &a0 {k: v}\n".to_owned();
    for level in 1..60 {
        text += &format!("x-{level}: &a{level} {{a: *a{}, b: *a{}}}\n", level - 1, level - 1);
    }
    let (found, ..) = application(&[("a.yml", &text), ("b.yml", &text)], 2);
    assert_eq!(found.refusals.len(), 1);
}

#[test]
fn paths_beside() {
    for (path, other, expected) in [
        ("", "b.yml", Some("b.yml")),
        ("x", "../b.yml", Some("b.yml")),
        ("x", "./y/b.yml", Some("x/y/b.yml")),
        ("", "../b.yml", None),
        ("", "/etc/b.yml", None),
    ] {
        assert_eq!(extend::beside(path, other).as_deref(), expected, "{path} {other}");
    }
}
