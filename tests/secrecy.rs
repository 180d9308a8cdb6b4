//! What no output may tell, tried by each way on which something once came out.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use sparkcfg::checks;
use sparkcfg::project::files::Files;
use sparkcfg::project::{Options, Project};

const CANARY: &str = "hunter2canary";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn project(files: &[(&str, &str)]) -> Project {
    let files: BTreeMap<_, _> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    Project::read(&Files::staged(Path::new("."), "", files), &Options::default()).unwrap()
}

#[test]
fn debug_tells_no_text() {
    let text = format!("DB_PASSWORD={CANARY}\nA=\"\\n{CANARY}\"\nB=${{A}}\nTOKEN=$${CANARY}\nC=${{E}}\nE=1\n");
    let folder = folder(&[(".env", &text)]);
    let process = HashMap::from([("TOKEN".to_owned(), CANARY.to_owned())]);
    let options = Options { process, ..Options::default() };
    let error = sparkcfg::load_from::<HashMap<String, String>>(folder.path(), &options).unwrap_err();
    assert!(matches!(error, sparkcfg::LoadError::Invalid(_)));
    let project = Project::read(&Files::on_disk(folder.path(), ""), &options).unwrap();
    let environments = project.environments();
    let settings: Vec<_> = environments.iter().flat_map(|environment| &environment.settings).collect();
    let entries: Vec<_> = project.layers.iter().flat_map(|layer| &layer.entries).collect();
    let loose = &environments[0].loose;
    assert!(!loose.is_empty());
    for told in [
        format!("{error:?}"),
        format!("{project:?}"),
        format!("{options:?}"),
        format!("{environments:?} {settings:?} {entries:?} {loose:?}"),
    ] {
        assert!(!told.contains(CANARY), "{told}");
    }
}

/// Every text of every finding.
fn told(project: &Project) -> String {
    let finding = |finding: &sparkcfg::finding::Finding| {
        let labels: Vec<_> = finding.label.iter().chain(&finding.related).map(|label| &label.message).collect();
        format!("{:?} {} {:?} {labels:?}\n", finding.key, finding.message, finding.help)
    };
    checks::run(project).findings.iter().map(finding).collect()
}

#[test]
fn no_message_tells_a_line_of_a_key_file() {
    let body = "MIIEowIBAAKCAQEA1x2y3z4w5v6u7t8s9r0qABCDEFabcdef0123456789ABCDEF";
    let schema = format!(
        r#"{{"properties": {{"{body}": {{"deprecated": true, "minLength": 9, "x-sparkcfg": {{"only-in": ["prod"]}}}}}}}}"#
    );
    for (value, schema) in [
        ("changeme", ""),
        ("minioadmin", ""),
        ("${NOWHERE}", ""),
        ("${NOWHERE:?}", ""),
        ("${", ""),
        ("${LATER}\nLATER=1", ""),
        ("x", schema.as_str()),
    ] {
        let text = format!("{body}={value}\n");
        let mut files =
            vec![("environments/a.env", "A=1\n"), ("environments/b.env", &text), ("environments/c.env", &text)];
        if !schema.is_empty() {
            files.push(("schemas/app.schema.json", schema));
        }
        let told = told(&project(&files));
        assert!(told.contains(sparkcfg::source::MASK), "{value}: {told}");
        assert!(!told.replace(&format!("#/properties/{body}"), "").contains(body), "{value}: {told}");
    }
}
