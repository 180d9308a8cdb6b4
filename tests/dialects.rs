//! The readers against what the real programs answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sparkcfg::dialects::compose;
use sparkcfg::environment::{Environment, LooseFault, Resolved};
use sparkcfg::layer::Layer;
use sparkcfg::source::Sources;

struct Case {
    id: String,
    text: String,
    process: HashMap<String, String>,
    outcomes: Vec<Value>,
}

fn cases() -> Vec<Case> {
    let data = include_str!("data/dialects/cases.jsonl");
    // A byte that is not UTF-8 is recorded as a lone surrogate, which no JSON reader takes; a pair is left alone.
    let lone = regex::Regex::new(r"(\\ud[89ab][0-9a-f]{2})?(\\udc[89a-f][0-9a-f])").unwrap();
    let parse = |line: &str| {
        let line = lone.replace_all(line, |found: &regex::Captures<'_>| match found.get(1) {
            Some(_) => found[0].to_owned(),
            None => "\\ufffd".to_owned(),
        });
        let case: Value = serde_json::from_str(&line).unwrap();
        let bytes = match (&case["text"], &case["b64"], &case["repeat"]) {
            (Value::String(text), ..) => text.clone().into_bytes(),
            (_, Value::String(encoded), _) => base64::engine::general_purpose::STANDARD.decode(encoded).unwrap(),
            (.., Value::Array(parts)) => {
                let part = |index: usize| parts[index].as_str().unwrap();
                let count = usize::try_from(parts[2].as_u64().unwrap()).unwrap();
                format!("{}{}{}", part(0), part(1).repeat(count), part(3)).into_bytes()
            }
            _ => panic!("a case without a file: {line}"),
        };
        let process = case["env"].as_object().into_iter().flatten();
        Case {
            id: case["id"].as_str().unwrap().to_owned(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            process: process.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect(),
            outcomes: case["outcomes"].as_array().unwrap().clone(),
        }
    };
    data.lines().map(parse).collect()
}

/// The recorded variables of a parser, or `None` where it refused the file.
fn recorded(case: &Case, parser: &str) -> Option<BTreeMap<String, Option<String>>> {
    let has = |outcome: &&Value| outcome["parsers"].as_array().unwrap().iter().any(|name| name == parser);
    let outcome = case.outcomes.iter().find(has).unwrap_or_else(|| panic!("{parser} has no answer for {}", case.id));
    if outcome["error"] == true {
        return None;
    }
    let vars = outcome["vars"].as_object().unwrap().iter();
    Some(vars.map(|(key, value)| (key.clone(), value.as_str().map(ToOwned::to_owned))).collect())
}

/// A long value as the recordings give it.
fn shortened(value: &str) -> String {
    if value.chars().count() <= 200 {
        return value.to_owned();
    }
    let digest = Sha256::digest(value.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("<len={} sha256={}>", value.chars().count(), &hex[..16])
}

#[test]
fn layers_are_read_as_compose_reads_them() {
    let mut disagree = Vec::new();
    let cases = cases();
    for case in &cases {
        let expected = recorded(case, "compose2_env_file");
        let parsed = compose::parse(&case.text);
        let mut sources = Sources::default();
        let text: Arc<str> = case.text.as_str().into();
        let source = sources.add("case.env", Arc::clone(&text));
        let refused = !parsed.faults.is_empty();
        let layer =
            Layer { name: "case".into(), source, text, sealed: false, entries: parsed.entries, faults: Vec::new() };
        let environment = Environment::new("case".into(), false, vec![&layer], &case.process);
        let fatal = |fault: &LooseFault| !matches!(fault, LooseFault::Undefined(_));
        let refused = refused || environment.loose.iter().any(|loose| fatal(&loose.fault));
        let set = environment.settings.iter().filter(|setting| !matches!(setting.value, Resolved::Unset));
        let vars: BTreeMap<_, _> =
            set.map(|setting| (setting.key.to_owned(), setting.value.text().map(shortened))).collect();
        let actual = (!refused).then_some(vars);
        let expected = expected.map(|vars| vars.into_iter().filter(|(_, value)| value.is_some()).collect());
        if actual != expected {
            disagree.push(format!(
                "{}: {:?}\n  real {expected:?}\n  ours {actual:?}",
                case.id,
                case.text.get(..80.min(case.text.len()))
            ));
        }
    }
    assert_eq!(cases.len(), 471);
    assert!(disagree.is_empty(), "{} of {} disagree:\n{}", disagree.len(), cases.len(), disagree.join("\n"));
}
