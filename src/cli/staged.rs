//! What git is about to commit, read from its index: a hook must not judge the files in the folder.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::project::config::Config;

/// The staged files that a check may need, by path relative to `root`.
pub(super) fn read(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let listing = git(root, &["ls-files", "--stage", "-z", "--", "."])?;
    let mut objects = BTreeMap::new();
    for record in listing.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let record = String::from_utf8_lossy(record);
        let Some((about, path)) = record.split_once('\t') else { continue };
        let mut about = about.split(' ');
        let (Some(mode), Some(object)) = (about.next(), about.next()) else { continue };
        // Symbolic links and submodules hold no text of their own.
        if mode.starts_with("100") {
            objects.insert(path.to_owned(), object.to_owned());
        }
    }
    let likely = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.contains("env")
            || name.ends_with(".schema.json")
            || name == "sparkcfg.toml"
            || name.ends_with("age-key.txt")
    };
    let mut wanted: BTreeMap<String, String> =
        objects.iter().filter(|(path, _)| likely(path)).map(|(path, object)| (path.clone(), object.clone())).collect();
    let mut files = blobs(root, &wanted)?;
    // What sparkcfg.toml lists may have any name.
    let configs: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.ends_with("sparkcfg.toml"))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect();
    wanted.clear();
    for (path, bytes) in configs {
        let Ok(config) = Config::parse(&path, &String::from_utf8_lossy(&bytes)) else { continue };
        let folder = path.strip_suffix("sparkcfg.toml").unwrap_or_default();
        let listed = config.environments.values().flatten().chain(&config.schema).chain(&config.identities);
        for name in listed.map(|name| format!("{folder}{name}")).filter(|name| !files.contains_key(name)) {
            if let Some(object) = objects.get(&name) {
                wanted.insert(name, object.clone());
            }
        }
    }
    files.extend(blobs(root, &wanted)?);
    Ok(files)
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output =
        Command::new("git").current_dir(root).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(_) => Err(Error::new("git cannot read its index here")
            .help("--staged needs a git repository; leave it out to check the files on disk")),
        Err(_) => Err(Error::new("git cannot be started").help("--staged asks git for what is about to be committed")),
    }
}

/// The contents of objects, all through one process.
fn blobs(root: &Path, wanted: &BTreeMap<String, String>) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let failed = || Error::new("git cannot read what is staged");
    let mut child = Command::new("git")
        .current_dir(root)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| failed())?;
    let mut ask = child.stdin.take().ok_or_else(failed)?;
    let mut answer = BufReader::new(child.stdout.take().ok_or_else(failed)?);
    let mut files = BTreeMap::new();
    for (path, object) in wanted {
        ask.write_all(format!("{object}\n").as_bytes()).and_then(|()| ask.flush()).map_err(|_| failed())?;
        let mut header = String::new();
        answer.read_line(&mut header).map_err(|_| failed())?;
        let size = header.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok()).ok_or_else(failed)?;
        let mut bytes = Vec::new();
        (&mut answer).take(size + 1).read_to_end(&mut bytes).map_err(|_| failed())?;
        bytes.pop();
        files.insert(path.clone(), bytes);
    }
    drop(ask);
    let _ = child.wait();
    Ok(files)
}
