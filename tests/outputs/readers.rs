//! Each format read back by a parser that is not ours: how many errors, warnings and notes it tells.

use serde_json::Value;

/// Errors, warnings, notes.
pub(crate) type Counts = [usize; 3];

/// What a written report says, or nothing for a format without a reader here.
pub(crate) fn counts(format: &str, text: &str) -> Option<Counts> {
    let json = || serde_json::from_str::<Value>(text).expect("the report is JSON");
    Some(match format {
        "human" | "github" => lines(text, ["error[", "warning[", "note["]),
        "json" => words(json()["findings"].as_array()?, "severity", ["error", "warning", "note"]),
        "sarif" => words(json()["runs"][0]["results"].as_array()?, "level", ["error", "warning", "note"]),
        "gitlab" => words(json().as_array()?, "severity", ["major", "minor", "info"]),
        "rdjson" => words(json()["diagnostics"].as_array()?, "severity", ["ERROR", "WARNING", "INFO"]),
        "junit" => junit(text),
        "markdown" => headline(text.lines().nth(1)?),
        "html" => html(text),
        _ => return None,
    })
}

fn lines(text: &str, starts: [&str; 3]) -> Counts {
    starts.map(|start| text.lines().filter(|line| line.starts_with(start)).count())
}

fn words(entries: &[Value], member: &str, names: [&str; 3]) -> Counts {
    names.map(|name| entries.iter().filter(|entry| entry[member] == name).count())
}

/// Checks the shape of Jenkins' `junit-10.xsd` as far as it concerns us, and counts the lines of the cases.
fn junit(text: &str) -> Counts {
    let document = roxmltree::Document::parse(text).expect("the report is XML");
    let mut told = String::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let (parent, attributes): (&str, &[&str]) = match node.tag_name().name() {
            "testsuites" => ("", &["name", "tests", "failures", "errors"]),
            "testsuite" => ("testsuites", &["name", "tests", "failures", "errors", "skipped"]),
            "testcase" => ("testsuite", &["name", "classname"]),
            "failure" => ("testcase", &["type", "message"]),
            "system-out" => ("testcase", &[]),
            other => panic!("{other} is no element of the schema"),
        };
        assert_eq!(node.parent_element().map_or("", |element| element.tag_name().name()), parent);
        assert_eq!(node.attributes().map(|attribute| attribute.name()).collect::<Vec<_>>(), attributes);
        if node.has_tag_name("testsuites") || node.has_tag_name("testsuite") {
            let cases = || node.descendants().filter(|inner| inner.has_tag_name("testcase"));
            assert_eq!(node.attribute("tests"), Some(cases().count().to_string().as_str()));
            let failing = cases().filter(|case| case.children().any(|inner| inner.has_tag_name("failure"))).count();
            assert_eq!(node.attribute("failures"), Some(failing.to_string().as_str()));
        }
        if node.has_tag_name("failure") || node.has_tag_name("system-out") {
            told.push_str(node.text().unwrap_or_default());
        }
    }
    lines(&told, ["error: ", "warning: ", "note: "])
}

/// Whether a JUnit report has a case that failed: as the run does.
pub(crate) fn junit_fails(text: &str) -> bool {
    roxmltree::Document::parse(text).expect("the report is XML").descendants().any(|node| node.has_tag_name("failure"))
}

/// `### ✗ sparkcfg validate: 4 errors, 1 warning`
fn headline(line: &str) -> Counts {
    let (_, told) = line.split_once(": ").expect("the headline has a verdict");
    let count = |word: &str| {
        let part = told.split(", ").find(|part| part.contains(word));
        part.map_or(0, |part| part.split(' ').next().unwrap().parse().expect("a count is a number"))
    };
    ["error", "warning", "note"].map(count)
}

/// Every element that a page may have.
const ELEMENTS: &[&str] = &[
    "a", "b", "body", "button", "caption", "code", "details", "div", "footer", "form", "h1", "h2", "head", "header",
    "html", "i", "input", "label", "li", "main", "meta", "output", "p", "script", "span", "strong", "style", "summary",
    "table", "tbody", "td", "th", "thead", "title", "tr", "ul", "wbr",
];

/// The page is written so that it is XML too, but for its first line and what stands in the script and the style.
fn html(text: &str) -> Counts {
    let mut text = text.strip_prefix("<!DOCTYPE html>\n").expect("the page has a type").to_owned();
    for element in ["style", "script"] {
        let start = text.find(&format!("<{element}>")).expect("the element is there") + element.len() + 2;
        let end = start + text[start..].find(&format!("</{element}>")).expect("the element ends");
        text.replace_range(start..end, "");
    }
    let document = roxmltree::Document::parse(&text).expect("the page is XML");
    let elements = || document.descendants().filter(roxmltree::Node::is_element);
    for node in elements() {
        assert!(ELEMENTS.contains(&node.tag_name().name()), "{} comes from the input", node.tag_name().name());
        let acts = |name: &str| name.starts_with("on") || name == "src" || name == "style";
        assert!(!node.attributes().any(|attribute| acts(attribute.name())), "an attribute acts");
        let inside =
            node.attribute("href").is_none_or(|target| target.starts_with("#finding-") || target.starts_with("#key-"));
        assert!(inside, "a link leads out of the page");
    }
    assert_eq!(elements().filter(|node| node.has_tag_name("script")).count(), 1);
    let rows = |severity| elements().filter(|node| node.attribute("data-severity") == Some(severity)).count();
    let counts = ["error", "warning", "note"].map(rows);
    let title = elements().find(|node| node.has_tag_name("title")).and_then(|node| node.text()).unwrap();
    assert_eq!(headline(title), counts, "the title and the rows say the same");
    counts
}
