//! What `validate --fix` writes, read again by everybody who reads the file: nobody is worse off.
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a failed unwrap is the failure of the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sparkcfg::checks;
use sparkcfg::dialects::{self, Dialect, Process};
use sparkcfg::finding::Fix;
use sparkcfg::project::files::Files;
use sparkcfg::project::{Options, Project};

/// A project of one file, with those who read it.
fn project(text: &str, readers: &[&str]) -> Project {
    let list: Vec<String> = readers.iter().map(|reader| format!("\"{reader}\"")).collect();
    let files = BTreeMap::from([
        (".env".to_owned(), text.as_bytes().to_vec()),
        ("sparkcfg.toml".to_owned(), format!("[consumers]\n\".env\" = [{}]\n", list.join(", ")).into_bytes()),
    ]);
    Project::read(&Files::staged(Path::new("."), "", files), &Options::default()).unwrap()
}

/// One round of the safe fixes, as the command applies them.
fn once(text: &str, readers: &[&str]) -> String {
    let found = checks::run(&project(text, readers)).findings;
    let mut fixes: Vec<&Fix> = found.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.safe).collect();
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
    fixes.dedup_by(|one, other| one.span.start < other.span.end || one == other);
    let mut mended = text.to_owned();
    for fix in fixes.iter().rev() {
        mended.replace_range(fix.span.range(), &fix.replacement);
    }
    mended
}

fn mended(text: &str, readers: &[&str]) -> String {
    let mut text = text.to_owned();
    for _ in 0..10 {
        let next = once(&text, readers);
        if next == text {
            return text;
        }
        text = next;
    }
    unreachable!("it never ends: {text:?}")
}

#[test]
fn what_is_written() {
    for (readers, text, expected) in [
        (&["compose", "make"][..], "T=a#b c\n", "T=a#b c\n"),
        (&["compose", "make"], "A=$(x) y # c1\n", "A=$(x) y # c1\n"),
        (&["compose", "make"], "DB_PASSWORD = \"p+w\"  \n", "DB_PASSWORD=p+w\n"),
        (&["make"], "A=x y # c\n", "# c\nA=x y\n"),
        (&["make"], "TEAM=blue#green\n", "TEAM=blue#green\n"),
        (&["shell", "make"], "A=x y # c\n", "A=x y # c\n"),
        (&["docker-run", "shell"], "A=$B y\n", "A=$B y\n"),
        (&["docker-run", "shell"], "A=x y # c\n", "A=x y # c\n"),
        (&["compose", "compose-raw"], "A=${B:-x y}\n", "A=${B:-x y}\n"),
        (&["shell"], "A=x y\nB=a&b\n", "A='x y'\nB='a&b'\n"),
        // A file of Windows is not left with line ends of both kinds.
        (&["shell", "make"], "A=x y\r\nC = 2\r\nD=3 \r\n", "A=x y\nC=2\nD=3\n"),
        (&["shell"], "A=1\r\nB=x y # c\r\n", "A=1\n# c\nB='x y'\n"),
        // A line for which one of them refuses the file, and the other lines of such a file.
        (&["compose", "shell"], "B=it's\n", "B=\"it's\"\n"),
        (&["compose", "shell"], "K=a`b\n", "K='a`b'\n"),
        (&["compose", "shell"], "K=(x)\n", "K='(x)'\n"),
        (&["compose", "shell", "node"], "K=a#b\nL=it's\n", "K='a#b'\nL=\"it's\"\n"),
        (
            &["docker-run", "shell"],
            "GREETING=hello world\nK: v\nexport E=v\n",
            "GREETING=hello world\nK=v\nexport E=v\n",
        ),
        // What a shell puts in as it reads, and what it runs: nothing else than before, also where nobody is seen to source the file.
        (&["compose", "shell"], "A=a<b\nB=v$0w\nC=x$1\n", "A='a<b'\nB='v$0w'\nC='x$1'\n"),
        (&["compose", "shell"], "A=pa$$word\nB=~root\n", "A=pa$$word\nB=~root\n"),
        (&["make", "shell"], "CMD= true id\n", "CMD= true id\n"),
        (&["python-dotenv"], "CMD= true id\n", "CMD= true id\n"),
        (&["compose", "shell"], "CMD= true id\n", "CMD='true id'\n"),
        (&["compose"], "CMD= true id\n", "CMD=\"true id\"\n"),
        (&["make"], "CMD = true\n", "CMD=true\n"),
        // Backslashes that a reader takes off, or keeps.
        (&["compose", "shell"], "V: C:\\\\dir\n", "V='C:\\\\dir'\n"),
        (&["compose"], "V: C:\\\\dir\n", "V=C:\\\\dir\n"),
        // Lines that swallow others, or at which a reader gives up, are mended together; so is a dollar sign that is no reference.
        (&["compose", "shell"], "A=it's\nI=1\nJ=don't\n", "A=\"it's\"\nI=1\nJ=\"don't\"\n"),
        (&["compose", "shell"], "A=it's\nH=c d\nJ=x'y z\n", "A=\"it's\"\nH='c d'\nJ=\"x'y z\"\n"),
        (&["compose", "shell"], "A=it\"s\r\nI=\"a\\\\b\\$c\"\r\n", "A='it\"s'\nI=\"a\\\\b\\$c\"\n"),
        (&["compose", "shell"], "export A=it's\nI='1 2'\n", "export A=\"it's\"\nI='1 2'\n"),
        (&["compose", "uv"], "B=x y\nK=5$\n", "B='x y'\nK='5$'\n"),
        (&["compose", "python-dotenv", "shell"], "B=\"a\\$b\"\n", "B='a$b'\n"),
        // Without the first line uv would see a value that is wrong where it sees none now.
        (&["compose", "uv"], "A=x y\nB=1\nB=2\n", "A=x y\nB=1\nB=2\n"),
        // Those who read the file agree: they keep what they get, in a spelling that sparkcfg reads so as well.
        (&["shell"], "A=two\\ words\nB=~/x\n", "A='two words'\nB=~/x\n"),
        (&["node-dotenv"], "A=`x`\nB=`y\n# z\nw=1`\n", "A=x\nB=`y\n# z\nw=1`\n"),
        (&["make"], "A=\"b c\"\n", "A=\"b c\"\n"),
        (&["compose", "python-dotenv", "make"], "B=1\nA=\"x$B\"\n", "B=1\nA=x${B}\n"),
        // What is make's own, what node takes for quotes, and the only thing that hands a variable on.
        (&["make", "python-dotenv"], "PORT := 8080\nURL ::= x\n", "PORT := 8080\nURL ::= x\n"),
        (&["node", "python-dotenv"], "Q=`a\nb`\nX=1\n", "Q=`a\nb`\nX=1\n"),
        (&["shell"], "export Q=a\\ b\n", "export Q='a b'\n"),
        (&["make", "compose"], "export Q=\"ab\"\n", "export Q=ab\n"),
        // The quotes are what keeps the shell of a recipe from taking `$(Q)` apart.
        (&["make", "compose"], "export Q=\"a b\"\n", "export Q=\"a b\"\n"),
        (&["make", "compose"], "DB_PASSWORD=\"p;w\"\n", "DB_PASSWORD=\"p;w\"\n"),
        // What stands behind a secret may belong to it.
        (&["compose", "make"], "DB_PASSWORD=Tr0ub4dor #horse=staple\n", "DB_PASSWORD=Tr0ub4dor #horse=staple\n"),
        // Nobody knows whether that is a comment.
        (&["compose", "node"], "PORT=8080\t# the port\n", "PORT=8080\t# the port\n"),
        (&["compose", "node"], "K=pa$word1\n", "K=pa$word1\n"),
        (&["compose"], ": 3\n", ": 3\n"),
        (&["compose"], "export", "export"),
    ] {
        assert_eq!(mended(text, readers), expected, "{text:?} for {readers:?}");
    }
}

/// What is told of each line but one, and of how many things it is told in that one.
fn told(text: &str, readers: &[&str], but: usize) -> (Vec<String>, usize) {
    let project = project(text, readers);
    let mut here = 0;
    let mut told = Vec::new();
    for finding in checks::run(&project).findings {
        let label = finding.label.as_ref().unwrap();
        let line = project.sources.position(label.span.source, label.span.start).line as usize;
        if line == but {
            here += 1;
        } else {
            told.push(format!("{line} {} {} {:?}", finding.rule.code, finding.message, finding.help));
        }
    }
    (told, here)
}

/// The lines of a text that have nothing to do with the key `A`.
fn others(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.contains("A=") && !line.starts_with("#c")).collect()
}

/// One quote too many is one finding, where it stands. The lines below it, most of which are right, are judged and left as
/// they are without it.
#[test]
fn a_quote_too_many_is_no_mistake_of_the_lines_below() {
    const STRAY: &[&str] = &[
        "A=it's",
        "A=it\"s",
        "A=don't #c",
        "A=x'",
        "A=a\"b c",
        "export A=it's",
        "A=it's $K",
        "A='it",
        "A=\"it's",
        "A='it's'",
    ];
    const BELOW: &[&str] = &[
        "J='x y'",
        "K=\"p q\"",
        "L=\"a\\\\b\\$c\"",
        "M='$x'",
        "N=\"it's\"",
        "O='say \"x\"'",
        "P=plain",
        "Q=\"p\" # c",
        "# a comment",
        "# don't",
        "",
        "R=",
        "export S='e f'",
        "T=a;b",
        "U=c d",
        "V=$A",
        "W=\"x/y\"",
        "X=(y)",
    ];
    const READERS: &[&[&str]] = &[
        &["compose", "shell"],
        &["shell"],
        &["compose", "dotenvy"],
        &["compose", "shell", "node", "python-dotenv"],
        &["compose", "uv"],
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let mut wrong = Vec::new();
    for _ in 0..400 {
        let (readers, stray) = (READERS[random(READERS.len())], STRAY[random(STRAY.len())]);
        let mut lines: Vec<&str> = (0..=random(4)).map(|_| BELOW[random(BELOW.len())]).collect();
        lines.sort_unstable();
        lines.dedup_by(|one, other| one.contains('=') && one == other);
        let at = random(lines.len());
        lines.insert(at, stray);
        // What is no value, or another one, is so for whoever refers to it; and two quotes make a value of several lines.
        let is_broken = stray.contains("=\"") || stray.contains("='");
        lines.retain(|line| !line.contains("$A") || !is_broken && readers.len() < 3);
        lines.retain(|line| *line != "# don't" || !is_broken);
        let Some(at) = lines.iter().position(|line| *line == stray) else { continue };
        if lines[..at].iter().any(|line| line.contains("$A")) {
            continue;
        }
        let text = lines.join("\n") + "\n";
        lines[at] = "A=its";
        let right = lines.join("\n") + "\n";
        let ((below, here), (expected, none)) = (told(&text, readers, at + 1), told(&right, readers, at + 1));
        assert_eq!(none, 0, "{right:?} for {readers:?}");
        let (now, then) = (mended(&text, readers), mended(&right, readers));
        // As long as a quote is open that only a person can close, what would close it instead is left alone.
        let is_left = others(&now).iter().all(|line| lines.contains(line) || others(&then).contains(line));
        if here != 1 || below != expected || others(&now) != others(&then) && !(is_broken && is_left) {
            wrong.push(format!("{text:?} for {readers:?}: {here} {below:?} {expected:?} {now:?} {then:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

type Values = BTreeMap<String, Option<String>>;

/// What a reader gets; `None` when it refuses the file.
fn read(reader: &str, text: &str) -> Option<Values> {
    let dialect: &Dialect = dialects::find(reader).unwrap();
    let process = Process::from([("HOME".to_owned(), "/home/user".to_owned())]);
    let reading = (dialect.read)(text.as_bytes(), &process);
    reading.error.is_none().then(|| reading.vars.into_iter().map(|one| (one.key, one.value)).collect())
}

/// What docker compose gets, or would get without the lines for which it refuses the file.
fn right(text: &str) -> Values {
    let mut text = text.to_owned();
    for _ in 0..10 {
        let reading = (dialects::find("compose").unwrap().read)(text.as_bytes(), &Process::new());
        let Some(at) = reading.error.and_then(|error| error.at) else {
            return reading.vars.into_iter().map(|one| (one.key, one.value)).collect();
        };
        let start = text[..at.start].rfind('\n').map_or(0, |before| before + 1);
        let end = text[at.start..].find('\n').map_or(text.len(), |length| at.start + length);
        text.replace_range(start..end, "#");
    }
    Values::new()
}

/// Takes for right what all readers agree on, where they take signs off that docker compose, which is none of them, keeps.
fn agree(right: &mut Values, readers: &[&str], text: &str) {
    let seen: Option<Vec<Values>> = readers.iter().map(|reader| read(reader, text)).collect();
    let Some((first, others)) = seen.as_deref().and_then(<[Values]>::split_first) else { return };
    for (key, value) in right {
        let (Some(Some(agreed)), Some(own)) = (first.get(key), value.as_ref()) else { continue };
        if others.iter().all(|seen| seen.get(key) == first.get(key)) && agreed.len() < own.len() {
            *value = Some(agreed.clone());
        }
    }
}

/// Random lines of what readers trip over, for random readers: each round leaves every reader with what it had, or with
/// what is right.
#[test]
fn nobody_is_worse_off() {
    const PIECES: &[&str] = &[
        "a",
        "b c",
        "#x",
        " # note",
        " ",
        "  ",
        "\"",
        "'",
        "$A",
        "${B:-d e}",
        "$(x)",
        "`y`",
        "\\",
        "\\n",
        "$$",
        "~",
        "&",
        "=",
        "\t",
        "ü",
        "|",
        "\"q\"",
        "'s t'",
        ";",
    ];
    const FRONTS: &[&str] = &["A=", "B=", "C = ", "export D=", "E: ", "F= ", "G=", "# c=d", "", "H", "\u{feff}I="];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for _ in 0..1500 {
        let end = if random(4) == 0 { "\r\n" } else { "\n" };
        let mut text = String::new();
        for _ in 0..=random(4) {
            text.push_str(FRONTS[random(FRONTS.len())]);
            for _ in 0..random(4) {
                text.push_str(PIECES[random(PIECES.len())]);
            }
            text.push_str(end);
        }
        let readers: BTreeSet<&str> =
            (0..=random(3)).map(|_| dialects::ALL[random(dialects::ALL.len())].name).collect();
        let readers: Vec<&str> = readers.into_iter().collect();
        let mut before = text.clone();
        for _ in 0..10 {
            let after = once(&before, &readers);
            if after == before {
                break;
            }
            let told = format!("{before:?} became {after:?} for {readers:?}");
            let mut right = self::right(&before);
            if !readers.iter().any(|reader| reader.starts_with("compose") && *reader != "compose-raw") {
                agree(&mut right, &readers, &before);
            }
            if let Some(own) = read("compose", &before) {
                let now = read("compose", &after).unwrap_or_default();
                let stays = |key: &String| own.get(key) == now.get(key) || right.get(key) == now.get(key);
                assert!(own.keys().chain(now.keys()).all(stays), "{told}: sparkcfg");
            }
            for reader in &readers {
                let (Some(seen), now) = (read(reader, &before), read(reader, &after)) else { continue };
                let now = now.unwrap_or_else(|| unreachable!("{told}: {reader} refuses it"));
                for key in seen.keys().chain(now.keys()) {
                    let (was, is) = (seen.get(key), now.get(key));
                    let is_right = right.get(key).is_some_and(|right| is == Some(right));
                    let is_gone = is.is_none() && !right.contains_key(key);
                    assert!(was == is || is_right || is_gone, "{told}: {reader} sees another {key}");
                }
            }
            before = after;
        }
        assert_eq!(once(&before, &readers), before, "it never ends: {text:?} for {readers:?}");
    }
}
