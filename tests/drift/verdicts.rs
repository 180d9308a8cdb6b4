//! One verdict and one number: what each format says of the same projects.

use serde_json::Value;

use super::console::run;
use super::following::{PROD as SEALED_PROD, STAGING as SEALED_STAGING, Sealed};
use super::{committed, git, readers, write};

const SCHEMA: &str = "schemas/app.schema.json";
const CONFIG: &str = "sparkcfg.toml";
const DEV: &str = "environments/dev.env";
const PROD: &str = "environments/prod.env";

const MUST_MATCH: &str =
    r#"{"properties": {"POOL": {"x-sparkcfg": {"drift": "must-match"}}, "LEVEL": {}, "COLOR": {}}}"#;
const DISPUTED: &str = "[[drift.rule]]\nkeys = [\"LEV*\"]\npolicy = \"must-match\"\n\n\
                        [[drift.rule]]\nkeys = [\"*VEL\"]\npolicy = \"may-differ\"\n";
const RAISED: &str = "[severity]\ndrift-unclassified = \"warning\"\n";
const SILENCE: &str = "# sparkcfg: ignore[drift-must-match] hush\n";
const STALE: &str = "version = 1\nack = [\n  { code = \"drift-must-match\", key = \"GONE\", in = [\"dev\", \"prod\"], why = \"x\" },\n]\n";
const WORKSPACE: &str = "[workspace]\nmembers = [\"a\", \"b\"]\n";

/// Files by path, as a branch writes them.
type Change<'c> = &'c [(&'c str, &'c str)];

/// The number before a word in a line, `nothing` being none; `None` where the line does not have it.
fn number(line: &str, word: &str) -> Option<usize> {
    let before = line.split(&[',', ':', '(', '<', '>'][..]).find_map(|part| part.trim().strip_suffix(word))?.trim();
    let last = before.rsplit(' ').next()?;
    if last == "nothing" { Some(0) } else { last.parse().ok() }
}

/// Compares what all formats say, and gives how it ends and how much is new.
fn compared(folder: &std::path::Path, line: &str) -> (i32, usize) {
    let home = tempfile::tempdir().unwrap();
    let reports: Vec<_> = sparkcfg::outputs::ALL
        .iter()
        .map(|output| (output.name, run(&format!("{line} --format {}", output.name), folder, home.path())))
        .collect();
    let report = |format: &str| &reports.iter().find(|(name, _)| *name == format).unwrap().1;
    let told = |format: &str| report(format).stdout.as_str();
    let code = report("json").code;
    let context = || format!("{line} in {}\n{}", folder.display(), report("human").shown());
    assert!(reports.iter().all(|(_, ran)| ran.code == code), "{}", context());
    let json: Value = serde_json::from_str(told("json")).unwrap_or_else(|_| panic!("{}", report("json").shown()));
    let count = |name: &str| usize::try_from(json["counts"][name].as_u64().unwrap()).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let number_of = |is_it: &dyn Fn(&Value) -> bool| findings.iter().filter(|finding| is_it(finding)).count();
    let unexpected = |it: &Value| it["bucket"] == "unexpected";
    let (introduced, all) = (count("introduced"), count("unexpected"));
    assert_eq!(introduced, number_of(&|it| unexpected(it) && it["change"] == "introduced"), "{}", context());
    assert_eq!(count("unchanged"), number_of(&|it| unexpected(it) && it["change"] == "unchanged"), "{}", context());
    // What is unexpected is told one by one, and else what somebody asks for.
    let asked = if line.contains("--show") {
        number_of(&|it| it["bucket"] == "unclassified" && it["change"] != "unchanged")
    } else {
        0
    };
    let listed = all + asked;
    for format in ["sarif", "gitlab", "rdjson", "junit", "html"] {
        let counts = readers::counts(format, told(format)).unwrap();
        assert_eq!(counts.iter().sum::<usize>(), listed, "{format}: {}", context());
    }
    let annotations = told("github").lines().filter(|line| line.starts_with("::") && !line.starts_with("::group"));
    assert_eq!(annotations.filter(|line| !line.starts_with("::endgroup")).count(), listed, "{}", context());
    assert_eq!(json["verdict"] == "clean", listed == 0, "{}", context());
    // The headlines.
    let is_delta = line.contains("--against");
    let markdown = told("markdown").lines().nth(1).unwrap();
    let html = told("html").lines().find(|line| line.starts_with("<h1>")).unwrap();
    let human = told("human").lines().find_map(|line| line.strip_prefix("introduced ")).unwrap_or("0");
    let closing = told("human").lines().find_map(|line| number(line, " unexpected"));
    assert_eq!(closing.unwrap_or_default(), all, "{}", context());
    if is_delta {
        assert_eq!(human.parse::<usize>().unwrap(), introduced, "{}", context());
        let is_quiet = markdown.contains("nothing unexpected");
        assert_eq!(number(markdown, " new").or(is_quiet.then_some(0)), Some(introduced), "{markdown}: {}", context());
        assert_eq!(number(html, " new"), Some(introduced), "{html}: {}", context());
    } else {
        assert_eq!(number(markdown, " unexpected"), Some(all), "{markdown}: {}", context());
        assert_eq!(number(html, " unexpected"), Some(all), "{html}: {}", context());
    }
    for headline in [markdown, html] {
        // Whoever fails says so by the first sign.
        assert!(code == 0 || headline.contains('✗'), "{headline}: {}", context());
        assert_eq!(number(headline, " not judged").is_some(), code == 2, "{headline}: {}", context());
    }
    (code, introduced)
}

#[test]
fn every_format_tells_the_same_number() {
    let two: &[(&str, &str)] =
        &[(SCHEMA, MUST_MATCH), (DEV, "POOL=5\nLEVEL=info\nCOLOR=a\n"), (PROD, "POOL=5\nLEVEL=warn\nCOLOR=a\n")];
    let worse = (PROD, "POOL=50\nLEVEL=warn\nCOLOR=b\n");
    let silenced = format!("{SILENCE}POOL=5\nLEVEL=info\nCOLOR=a\n");
    let silenced = (DEV, silenced.as_str());
    let member = |name: &str| two.iter().map(|(path, text)| (format!("{name}/{path}"), *text)).collect::<Vec<_>>();
    let members: Vec<_> = [member("a"), member("b")].concat();
    let members: Vec<_> =
        members.iter().map(|(path, text)| (path.as_str(), *text)).chain([(CONFIG, WORKSPACE)]).collect();
    let cases: &[(Change<'_>, Change<'_>, &str, (i32, usize))] = &[
        (two, &[], "", (0, 0)),
        (two, &[worse], "", (1, 1)),
        // A comment that silences nothing, new and old.
        (two, &[worse, silenced], "", (1, 2)),
        (&[two, &[silenced]].concat(), &[worse], "", (1, 1)),
        // Where notes fail, what nobody classified is unexpected; also where the project takes it for more.
        (two, &[worse], " --fail-on note", (1, 2)),
        (two, &[], " --fail-on note", (0, 0)),
        (two, &[worse], " --show unclassified", (1, 1)),
        (&[two, &[(CONFIG, RAISED)]].concat(), &[worse], "", (1, 2)),
        (two, &[worse], " --fail-on never", (0, 1)),
        // Policies that disagree, new and old: nothing is judged.
        (two, &[(CONFIG, DISPUTED)], "", (2, 1)),
        (&[two, &[(CONFIG, DISPUTED)]].concat(), &[], "", (2, 0)),
        (&[two, &[(CONFIG, DISPUTED)]].concat(), &[worse], "", (2, 1)),
        (&[two, &[(CONFIG, DISPUTED)]].concat(), &[], " --fail-on never", (2, 0)),
        (&members, &[("b/schemas/app.schema.json", "{\n"), ("a/environments/prod.env", "POOL=50\n")], "", (2, 1)),
        // An entry of the baseline that covers nothing, new and old.
        (two, &[("sparkcfg-baseline.toml", STALE)], "", (0, 1)),
        (&[two, &[("sparkcfg-baseline.toml", STALE)]].concat(), &[worse], "", (1, 1)),
    ];
    for (before, after, options, expected) in cases {
        let place = committed(before);
        write(place.path(), after);
        let found = compared(place.path(), &format!("sparkcfg drift --against HEAD{options}"));
        assert_eq!(found, *expected, "{after:?}{options}");
        compared(place.path(), &format!("sparkcfg drift{options}"));
    }
}

/// What nobody here can say anything about is not new, whether it fails the run or not.
#[test]
fn what_is_unknown_is_not_new() {
    let schema = r#"{"properties": {"SHARED_KEY": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}}}"#;
    let sealed = Sealed::new(schema);
    sealed.seal(SEALED_STAGING, "SHARED_KEY=c4n4ry-staging\n");
    sealed.seal(SEALED_PROD, "SHARED_KEY=c4n4ry-prod\n");
    sealed.commit();
    sealed.seal(SEALED_PROD, "SHARED_KEY=c4n4ry-other\n");
    git(sealed.folder(), &["add", "-A"]);
    for (options, code) in [("", 0), (" --unknown error", 1), (" --fail-on note", 1)] {
        let found = compared(sealed.folder(), &format!("sparkcfg drift --against HEAD{options}"));
        assert_eq!(found, (code, 0), "{options}");
        compared(sealed.folder(), &format!("sparkcfg drift{options}"));
    }
}
