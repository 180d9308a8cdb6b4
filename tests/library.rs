//! The library's short door: an environment as a type of the user's own.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is the failure of the test")]

use std::fs;
use std::path::Path;

use serde::Deserialize;
use sparkcfg::identity::Identities;
use sparkcfg::model::SparkConfig;
use sparkcfg::project::Options;
use sparkcfg::{LoadError, load_from};

#[derive(Debug, Deserialize)]
struct App {
    #[serde(rename = "API_PORT")]
    port: u16,
    #[serde(rename = "DEBUG", default)]
    debug: bool,
    #[serde(rename = "ORIGINS", default)]
    origins: Vec<String>,
}

const SCHEMA: &str = r#"{ "properties": {
    "API_PORT": { "type": "integer", "maximum": 65535 },
    "DEBUG": { "type": "boolean" },
    "ORIGINS": { "type": "array", "items": { "type": "string" } },
    "TOKEN": { "type": "string", "writeOnly": true }
} }"#;

fn project(base: &str, prod: &str, schema: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("environments/base.env", base);
    write("environments/prod.env", prod);
    if schema {
        write("schemas/app.schema.json", SCHEMA);
    }
    folder
}

fn options(environment: &str) -> Options<'_> {
    Options { environments: vec![environment.to_owned()], ..Options::default() }
}

#[test]
fn values_are_typed_and_know_their_place() {
    for schema in [true, false] {
        let origins = if schema { "ORIGINS=https://a,https://b\n" } else { "" };
        let folder = project("API_PORT=1\nDEBUG=yes\n", &format!("{origins}# port\nAPI_PORT=8080\n"), schema);
        let app = load_from::<App>(folder.path(), &options("prod")).unwrap();
        assert_eq!((app.port, app.debug), (8080, true), "schema: {schema}");
        assert_eq!(app.origins.len(), if schema { 2 } else { 0 });
        let origin = app.origin("API_PORT").unwrap();
        assert_eq!((origin.layer.as_str(), origin.path.as_str()), ("prod", "environments/prod.env"));
        assert_eq!(origin.position.line, if schema { 3 } else { 2 });
        assert_eq!(origin.position.column, 10);
        assert!(app.origin("NOT_SET").is_none());
    }
}

#[test]
fn every_error_is_told_and_no_secret() {
    let folder = project("TOKEN=c4n4ry-token-value\n", "API_PORT=80800\nDEBUG=maybe\n", true);
    let Err(error) = load_from::<App>(folder.path(), &options("prod")) else { panic!("two values are wrong") };
    let told = error.to_string();
    for expected in ["environments/prod.env:1:10: API_PORT is 80800", "DEBUG is maybe", "plaintext-secret"] {
        assert!(told.contains(expected), "{expected} is missing in:\n{told}");
    }
    assert!(!told.contains("c4n4ry"), "{told}");
}

#[test]
fn a_type_that_asks_for_more_is_told_the_key() {
    let folder = project("DEBUG=true\n", "ORIGINS=\n", true);
    match load_from::<App>(folder.path(), &options("prod")) {
        Err(LoadError::Mismatch(mismatches)) => assert_eq!(mismatches[0].key.as_deref(), Some("API_PORT")),
        other => {
            panic!("API_PORT has no value, but: {:?}", other.map(|app| app.port).map_err(|error| error.to_string()))
        }
    }
    let Err(error) = load_from::<App>(folder.path(), &options("prd")) else { panic!("there is no prd") };
    assert!(error.to_string().contains("did you mean `prod`?"), "{error}");
}

#[test]
fn the_reference_stack_loads_as_its_own_type() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut identities = Identities::default();
    let keys = fs::read_to_string(root.join("environments/dev.age-key.txt")).unwrap();
    assert!(identities.add("the published development identity", &keys).is_empty());
    let options = Options { identities: Some(&identities), ..options("dev") };
    let config = load_from::<SparkConfig>(root, &options).unwrap();
    assert_eq!(config.api.port, 8883);
    assert!(config.database.url.expose().starts_with("postgresql"));
    assert_eq!(config.origin("AUTOMAGIK_SPARK_API_PORT").unwrap().path, "environments/base.env");
}
