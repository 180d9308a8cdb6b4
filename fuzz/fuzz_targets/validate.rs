//! `validate` on a project whose only env file, read by every reader, holds any bytes: no panic, every place within the
//! file, every fix in a form that can be written.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sparkcfg::project::Options;
use sparkcfg::project::files::Files;
use sparkcfg::{Project, checks, dialects};
use tempfile::TempDir;

const FILE: &str = "environments/base.env";

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder for the project");
    let readers: Vec<_> = dialects::ALL.iter().map(|reader| format!("{:?}", reader.name)).collect();
    let config = format!("[consumers]\n{FILE:?} = [{}, \"make > node\"]\n", readers.join(", "));
    fs::create_dir(folder.path().join("environments")).expect("a folder for its files");
    fs::write(folder.path().join("sparkcfg.toml"), config).expect("its configuration");
    folder
});

fuzz_target!(|file: &[u8]| {
    fs::write(FOLDER.path().join(FILE), file).expect("the file");
    let Ok(mut project) = Project::read(&Files::on_disk(FOLDER.path(), ""), &Options::default()) else { return };
    let found = checks::run(&project);
    project.hide_secrets();
    for finding in &found.findings {
        if let Some(label) = &finding.label {
            let _ = project.sources.position(label.span.source, label.span.start);
        }
        if let (Some(fix), Ok(text)) = (&finding.fix, std::str::from_utf8(file)) {
            assert!(text.get(fix.span.range()).is_some(), "{}: a fix outside of the file", finding.rule.code);
        }
    }
});
