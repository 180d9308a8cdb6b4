//! Reports made by hand: the plain, the empty, the huge and the hostile.

use sparkcfg::finding::{Finding, Rule, Severity};
use sparkcfg::report::{Report, Summary};
use sparkcfg::source::{SourceId, Sources, Span};

pub(crate) static RANGE: Rule = rule("out-of-range", Severity::Error, "a number is out of range");
pub(crate) static BLANK: Rule = rule("trailing-blank", Severity::Warning, "blanks at the end of a line");
pub(crate) static DEPRECATED: Rule = rule("deprecated-key", Severity::Note, "a key is on its way out");
pub(crate) static SECRET: Rule =
    rule("plaintext-secret", Severity::Error, "a secret stands in a file that is not sealed");

const fn rule(code: &'static str, severity: Severity, summary: &'static str) -> Rule {
    Rule { code, severity, summary, page: "//! What it is.\n//!\n//! Remedy: mend it.\n" }
}

/// A secret with characters that JSON, XML, URLs and shells write differently.
pub(crate) const CANARY: &str = "c4nary&S3cret<V4lue>\"%/+'\u{fc}";

/// Texts that mean something to a terminal, a runner, a reader or a parser.
pub(crate) const HOSTILE: &[&str] = &[
    "\u{1b}[31mred\u{1b}]8;;http://evil\u{7}link",
    "a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{e0041}f",
    "::error::pwned",
    "  ::warning file=x::pwned",
    "x ##[group]pwned] ##vso[task.setvariable]pwned ##teamcity[x]",
    "one\ntwo\r\n::error::pwned\n##[error]pwned]",
    "%0A::error::pwned%0D",
    "a|b\\|c`d``e```f",
    "`",
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]><evil/><!-- --> <![CDATA[",
    "@admin fixes #12 in GH-7, see [here](http://evil) ![x](http://evil) www.evil.example",
    "&amp; &#60;b&#62; \"quoted\" 'quoted'",
    "\u{0}\u{7f}\u{9b}31m\u{85}\u{2028}\u{fffe}\u{ffff}",
    "{0} {{ 7*7 }} ${x} $(x) %s",
    "名前 е́ 👩‍👩‍👧 ﷽",
    "-->\n- list\n> quote\n# title\n---\n<!-- sparkcfg:validate v1 -->",
    "../../etc/passwd",
    "C:\\Windows, a:b?c#d",
];

/// What a report is put together from.
#[derive(Default)]
pub(crate) struct Maker {
    pub(crate) sources: Sources,
    pub(crate) findings: Vec<Finding>,
}

impl Maker {
    pub(crate) fn file(&mut self, path: &str, text: &str) -> SourceId {
        self.sources.add(path, text)
    }

    /// The first place of `part` in a file.
    pub(crate) fn span(&self, file: SourceId, part: &str) -> Span {
        let start = self.sources.text(file).find(part).expect("the part is in the text");
        span(file, start, start + part.len())
    }

    pub(crate) fn add(&mut self, mut finding: Finding, environments: &[&str]) {
        finding.environments = environments.iter().map(|name| (*name).into()).collect();
        self.findings.push(finding);
    }

    pub(crate) fn report(self) -> Report {
        let summary = Summary { environments: 3, files: 9, keys: 57, ..Summary::default() };
        Report::new("validate", self.findings, self.sources, summary)
    }
}

pub(crate) fn span(file: SourceId, start: usize, end: usize) -> Span {
    Span::new(file, u32::try_from(start).unwrap()..u32::try_from(end).unwrap())
}

/// All of them, each with a name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("nothing", nothing()),
        ("one-of-each", one_of_each()),
        ("no-place", no_place()),
        ("hostile", hostile()),
        ("secrets", secrets(CANARY)),
        ("odd-places", odd_places()),
        ("two-thousand", many(2_000, "")),
        ("long-messages", many(300, &"long ".repeat(100))),
    ]
}

fn nothing() -> Report {
    let mut maker = Maker::default();
    maker.file("environments/base.env", "PORT=80\n");
    maker.report()
}

pub(crate) fn one_of_each() -> Report {
    let mut maker = Maker::default();
    let base = maker.file("environments/base.env", "API_PORT=8883\nOLD_NAME=x\nAPI_HOST=a  \n");
    let prod = maker.file("environments/prod.env", "# prod\nAPI_PORT=80800\n");
    let (wrong, first) = (maker.span(prod, "80800"), maker.span(base, "8883"));
    let finding = Finding::new(&RANGE, "API_PORT is 80800, the maximum is 65535").key("API_PORT");
    let finding = finding.at(wrong, "from layer prod; base.env:1 says 8883").related(first, "overrides this");
    maker.add(finding.help("a TCP port is 1 to 65535 (schemas/spark.schema.json#/properties/API_PORT)"), &["prod"]);
    let blanks = span(base, 31 + 4, 31 + 6);
    let finding = Finding::new(&BLANK, "API_HOST ends in blanks").key("API_HOST").at(blanks, "");
    maker.add(finding.help("take them away").fix(blanks, "", "take the blanks away"), &["dev", "prod", "staging"]);
    let old = maker.span(base, "OLD_NAME");
    let finding = Finding::new(&DEPRECATED, "OLD_NAME is deprecated").key("OLD_NAME").at(old, "use NEW_NAME");
    maker.add(finding, &["dev", "staging"]);
    maker.report()
}

fn no_place() -> Report {
    let mut maker = Maker::default();
    let prod = maker.file("environments/prod.env", "A=1\n");
    maker.add(Finding::new(&RANGE, "DSN is missing").key("DSN").help("add it"), &["prod"]);
    let finding = Finding::new(&RANGE, "URL is missing").key("URL").related(span(prod, 4, 4), "would stand here");
    maker.add(finding, &["prod", "staging"]);
    maker.add(Finding::new(&BLANK, "nothing says where"), &[]);
    maker.report()
}

fn hostile() -> Report {
    let mut maker = Maker::default();
    for text in HOSTILE {
        let file = maker.file(text, &format!("KEY={text}\nNEXT={text}"));
        let value = span(file, 4, 4 + text.len());
        let other = span(file, 10 + text.len(), 10 + 2 * text.len());
        let finding = Finding::new(&RANGE, *text).key(*text).at(value, *text).related(other, *text).help(*text);
        maker.add(finding.fix(value, *text, *text), &[text]);
        maker
            .add(Finding::new(&BLANK, format!("says {text}")).help(format!("long {} {text}", "word ".repeat(22))), &[]);
    }
    maker.report()
}

/// Findings on, across, in, before and after `secret`, which is masked, on one line and over two.
pub(crate) fn secrets(secret: &str) -> Report {
    let mut maker = Maker::default();
    let text = format!("A=1\r\nTOKEN=\"{secret}\" # old\r\nCERT='{secret}\n{secret}' # two\nB=2\n");
    let file = maker.file("environments/prod.env", &text);
    let one = maker.span(file, secret);
    let two = maker.span(file, &format!("{secret}\n{secret}"));
    maker.sources.mask(one);
    maker.sources.mask(two);
    let part = Span { start: one.start + 2, end: one.start + 5, ..one };
    let across = Span { start: one.start - 8, end: one.end + 4, ..one };
    let after = Span { start: one.end + 2, end: one.end + 7, ..one };
    let behind = Span { start: two.end + 2, end: two.end + 7, ..two };
    let second = Span { start: two.end - 3, ..two };
    let beyond = maker.span(file, "B=2");
    for (number, place) in [one, two, part, across, after, behind, second, beyond].into_iter().enumerate() {
        let finding = Finding::new(&SECRET, format!("TOKEN_{number} stands in a file that is not sealed"));
        let finding = finding.key(format!("TOKEN_{number}")).at(place, "readable by all").related(one, "same");
        maker.add(finding.fix(place, "", "take it away"), &["prod"]);
    }
    maker.report()
}

fn odd_places() -> Report {
    let mut maker = Maker::default();
    for (path, text, start, end) in [
        ("empty.env", "", 0, 0),
        ("end.env", "A=1\n", 4, 4),
        ("end-of-line.env", "A=1\r\nB=2\r\n", 3, 3),
        ("no-newline.env", "A=1", 3, 3),
        ("line-end.env", "A=1\nB=2\n", 3, 4),
        ("several.env", "A=\"1\r\n2\r\n\r\n3\"\r\nB=1\r\n", 2, 13),
        ("to-an-empty-line.env", "A=\"1\n\n", 2, 6),
        ("unclosed.env", &format!("A=\"{}", "x\n".repeat(500)), 2, 1003),
        ("tabs.env", "\tA=\t1\t# x\n", 4, 5),
        ("wide.env", "名前=値 # コメント\n", 7, 10),
        ("mark.env", "\u{feff}A=1\n", 3, 4),
        ("inside-a-character.env", "A=ü\n", 3, 4),
        ("long.env", &format!("A={}x{}\n", "ü".repeat(400_000), "値".repeat(400_000)), 800_002, 800_003),
        ("long-label.env", &format!("A={}\n", "y".repeat(1_000_000)), 2, 1_000_002),
        ("beyond.env", "A=1\n", 50, 60),
    ] {
        let file = maker.file(path, text);
        let place = span(file, start, end);
        let message = format!("{path} has an odd place");
        maker.add(Finding::new(&RANGE, message.clone()).at(place, "here, and a few words more"), &["dev"]);
        maker.add(Finding::new(&BLANK, message).at(place, "").fix(place, "x", "mend it"), &[]);
    }
    maker.report()
}

pub(crate) fn many(number: usize, extra: &str) -> Report {
    let mut maker = Maker::default();
    let lines: Vec<_> = (0..number).map(|index| format!("KEY_{index}=80800\n")).collect();
    let file = maker.file("environments/prod.env", &lines.concat());
    let mut start = 0;
    for (index, line) in lines.iter().enumerate() {
        let end = start + line.len() - 1;
        let rule = [&RANGE, &BLANK, &DEPRECATED][index % 3];
        let message = format!("KEY_{index} is 80800, the maximum is 65535 {extra}");
        let finding = Finding::new(rule, message).key(format!("KEY_{index}")).at(span(file, end - 5, end), "too much");
        maker.add(finding.help(format!("choose a number below {index}")), &["prod"]);
        start += line.len();
    }
    maker.report()
}
