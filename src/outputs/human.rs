//! `human`: each finding with its line, a pointer at the place and what to do, for a terminal.

mod drift;
mod snippet;
mod wrapping;

use std::collections::HashMap;
use std::fmt::Write;

use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};

use self::snippet::Snippet;
use self::wrapping::wrap;
use super::{Output, Style, closing, plural};
use crate::finding::{Finding, Label, Severity};
use crate::report::{Place, Report};
use crate::source::MASK;

pub(super) const OUTPUT: Output =
    Output { name: "human", summary: "for people: the line, a pointer and what to do", write };

/// How many other places of a finding are told, so that a secret shared by a hundred files stays readable.
const MOST_RELATED: usize = 8;

pub(super) fn write(report: &Report, style: &Style) -> String {
    if let Some(comparison) = &report.comparison {
        return drift::write(report, comparison, style);
    }
    let painter = Painter::new(style);
    let mut out = String::new();
    for (finding, others) in folded(&report.findings) {
        painter.finding(&mut out, report, finding);
        painter.others(&mut out, report, &others);
        out.push('\n');
    }
    if !style.quiet {
        let _ = writeln!(out, "{}", closing(&report.summary));
    }
    // The mask is the only character of ours that an ASCII terminal cannot show.
    if style.unicode { out } else { out.replace(MASK, &"*".repeat(MASK.chars().count())) }
}

/// From how many on findings that say the same of different keys of a file are told as one.
const FEWEST_FOLDED: usize = 4;

/// What a reader does with one line it does with all that are like it, so that of these lines are told as one.
const FOLDED: &str = "reads-differently";

/// The findings, each with those that say nothing else of other keys of the same file: an env file in which every second line is
/// read differently for one and the same cause. Errors stand by themselves, and so does whatever points at more places.
fn folded(findings: &[Finding]) -> Vec<(&Finding, Vec<&Finding>)> {
    fn same(finding: &Finding) -> Option<impl Eq + std::hash::Hash + '_> {
        let key = finding.key.as_deref().filter(|key| !key.is_empty())?;
        let label = finding.label.as_ref()?;
        let told = finding.related.is_empty() && finding.severity != Severity::Error && finding.rule.code == FOLDED;
        let texts = [Some(finding.message.as_str()), finding.help.as_deref(), Some(label.message.as_str())];
        let texts = texts.map(|text| text.map(|text| text.replace(key, "\0")));
        told.then_some((label.span.source, finding.rule.code, finding.severity, &finding.environments, texts))
    }
    let mut groups: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if let Some(same) = same(finding) {
            groups.entry(same).or_default().push(index);
        }
    }
    let mut others: HashMap<usize, Vec<&Finding>> = HashMap::new();
    let mut told_above = vec![false; findings.len()];
    for group in groups.into_values().filter(|group| group.len() >= FEWEST_FOLDED) {
        let (first, rest) = (group[0], &group[1..]);
        for index in rest {
            told_above[*index] = true;
        }
        others.insert(first, rest.iter().map(|index| &findings[*index]).collect());
    }
    let own = findings.iter().enumerate().filter(|(index, _)| !told_above[*index]);
    own.map(|(index, finding)| (finding, others.remove(&index).unwrap_or_default())).collect()
}

/// What is the same for every finding of a run.
struct Painter {
    width: usize,
    color: bool,
    unicode: bool,
    /// By severity: note, warning, error.
    frames: [GraphicalReportHandler; 3],
}

impl Painter {
    fn new(style: &Style) -> Self {
        let frames = [Severity::Note, Severity::Warning, Severity::Error].map(|severity| frame(style, severity));
        Self { width: style.width.clamp(40, 400), color: style.color, unicode: style.unicode, frames }
    }

    fn finding(&self, out: &mut String, report: &Report, finding: &Finding) {
        self.header(out, finding);
        if let Some(label) = &finding.label {
            self.picture(out, report, finding.severity, label);
        }
        let file = finding.label.as_ref().map(|label| label.span.source);
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            finding.related.iter().partition(|related| Some(related.span.source) == file);
        let (drawn, listed) = here.split_at(here.len().min(2));
        for related in drawn {
            self.picture(out, report, finding.severity, related);
        }
        let listed: Vec<_> = listed.iter().copied().chain(elsewhere).collect();
        for related in listed.iter().take(MOST_RELATED) {
            let Place { path, line, column, .. } = report.place(related.span);
            let separator = if related.message.is_empty() { "" } else { ": " };
            self.line(out, "see", &format!("{path}:{line}:{column}{separator}{}", related.message));
        }
        if let Some(more @ 1..) = listed.len().checked_sub(MOST_RELATED) {
            self.line(out, "see", &format!("{} more", plural(more, "place")));
        }
        if let Some(environments) = told_environments(report, finding) {
            self.line(out, "in", &environments);
        }
        if let Some(help) = &finding.help {
            self.line(out, "help", help);
        }
    }

    /// The lines of which the same is to be said as of the finding above.
    fn others(&self, out: &mut String, report: &Report, others: &[&Finding]) {
        if others.is_empty() {
            return;
        }
        let place = |finding: &&Finding| {
            let line = report.place(finding.label.as_ref()?.span).line;
            Some(format!("{} ({line})", finding.key.as_deref()?))
        };
        let told: Vec<_> = others.iter().filter_map(place).collect();
        self.line(out, "and", &format!("{}: {}", plural(others.len(), "more line"), told.join(", ")));
    }

    fn header(&self, out: &mut String, finding: &Finding) {
        let severity = finding.severity.name();
        let code = finding.rule.code;
        let taken = severity.len() + code.len() + "[]: ".len();
        let (strong, off) = (self.paint(finding.severity), self.on("\u{1b}[0m"));
        let bold = self.on("\u{1b}[1m");
        let _ = write!(out, "{strong}{severity}[{code}]{off}{bold}:{off} ");
        let lines = wrap(&finding.message, self.width.saturating_sub(taken), self.width - 2);
        for (index, line) in lines.iter().enumerate() {
            let indent = if index == 0 { "" } else { "  " };
            let _ = writeln!(out, "{indent}{bold}{line}{off}");
        }
    }

    /// `  word: text`, or `  word text` when the word reads on into the text.
    fn line(&self, out: &mut String, word: &str, text: &str) {
        let colon = if word == "help" { ":" } else { "" };
        let indent = word.len() + colon.len() + 3;
        let (cyan, off) = (self.on("\u{1b}[36m"), self.on("\u{1b}[0m"));
        let _ = write!(out, "  {cyan}{word}{colon}{off} ");
        for (index, line) in wrap(text, self.width - indent, self.width - indent).iter().enumerate() {
            let indent = if index == 0 { 0 } else { indent };
            let _ = writeln!(out, "{:indent$}{line}", "");
        }
    }

    fn picture(&self, out: &mut String, report: &Report, severity: Severity, label: &Label) {
        let snippet = Snippet::new(report, label, self.width, self.unicode);
        let [note, warning, error] = &self.frames;
        let frame = match severity {
            Severity::Note => note,
            Severity::Warning => warning,
            Severity::Error => error,
        };
        let mut drawn = String::new();
        if frame.render_report(&mut drawn, &snippet).is_err() {
            let Place { path, line, column, .. } = report.place(label.span);
            self.line(out, "at", &format!("{path}:{line}:{column} {}", label.message));
            return;
        }
        // The first line is miette's place for a message, which the header has said; it also indents by one more
        // than needed.
        for line in drawn.lines().skip(1) {
            let _ = writeln!(out, "{}", line.strip_prefix(' ').unwrap_or(line).trim_end());
        }
    }

    fn paint(&self, severity: Severity) -> &'static str {
        self.on(match severity {
            Severity::Error => "\u{1b}[1;31m",
            Severity::Warning => "\u{1b}[1;33m",
            Severity::Note => "\u{1b}[1;36m",
        })
    }

    fn on(&self, code: &'static str) -> &'static str {
        if self.color { code } else { "" }
    }
}

fn frame(style: &Style, severity: Severity) -> GraphicalReportHandler {
    let characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let mut styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let highlight = match severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
        Severity::Note => styles.advice,
    };
    styles.highlights = vec![highlight];
    styles.link = styles.linum;
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(0)
        .tab_width(1)
}

/// The environments, where the place alone does not tell them.
fn told_environments(report: &Report, finding: &Finding) -> Option<String> {
    let names = &finding.environments;
    let path = finding.label.as_ref().map(|label| report.sources.path(label.span.source));
    let told_by_place = path.is_some_and(|path| {
        let mut parts = path.rsplit('/').next().unwrap_or(path).split('.');
        names.len() >= report.summary.environments || (names.len() == 1 && parts.any(|part| part == &*names[0]))
    });
    (!names.is_empty() && !told_by_place).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Rule;
    use crate::report::Summary;
    use crate::source::{Sources, Span};

    static RULE: Rule = Rule { code: "out-of-range", severity: Severity::Error, summary: "", page: "" };
    const STYLE: Style = Style { color: false, unicode: true, width: 100, quiet: true };

    fn report(text: &str, place: (&str, &str), finding: impl FnOnce(Finding, Span) -> Finding) -> Report {
        let mut sources = Sources::default();
        let id = sources.add(place.0, text);
        let start = u32::try_from(text.find(place.1).unwrap()).unwrap();
        let span = Span::new(id, start..start + u32::try_from(place.1.len()).unwrap());
        if text.contains("SECRET=") {
            sources.mask(span);
        }
        let mut finding = finding(Finding::new(&RULE, "KEY is 80800, the maximum is 65535"), span);
        finding.environments = vec!["prod".into()];
        let summary = Summary { environments: 3, keys: 57, files: 9, ..Summary::default() };
        Report::new("validate", vec![finding], sources, summary)
    }

    #[test]
    fn findings_look_as_designed() {
        for (text, place, message, expected) in [
            (
                "\n\n\n\n\n\n\n\n\n\n\nKEY=80800\n",
                ("environments/prod.env", "80800"),
                "from layer prod; base.env:9 says 8883",
                "   ╭─[environments/prod.env:12:5]
12 │ KEY=80800
   ·     ──┬──
   ·       ╰── from layer prod; base.env:9 says 8883
   ╰────
",
            ),
            (
                "KEY=\n",
                ("prod.env", ""),
                "",
                "  ╭─[prod.env:1:1]
1 │ KEY=
  · ▲
  ╰────
",
            ),
            (
                "SECRET=hunter2 # x\r\n",
                ("prod.env", "hunter2"),
                "",
                "  ╭─[prod.env:1:8]
1 │ SECRET=•••••• # x
  ·        ──────
  ╰────
",
            ),
            (
                "ü\tKEY=名前\n",
                ("prod.env", "名前"),
                "wide",
                "  ╭─[prod.env:1:7]
1 │ ü KEY=名前
  ·       ──┬─
  ·         ╰── wide
  ╰────
",
            ),
            (
                "A=\"one\r\n\r\ntwo\r\n",
                ("prod.env", "\"one\r\n\r\ntwo"),
                "not closed",
                "  ╭─[prod.env:1:3]
1 │ ╭─▶ A=\"one
2 │ │
3 │ ├─▶ two
  · ╰──── not closed
  ╰────
",
            ),
        ] {
            let report = report(text, place, |finding, span| finding.at(span, message));
            let header = "error[out-of-range]: KEY is 80800, the maximum is 65535\n";
            assert_eq!(write(&report, &STYLE), format!("{header}{expected}\n"), "{text:?}");
        }
    }

    #[test]
    fn environments_are_told_where_they_say_something() {
        for (path, place, environments, expected) in [
            ("environments/prod.env", true, &["prod"][..], None),
            ("environments/base.env", true, &["prod"], Some("prod")),
            (".env.dev", true, &["dev"], None),
            ("environments/base.env", true, &["dev", "prod"], Some("dev, prod")),
            ("environments/base.env", true, &["dev", "prod", "staging"], None),
            ("environments/base.env", false, &["dev", "prod", "staging"], Some("dev, prod, staging")),
            ("environments/prod.env", false, &["prod"], Some("prod")),
            ("environments/prod.env", false, &[], None),
        ] {
            let report =
                report("KEY=1\n", (path, "1"), |finding, span| if place { finding.at(span, "") } else { finding });
            let mut finding = report.findings[0].clone();
            finding.environments = environments.iter().map(|name| (*name).into()).collect();
            assert_eq!(told_environments(&report, &finding).as_deref(), expected, "{path} {environments:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_label() {
        let text = format!("{}KEY=80800{}\n", "a".repeat(700_000), "b".repeat(700_000));
        let report = report(&text, ("prod.env", "80800"), |finding, span| finding.at(span, "here"));
        for (unicode, mark) in [(true, "…"), (false, "...")] {
            let written = write(&report, &Style { unicode, ..STYLE });
            assert!(written.lines().all(|line| line.chars().count() <= STYLE.width), "{written}");
            assert!(written.contains("aaaKEY=80800bbb"), "{written}");
            let line = written.lines().find(|line| line.contains("KEY=80800")).unwrap();
            assert!(line.ends_with(mark) && line.contains(&format!(" {mark}aaa")), "{line}");
        }
    }

    #[test]
    fn ascii_and_colour_only_when_asked() {
        let report = report("SECRET=hunter2\n", ("prod.env", "hunter2"), |finding, span| {
            finding.at(span, "here").help("seal it").related(span, "and here")
        });
        let plain = write(&report, &Style { unicode: false, ..STYLE });
        assert!(plain.is_ascii() && !plain.contains('\u{1b}'), "{plain}");
        let colored = write(&report, &Style { color: true, ..STYLE });
        assert!(colored.starts_with("\u{1b}[1;31merror[out-of-range]\u{1b}[0m"), "{colored}");
    }
}
