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

/// Every `console` block that starts with `$ sparkcfg` runs, and shows what stands there.
#[test]
fn console_blocks_show_what_happens() {
    let home = tempfile::tempdir().unwrap();
    let mut differences = Vec::new();
    for (page, text) in pages() {
        for Shown { line, output, code } in console_blocks(&text) {
            let ran = run(&line, root(), home.path());
            let trimmed: String = ran.shown().lines().map(|line| format!("{}\n", line.trim_end())).collect();
            differences.extend(difference(&format!("{page}: {line}"), &output, trimmed.trim_end()));
            if ran.code != code {
                differences.push(format!("{page}: {line}\nended with {}, not with {code}", ran.code));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A command of a `console` block, with what stands under it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: String,
    output: String,
    /// What `[exit 1]` as the last line says, as in the transcripts; 0 without it.
    code: i32,
}

fn console_blocks(text: &str) -> Vec<Shown> {
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    let mut found = Vec::new();
    for block in blocks.filter(|block| block.starts_with("$ sparkcfg ")) {
        for part in block.strip_prefix("$ ").unwrap_or(block).split("\n$ ") {
            let (line, output) = part.split_once('\n').unwrap_or((part, ""));
            let output = output.trim_end();
            let (rest, last) = output.rsplit_once('\n').unwrap_or(("", output));
            let code = last.strip_prefix("[exit ").and_then(|rest| rest.strip_suffix(']')?.parse().ok());
            let (output, code) = code.map_or((output, 0), |code| (rest, code));
            found.push(Shown { line: line.to_owned(), output: output.to_owned(), code });
        }
    }
    found
}

#[test]
fn console_blocks_are_found() {
    let text = "a\n```console\n$ sparkcfg explain\nlist\n\n$ sparkcfg validate\nbad\n[exit 1]\n```\n```console\n$ cargo test\n```\n";
    let expected = [("sparkcfg explain", "list", 0), ("sparkcfg validate", "bad", 1)];
    let expected =
        expected.map(|(line, output, code)| Shown { line: line.to_owned(), output: output.to_owned(), code });
    assert_eq!(console_blocks(text), expected);
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
