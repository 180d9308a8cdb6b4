//! The language server, spoken to by a client over its stdin and stdout.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A client, with everything that it ever heard.
struct Client {
    server: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    heard: String,
    /// By URI: what it shows.
    shown: BTreeMap<String, Value>,
    last: i64,
}

impl Client {
    /// Starts a server, without anybody's keys.
    fn start(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.arg("lsp").args(arguments).env_clear().envs(environment.iter().copied());
        let home = std::env::temp_dir().join("no-such-home");
        command.env("HOME", &home).env("XDG_CONFIG_HOME", &home);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let (input, output) = (server.stdin.take(), BufReader::new(server.stdout.take().unwrap()));
        Self { server, input, output, heard: String::new(), shown: BTreeMap::new(), last: 0 }
    }

    /// Starts a server for some folders.
    fn of(folders: &[&Path], encodings: &[&str]) -> Self {
        let mut client = Self::start(&[], &["--stdio"]);
        client.initialize(folders, encodings);
        client
    }

    fn initialize(&mut self, folders: &[&Path], encodings: &[&str]) -> Value {
        let folders: Vec<_> = folders.iter().map(|folder| json!({ "uri": uri(folder), "name": "x" })).collect();
        let capabilities = json!({
            "general": { "positionEncodings": encodings },
            "textDocument": { "hover": { "contentFormat": ["markdown"] } },
        });
        let params =
            json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders });
        let result = self.ask("initialize", &params);
        self.tell("initialized", &json!({}));
        result
    }

    fn write(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    fn request(&mut self, method: &str, params: &Value) -> i64 {
        self.last += 1;
        self.write(&json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": params }).to_string());
        self.last
    }

    /// The next message; `None` at the end.
    fn next(&mut self) -> Option<Value> {
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            if self.output.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(value) => length = value.parse().unwrap(),
                None if line == "\r\n" => break,
                None => panic!("stdout carries {line:?}"),
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        let text = String::from_utf8(body).unwrap();
        self.heard.push_str(&text);
        let message: Value = serde_json::from_str(&text).unwrap();
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            self.shown.insert(params["uri"].as_str().unwrap().to_owned(), params["diagnostics"].clone());
        }
        Some(message)
    }

    fn response(&mut self, id: &Value) -> Value {
        loop {
            let message = self.next().unwrap();
            if message.get("method").is_none() && message["id"] == *id {
                return message;
            }
        }
    }

    /// The result of a request, or its error.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.request(method, params).into();
        let response = self.response(&id);
        response.get("error").or_else(|| response.get("result")).cloned().unwrap()
    }

    fn at(&mut self, method: &str, path: &Path, line: u32, character: u32) -> Value {
        let position = json!({ "line": line, "character": character });
        self.ask(method, &json!({ "textDocument": { "uri": uri(path) }, "position": position }))
    }

    fn open(&mut self, path: &Path, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "dotenv", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    fn change(&mut self, path: &Path, changes: &Value) {
        let document = json!({ "uri": uri(path), "version": 2 });
        self.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Whatever was said up to now is heard: questions are answered when everything before them was judged.
    fn settle(&mut self) {
        self.at("textDocument/hover", Path::new("/nowhere.env"), 0, 0);
    }

    /// What is shown at a file: `line:from-to code`.
    fn marks(&mut self, path: &Path) -> Vec<String> {
        self.settle();
        let shown = self.shown.get(&uri(path)).and_then(Value::as_array).cloned().unwrap_or_default();
        let mark = |diagnostic: &Value| {
            let (start, end) = (&diagnostic["range"]["start"], &diagnostic["range"]["end"]);
            let code = diagnostic["code"].as_str().unwrap_or("-");
            format!("{}:{}-{} {code}", start["line"], start["character"], end["character"])
        };
        shown.iter().map(mark).collect()
    }

    fn end(mut self) -> (i32, String) {
        drop(self.input.take());
        while self.next().is_some() {}
        let mut complaints = String::new();
        self.server.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        assert_eq!(complaints, "");
        (self.server.wait().unwrap().code().unwrap(), self.heard)
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.to_str().unwrap().replace('%', "%25").replace(' ', "%20"))
}

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    // With what must be encoded in a URI.
    let root = folder.path().canonicalize().unwrap().join("my project");
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (folder, root)
}

const SCHEMA: &str = r#"{
  "properties": {
    "PORT": { "type": "integer", "maximum": 65535, "default": 8080, "description": "Where it *listens*." },
    "LEVEL": { "enum": ["debug", "info"], "x-sparkcfg": { "required-in": ["prod"] } },
    "TLS": { "type": "boolean" },
    "HOST": { "type": "string" },
    "URL": { "type": "string" },
    "API_KEY": { "type": "string", "writeOnly": true }
  },
  "additionalProperties": false
}
"#;
const BASE: &str = "HOST=localhost\nPORT=80\nURL=http://${HOST}:$PORT\n";
const PROD: &str = "LEVEL=info\nPORT=8080\n";

fn project() -> (tempfile::TempDir, PathBuf) {
    folder(&[("schemas/app.schema.json", SCHEMA), ("environments/base.env", BASE), ("environments/prod.env", PROD)])
}

#[test]
fn a_conversation_has_a_beginning_and_an_end() {
    let mut client = Client::start(&[], &[]);
    assert_eq!(client.ask("textDocument/hover", &json!({}))["code"], -32002);
    client.tell("textDocument/didOpen", &json!({ "odd": true }));
    let result = client.initialize(&[], &["utf-8", "utf-16"]);
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(result["serverInfo"]["name"], "sparkcfg");
    for (method, params, code) in [
        ("initialize", json!({ "capabilities": {} }), -32600),
        ("textDocument/rename", json!({}), -32601),
        ("textDocument/hover", json!({ "odd": 1 }), -32602),
        ("textDocument/hover", Value::Null, -32602),
    ] {
        assert_eq!(client.ask(method, &params)["code"], code, "{method}");
    }
    for (text, code) in [("{]", -32700), ("[]", -32600), ("{\"id\":7}", -32600), ("{\"method\":3}", -32600)] {
        client.write(text);
        let answer = client.next().unwrap();
        assert_eq!(answer["error"]["code"], code, "{text}");
    }
    client.tell("$/odd", &json!([1]));
    client.tell("textDocument/didChange", &json!({ "textDocument": { "uri": "file:///never/opened.env", "version": 1 }, "contentChanges": [{ "text": "A" }] }));
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": "file:///never/opened.env" } }));
    client.tell(
        "textDocument/didOpen",
        &json!({ "textDocument": { "uri": "untitled:a", "languageId": "x", "version": 1, "text": "A=1" } }),
    );
    assert_eq!(client.at("textDocument/hover", Path::new("/never/opened.env"), 0, 0), Value::Null);
    // Both arrive together, so that the first is called off before its turn.
    let both = [
        json!({ "jsonrpc": "2.0", "id": "slow", "method": "textDocument/hover", "params": {} }),
        json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": "slow" } }),
    ];
    let both: Vec<_> =
        both.iter().map(Value::to_string).map(|text| format!("Content-Length: {}\r\n\r\n{text}", text.len())).collect();
    let frames = both.concat();
    client.input.as_mut().unwrap().write_all(frames.as_bytes()).unwrap();
    let answer = client.response(&"slow".into());
    assert!([-32800, -32602].contains(&answer["error"]["code"].as_i64().unwrap()), "{answer}");
    assert_eq!(client.ask("shutdown", &Value::Null), Value::Null);
    assert_eq!(client.ask("textDocument/hover", &json!({}))["code"], -32600);
    client.tell("exit", &Value::Null);
    assert_eq!(client.end().0, 0);
    for last in ["exit", ""] {
        let mut client = Client::of(&[], &[]);
        if !last.is_empty() {
            client.tell(last, &Value::Null);
        }
        assert_eq!(client.end().0, 1, "{last:?}");
    }
}

/// Every code's first bad case, in one window with many folders: what `validate` says is what the editor shows.
#[test]
fn the_findings_are_those_of_validate() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders = Vec::new();
    for code in sparkcfg::checks::ALL.iter().map(|check| check.rule.code) {
        let mut names: Vec<_> = fs::read_dir(cases.join(code)).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        let bad = |folder: &&PathBuf| {
            let plain = fs::read_to_string(folder.join("validate.console")).unwrap_or_default();
            plain.starts_with("$ sparkcfg validate\n") && !folder.join("setup.sh").exists()
        };
        folders.extend(names.iter().find(bad).cloned());
    }
    assert!(folders.len() > 50, "{}", folders.len());
    let paths: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let mut client = Client::of(&paths, &["utf-32"]);
    client.settle();
    let mut compared = 0;
    for folder in &folders {
        let files = sparkcfg::project::files::Files::on_disk(folder, "").watching_git();
        let project = sparkcfg::Project::read(&files, &sparkcfg::project::Options::default());
        let Ok(mut project) = project else { continue };
        project.read_deployments(&files, true).unwrap();
        let found = sparkcfg::checks::run(&project);
        project.hide_secrets();
        let sources = std::mem::take(&mut project.sources);
        let report = sparkcfg::Report::new("validate", found.findings, sources, sparkcfg::report::Summary::default());
        let mut expected: Vec<_> =
            report.findings.iter().map(|finding| format!("{} {}", finding.rule.code, finding.message)).collect();
        // What git has is read by the server alone here.
        expected.retain(|finding| !finding.starts_with("secrets-tracked"));
        let here = uri(folder) + "/";
        let shown = client.shown.iter().filter(|(uri, _)| uri.starts_with(&here));
        let mut shown: Vec<_> = shown
            .flat_map(|(_, diagnostics)| diagnostics.as_array().unwrap())
            .map(|told| {
                format!(
                    "{} {}",
                    told["code"].as_str().unwrap_or("-"),
                    told["message"].as_str().unwrap().lines().next().unwrap()
                )
            })
            .filter(|finding| !finding.starts_with("secrets-tracked"))
            .collect();
        expected.sort();
        shown.sort();
        assert_eq!(shown, expected, "{}", folder.display());
        compared += expected.len();
    }
    assert!(compared > 80, "{compared}");
}

#[test]
fn findings_follow_the_keys() {
    let (_folder, root) = project();
    let (base, prod) = (root.join("environments/base.env"), root.join("environments/prod.env"));
    let mut client = Client::of(&[&root], &["utf-16"]);
    assert_eq!(client.marks(&prod), Vec::<String>::new());
    client.open(&prod, PROD);
    let change = |from: (u32, u32), to: (u32, u32), text: &str| {
        let position = |(line, character): (u32, u32)| json!({ "line": line, "character": character });
        json!([{ "range": { "start": position(from), "end": position(to) }, "text": text }])
    };
    for (changes, expected) in [
        (change((1, 9), (1, 9), "9"), vec!["1:5-10 out-of-range"]),
        // Two code units before the end of the line, and a warning that stands behind them.
        (change((1, 5), (1, 10), "1\nHOST=😀 \nX=1"), vec!["3:0-1 unknown-key", "2:7-8 trailing-blank"]),
        (change((3, 0), (3, 3), ""), vec!["2:7-8 trailing-blank"]),
        (change((0, 0), (1, 0), ""), vec!["0:0-4 missing-key", "1:7-8 trailing-blank"]),
        (json!([{ "text": PROD }]), vec![]),
    ] {
        client.change(&prod, &changes);
        let mut marks = client.marks(&prod);
        let mut expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
        marks.sort();
        expected.sort();
        assert_eq!(marks, expected, "{changes}");
    }
    // A change of one file shows in another, and what was not saved is gone when it is closed.
    client.open(&base, "HOST=${GONE}\nPORT=99999\n");
    assert_eq!(client.marks(&base), ["0:5-12 undefined-reference"]);
    client.change(&prod, &json!([{ "text": "LEVEL=info\n" }]));
    assert_eq!(client.marks(&base), ["0:5-12 undefined-reference", "1:5-10 out-of-range"]);
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri(&base) } }));
    assert_eq!(client.marks(&base), Vec::<String>::new());
    // A file that is not there yet.
    let qa = root.join("environments/qa.env");
    client.open(&qa, "PORT=x\n");
    assert_eq!(client.marks(&qa), ["0:5-6 wrong-type"]);
    // What others change is told by the client.
    fs::write(&base, "PORT=y\n").unwrap();
    client.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [{ "uri": uri(&base), "type": 2 }] }));
    assert_eq!(client.marks(&base), ["0:5-6 wrong-type"]);
    let folders = json!({ "event": { "added": [], "removed": [{ "uri": uri(&root), "name": "x" }] } });
    client.tell("workspace/didChangeWorkspaceFolders", &folders);
    assert_eq!(client.marks(&base), Vec::<String>::new());
}

#[test]
fn broken_files_are_told_and_nothing_ends() {
    let (_folder, root) = project();
    let (config, schema) = (root.join("sparkcfg.toml"), root.join("schemas/app.schema.json"));
    let prod = root.join("environments/prod.env");
    let mut client = Client::of(&[&root], &["utf-8"]);
    client.open(&prod, "LEVEL=odd\n");
    assert_eq!(client.marks(&prod), ["0:6-9 not-allowed-value"]);
    client.open(&config, "");
    for (text, mark) in [
        ("schema = \n", "0:9-9 -"),
        ("\n[severty]\n", "1:1-9 -"),
        ("[severity]\nsyntax = \"eror\"\n", "1:9-15 -"),
        ("[severity]\nodd = \"off\"\n", "1:0-11 -"),
        ("schema = \"../x\"\n", "0:9-15 -"),
        ("[severity]\nnot-allowed-value = \"off\"\n", ""),
        ("[environments]\n", ""),
    ] {
        client.change(&config, &json!([{ "text": text }]));
        assert_eq!(client.marks(&config).join(" "), mark, "{text}");
        let hover = client.at("textDocument/hover", &prod, 0, 0);
        assert!(hover["contents"]["value"].as_str().unwrap().contains("LEVEL"), "{text}: {hover}");
    }
    assert_eq!(client.marks(&prod), ["0:6-9 not-allowed-value"]);
    client.open(&schema, SCHEMA);
    for (text, mark) in [
        ("{\n  \"properties\": {\n", "2:0-0 -"),
        ("{ \"properties\": { \"A\": { \"type\": \"odd\" } } }", "0:25-44 -"),
        ("", "0:0-0 -"),
        (SCHEMA, ""),
    ] {
        client.change(&schema, &json!([{ "text": text }]));
        assert_eq!(client.marks(&schema).join(" "), mark, "{text}");
    }
    // A lone file, and a folder that holds nothing, are no projects.
    let (_other, stranger) = folder(&[("notes/readme.txt", "x"), ("notes/a.env", "A=1 \n")]);
    client.open(&stranger.join("notes/a.env"), "A=1 \n");
    assert_eq!(client.marks(&stranger.join("notes/a.env")), Vec::<String>::new());
    assert_eq!(client.at("textDocument/hover", &stranger.join("notes/a.env"), 0, 0), Value::Null);
    assert_eq!(client.ask("shutdown", &Value::Null), Value::Null);
}

#[test]
fn members_of_a_workspace_are_projects() {
    let (_folder, root) = folder(&[
        ("sparkcfg.toml", "[workspace]\nmembers = [\"services/*\"]\n"),
        ("services/api/environments/dev.env", "A=1 \n"),
        ("services/web/.env", "B=$C\n"),
        ("services/docs/readme.txt", "x"),
    ]);
    let mut client = Client::of(&[&root], &[]);
    assert_eq!(client.marks(&root.join("services/api/environments/dev.env")), ["0:3-4 trailing-blank"]);
    assert_eq!(client.marks(&root.join("services/web/.env")), ["0:2-4 undefined-reference"]);
    // Just what `--project` names, whatever the editor opens.
    let mut client = Client::start(&[], &["--project", root.join("services/web").to_str().unwrap()]);
    client.initialize(&[&root], &[]);
    assert_eq!(client.marks(&root.join("services/web/.env")), ["0:2-4 undefined-reference"]);
    assert_eq!(client.marks(&root.join("services/api/environments/dev.env")), Vec::<String>::new());
}

#[test]
fn questions_about_a_place() {
    let (_folder, root) = project();
    let (base, prod) = (root.join("environments/base.env"), root.join("environments/prod.env"));
    let (schema, config) = (root.join("schemas/app.schema.json"), root.join("sparkcfg.toml"));
    let mut client = Client::of(&[&root], &[]);
    client.open(&base, BASE);
    client.open(&prod, "PORT=8080\nLEVEL=\nTLS=\n\nexport U\n# A\nURL=$H\nMOTTO=1 # sparkcfg: ignore[unk\n");
    client.open(&schema, SCHEMA);
    client.settle();
    client.open(&config, "sch\n[severity]\nunk\n[drift]\nstrict = \n[[drift.rule]]\npolicy = \"\n");
    let hover = client.at("textDocument/hover", &prod, 0, 2)["contents"]["value"].as_str().unwrap().to_owned();
    for words in [
        "**PORT**",
        "Where it \\*listens\\*.",
        "integer, default 8080",
        "- at most 65535",
        "→ environments/prod.env:1:1  8080",
        "environments/base.env:2:1  80",
    ] {
        assert!(hover.contains(words), "{words}: {hover}");
    }
    let reference = client.at("textDocument/hover", &base, 2, 14)["contents"]["value"].as_str().unwrap().to_owned();
    assert!(reference.contains("**HOST**") && reference.contains("localhost"), "{reference}");
    let required = client.at("textDocument/hover", &schema, 3, 6)["contents"]["value"].as_str().unwrap().to_owned();
    assert!(required.contains("one of debug, info") && required.contains("required in prod"), "{required}");
    for (path, line, character, expected) in [
        (&prod, 1, 6, "debug info"),
        (&prod, 2, 4, "true false"),
        (&prod, 3, 0, "HOST API_KEY"),
        (&prod, 4, 8, "HOST API_KEY"),
        (&prod, 5, 3, ""),
        (&prod, 6, 6, "HOST LEVEL MOTTO PORT TLS U"),
        (&base, 2, 0, "LEVEL TLS URL API_KEY"),
        (&base, 0, 9, ""),
    ] {
        let items = client.at("textDocument/completion", path, line, character);
        let mut items = items.as_array().unwrap().clone();
        items.sort_by_key(|item| item["sortText"].as_str().unwrap_or_default().to_owned());
        let labels: Vec<_> = items.iter().map(|item| item["label"].as_str().unwrap()).collect();
        assert_eq!(labels.join(" "), expected, "{line}:{character}");
    }
    for (line, character, label, text) in [
        (0, 3, "schema", "schema = "),
        (2, 3, "unknown-key", "unknown-key"),
        (4, 9, "true", "true"),
        (6, 10, "must-match", "must-match"),
    ] {
        let items = client.at("textDocument/completion", &config, line, character);
        let item = items.as_array().unwrap().iter().find(|item| item["label"] == label).cloned();
        assert_eq!(item.map(|item| item["textEdit"]["newText"].clone()), Some(text.into()), "{label}: {items}");
    }
    let codes = client.at("textDocument/completion", &prod, 7, 31);
    assert!(codes.to_string().contains("unknown-key"), "{codes}");
    client.change(&config, &json!([{ "text": "schema = \"schemas/app.schema.json\"\n" }]));
    for (path, line, character, expected) in [
        (&prod, 0, 1, "app.schema.json:2 base.env:1"),
        (&base, 1, 1, "app.schema.json:2"),
        (&base, 2, 14, "base.env:0"),
        (&base, 2, 19, "base.env:1"),
        (&schema, 2, 6, "prod.env:0"),
        (&config, 0, 15, "app.schema.json:0"),
        (&config, 0, 3, ""),
    ] {
        let found = client.at("textDocument/definition", path, line, character);
        let told = |location: &Value| {
            let name = location["uri"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("{name}:{}", location["range"]["start"]["line"])
        };
        let found: Vec<_> = found.as_array().unwrap().iter().map(told).collect();
        assert_eq!(found.join(" "), expected, "{} {line}:{character}", path.display());
    }
}

#[test]
fn fixes_are_those_of_validate() {
    let (_folder, root) = project();
    let prod = root.join("environments/prod.env");
    let text = "LEVEL=info\nHOST=a b \nPROT=1\nAPI_KEY=hunter2canary \nURL=x";
    let mut client = Client::of(&[&root], &[]);
    client.open(&prod, text);
    let mut actions = |line: u32, only: Option<&str>| -> Vec<(String, String)> {
        let position = json!({ "line": line, "character": 0 });
        let end = json!({ "line": line, "character": 99 });
        let mut context = json!({ "diagnostics": [] });
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let params = json!({ "textDocument": { "uri": uri(&prod) }, "range": { "start": position, "end": end }, "context": context });
        let found = client.ask("textDocument/codeAction", &params);
        let told = |action: &Value| {
            let edits = action["edit"]["changes"][uri(&prod)].as_array().unwrap().clone();
            (action["title"].as_str().unwrap().to_owned(), applied(text, &edits))
        };
        found.as_array().unwrap().iter().map(told).collect()
    };
    let found = actions(2, Some("quickfix"));
    let titles: Vec<_> = found.iter().map(|(title, _)| title.as_str()).collect();
    assert!(titles.contains(&"ignore unknown-key here"), "{titles:?}");
    let ignored = &found.iter().find(|(title, _)| title == "ignore unknown-key here").unwrap().1;
    assert_eq!(*ignored, text.replace("PROT", "# sparkcfg: ignore[unknown-key]\nPROT"));
    let renamed = &found.iter().find(|(title, _)| title == "rename to PORT").unwrap().1;
    assert_eq!(*renamed, text.replace("PROT", "PORT"));
    // What stands behind a secret has a column that would tell its length: it is left to `validate --fix`.
    assert!(actions(3, Some("quickfix")).iter().all(|(title, _)| title.starts_with("ignore ")));
    let all = actions(0, Some("source.fixAll"));
    let [(_, fixed)] = all.as_slice() else { panic!("{all:?}") };
    assert!(fixed.ends_with("URL=x\n"), "{fixed}");
    assert!(actions(0, Some("refactor")).is_empty());
    // The same bytes as `validate --fix` writes, where no secret is in the way.
    let plain = text.replace("hunter2canary ", "");
    client.change(&prod, &json!([{ "text": plain }]));
    let params = json!({
        "textDocument": { "uri": uri(&prod) }, "context": { "diagnostics": [], "only": ["source"] },
        "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } },
    });
    let action = client.ask("textDocument/codeAction", &params);
    let edited = applied(&plain, action[0]["edit"]["changes"][uri(&prod)].as_array().unwrap());
    fs::write(&prod, &plain).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_sparkcfg"))
        .args(["validate", "--fix", "-qq", "--project", root.to_str().unwrap()])
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(1));
    let base = fs::read_to_string(&prod).unwrap();
    assert_eq!(edited, base);
}

/// A text with edits applied, the last first.
fn applied(text: &str, edits: &[Value]) -> String {
    let offset = |position: &Value| {
        let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + usize::try_from(position["character"].as_u64().unwrap()).unwrap()
    };
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        let (start, end) = (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]));
        text.replace_range(start..end, edit["newText"].as_str().unwrap());
    }
    text
}

/// Every question at every place of files full of secrets: none of them is ever in a message, open or sealed.
#[test]
fn no_message_tells_a_secret() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sops");
    let key = fs::read_to_string(data.join("keys/k1.txt")).unwrap();
    let key = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap();
    let secret = "hunter2canary";
    let text = format!(
        "API_KEY={secret}\nDB_PASSWORD=\"{secret} x\" # {secret}\nDATABASE_URL=postgres://u:{secret}@h/d\n\
         COPY=${{API_KEY}}\nTOKEN='{secret}\nBROKEN {secret}{secret}\nPASSWORD={secret} b={secret}\n\
         # OLD_SECRET={secret}\n-----BEGIN PRIVATE KEY-----\n{secret}{secret}{secret}\n-----END PRIVATE KEY-----\n"
    );
    let schema = r#"{ "properties": { "API_KEY": { "writeOnly": true, "maxLength": 3, "enum": ["hunter2canary"],
        "default": "hunter2canary" }, "PORT": {} } }"#;
    let (_folder, root) = folder(&[("environments/prod.env", &text), ("schemas/a.schema.json", schema)]);
    let sealed = "prod.secrets.env";
    fs::copy(data.join("enc/edge.enc.env"), root.join("environments").join(sealed)).unwrap();
    let clear = fs::read_to_string(data.join("dec/edge.env")).unwrap();
    let mut client = Client::start(&[("SOPS_AGE_KEY", key)], &[]);
    client.initialize(&[&root], &[]);
    for name in ["prod.env", sealed] {
        let path = root.join("environments").join(name);
        let text = fs::read_to_string(&path).unwrap();
        client.open(&path, &text);
        client.settle();
        for (line, content) in text.lines().enumerate().take(30) {
            for character in [0, 3, content.find('=').unwrap_or(1) + 1, content.len()] {
                let (line, character) = (u32::try_from(line).unwrap(), u32::try_from(character).unwrap());
                for method in ["hover", "completion", "definition"] {
                    client.at(&format!("textDocument/{method}"), &path, line, character);
                }
            }
        }
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
        let params = json!({ "textDocument": { "uri": uri(&path) }, "range": range, "context": { "diagnostics": [] } });
        client.ask("textDocument/codeAction", &params);
    }
    client.open(&root.join("schemas/a.schema.json"), schema);
    client.at("textDocument/hover", &root.join("schemas/a.schema.json"), 0, 22);
    assert_eq!(client.ask("shutdown", &Value::Null), Value::Null);
    client.tell("exit", &Value::Null);
    let (code, heard) = client.end();
    assert_eq!(code, 0);
    assert!(heard.contains("plaintext-secret") && heard.contains("**API\\\\_KEY**"), "nothing was asked");
    assert!(!heard.contains(secret), "a secret was told");
    assert!(!heard.contains("cannot-open"), "the sealed file stayed closed");
    let values = clear.lines().filter_map(|line| line.split_once('=')).map(|(_, value)| value.trim());
    for value in values.filter(|value| value.len() > 5) {
        assert!(!heard.contains(value), "a sealed value was told");
    }
    assert!(!heard.contains(key), "a key was told");
}
