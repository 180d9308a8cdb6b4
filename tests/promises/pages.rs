//! The README and the pages of `docs/`: what they show is what happens, and their links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use crate::console::{difference, run};
use crate::{names, root};

/// Each page, by its path from the root, with its text.
fn pages() -> Vec<(String, String)> {
    let documents = names("docs").into_iter().map(|name| format!("docs/{name}"));
    let paths = std::iter::once("README.md".to_owned()).chain(documents);
    paths.map(|path| (path.clone(), fs::read_to_string(root().join(path)).unwrap())).collect()
}

/// Every `console` block that starts with `$ sparkcfg` shows what happens; `UPDATE=1` writes it anew.
#[test]
fn console_blocks_show_what_happens() {
    let home = tempfile::tempdir().unwrap();
    let mut differences = Vec::new();
    for (page, text) in pages() {
        let fresh = refreshed(&text, |line| {
            let ran = run(line, root(), home.path());
            let shown: String = ran.shown().trim_end().lines().map(|line| format!("{}\n", line.trim_end())).collect();
            if ran.code == 0 { shown } else { format!("{shown}[exit {}]\n", ran.code) }
        });
        if std::env::var_os("UPDATE").is_some() {
            fs::write(root().join(page), fresh).unwrap();
        } else {
            differences.extend(difference(&page, &text, &fresh));
        }
    }
    assert!(differences.is_empty(), "{}\nUPDATE=1 cargo test --test promises", differences.join("\n"));
}

/// The page with what `shows` gives below each command of its `console` blocks.
fn refreshed(page: &str, shows: impl Fn(&str) -> String) -> String {
    const START: &str = "```console\n";
    let mut parts = page.split(START);
    let mut fresh = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```").unwrap();
        let lines = block.lines().filter(|line| line.starts_with("$ sparkcfg "));
        let shown: String = lines.map(|line| format!("{line}\n{}", shows(line.trim_start_matches("$ ")))).collect();
        let block = if block.starts_with("$ sparkcfg ") { &shown } else { block };
        fresh.extend([START, block, "```", rest]);
    }
    fresh
}

#[test]
fn what_stands_below_a_command_is_compared() {
    let page = "a\n```console\n$ sparkcfg one\nold\n\nold\n$ sparkcfg two\n```\nb\n```console\n$ cargo test\nc\n```\n";
    let expected = "a\n```console\n$ sparkcfg one\n<sparkcfg one>\n$ sparkcfg two\n<sparkcfg two>\n```\nb\n```console\n$ cargo test\nc\n```\n";
    assert_eq!(refreshed(page, |line| format!("<{line}>\n")), expected);
}

/// Every link to a file or a heading leads there, and the README leads to every page.
#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let dead: Vec<_> = pages.iter().flat_map(|(page, text)| dead_links(page, text)).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    let linked: BTreeSet<_> = links(&pages[0].1).into_iter().collect();
    let lost: Vec<_> = pages[1..].iter().map(|(page, _)| page).filter(|page| !linked.contains(*page)).collect();
    assert!(lost.is_empty(), "README.md does not lead to {lost:?}");
}

/// The links of a page that lead to no file or to no heading.
fn dead_links(page: &str, text: &str) -> Vec<String> {
    let folder = root().join(page).parent().map(Path::to_owned).unwrap();
    let leads_nowhere = |target: &String| {
        let (path, heading) = target.split_once('#').map_or((target.as_str(), None), |(path, name)| (path, Some(name)));
        let file = folder.join(path);
        match heading {
            None => !file.exists(),
            Some(heading) if path.is_empty() => !anchors(text).contains(heading),
            Some(heading) => !fs::read_to_string(file).is_ok_and(|text| anchors(&text).contains(heading)),
        }
    };
    links(text).into_iter().filter(leads_nowhere).map(|target| format!("{page}: {target}")).collect()
}

/// Where the links lead that stay within the repository.
fn links(text: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let prose = prose(text);
    let targets = link.captures_iter(&prose).map(|found| found[1].to_owned());
    targets.filter(|target| !target.starts_with("https://")).collect()
}

/// The names by which GitHub and its like link to the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let names = headings.map(|heading| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, '-' | '_')).collect()
    });
    names.collect()
}

/// What stands in no block of code.
fn prose(text: &str) -> String {
    let mut within = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        within ^= fence;
        !within && !fence
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn dead_links_are_found() {
    let text = "# A `b` (c): d\n[1](#a-b-c-d) [2](#a-b) [3](../Cargo.toml) [4](none.md) [5](editors.md#neovim)\n\
                [6](editors.md#none) [7](https://example.com/none)\n```sh\n# e\n[8](none)\n```\n[9](#e)\n";
    let expected = ["#a-b", "none.md", "editors.md#none", "#e"].map(|target| format!("docs/x.md: {target}"));
    assert_eq!(dead_links("docs/x.md", text), expected);
}
