//! `sparkcfg init` in folders as people have them: run again, run where it cannot write, run over very much.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::Path;
use std::process::Command;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The exit code, and what was said.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    let output = command.current_dir(folder).env("NO_COLOR", "1").args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

const NOTHING: &str = "nothing to do: everything that init is sure of is declared already\n";

#[test]
fn a_second_run_adds_only_what_is_new() {
    let folder = folder(&[
        (".env.example", "PORT=8080\nMODE=a\n"),
        ("app/a.py", "import os\n\nA = os.environ['QUEUE_URL']\n"),
        ("web/.env.example", "TITLE=Shop\n"),
    ]);
    let root = folder.path();
    assert_eq!(run(root, &["init", "--yes"]).0, 0);
    let (config, schema, web) =
        (read(root, "sparkcfg.toml"), read(root, "schemas/app.schema.json"), read(root, "web/schemas/app.schema.json"));
    assert!(config.contains("members = [\"web\"]"), "{config}");
    assert_eq!(run(root, &["init", "--yes"]), (0, NOTHING.to_owned()));
    fs::write(root.join("app/b.py"), "import os\n\nB = int(os.getenv('RETRIES', '3'))\n").unwrap();
    fs::write(root.join("web/.env.example"), "TITLE=Shop\nTHEME=dark\n").unwrap();
    let (code, told) = run(root, &["init", "--yes"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(read(root, "sparkcfg.toml"), config);
    for (before, after, key) in [
        (schema, read(root, "schemas/app.schema.json"), "RETRIES"),
        (web, read(root, "web/schemas/app.schema.json"), "THEME"),
    ] {
        let added: Vec<_> = after.lines().filter(|line| !before.lines().any(|known| known == *line)).collect();
        assert!(added.iter().any(|line| line.contains(key)), "{added:?}");
        // Everything that stood there still does, in its order.
        let mut rest = after.lines();
        let kept = before
            .lines()
            .all(|line| rest.any(|other| other == line || other.trim_end_matches(',') == line.trim_end_matches(',')));
        assert!(kept, "{before}\n{after}");
    }
    assert_eq!(run(root, &["init", "--yes"]), (0, NOTHING.to_owned()));
}

#[test]
fn only_a_private_file() {
    let folder = folder(&[(".env", "PORT=8080\nAPI_TOKEN=hunter2canary-0123\nEMPTY=\n")]);
    let root = folder.path();
    let (code, told) = run(root, &["init", "--yes"]);
    assert_eq!(code, 0, "{told}");
    assert!(!told.contains("hunter2") && !read(root, "schemas/app.schema.json").contains("hunter2"));
    let (code, told) = run(root, &["validate"]);
    assert_eq!(code, 0, "{told}");
    assert!(!told.contains("error["), "{told}");
}

#[test]
fn two_thousand_keys() {
    use std::fmt::Write;
    let mut env = String::new();
    let mut code = String::from("import os\n");
    for index in 0..2_000 {
        let _ = writeln!(env, "SERVICE_{index:04}_LIMIT={index}");
        let _ = writeln!(code, "V{index} = int(os.environ['SERVICE_{index:04}_LIMIT'])");
    }
    let folder = folder(&[(".env", &env), ("app.py", &code)]);
    let root = folder.path();
    let (code, told) = run(root, &["init", "--yes"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("2000 keys, 0 of them secret"), "{told}");
    assert_eq!(run(root, &["validate"]), (0, "1 environment, 2000 keys, 1 file: no findings\n".to_owned()));
    assert_eq!(run(root, &["init", "--yes"]), (0, NOTHING.to_owned()));
}

#[test]
fn what_cannot_be_written_is_an_error() {
    // Where the folder of the schema should be is a file: whoever runs this, root too, cannot write below it.
    let folder = folder(&[(".env", "PORT=8080\n"), ("schemas", "no folder\n")]);
    let (code, told) = run(folder.path(), &["init", "--yes"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("error: ") && told.contains("schemas"), "{told}");
    assert_eq!(read(folder.path(), "schemas"), "no folder\n");
}

#[test]
fn validate_never_stops_after_it() {
    for files in [
        &[("app.py", "import os\n\nA = os.environ['QUEUE_URL']\nB = os.environ['API_TOKEN']\n")][..],
        &[
            (".env.example", "PORT=\nURL=<your-url>\nDEBUG=maybe\n"),
            ("a.py", "import os\nP = int(os.environ['PORT'])\n"),
        ],
        &[("compose.yaml", "services:\n  a:\n    image: x\n    environment:\n      A: ${A_KEY:?}\n")],
        &[("compose.yaml", "services:\n  a:\n    image: x\n    env_file: [a.env]\n"), ("a.env", "A_KEY=1\n")],
        &[("services/one/.env", "A_KEY=1\n"), ("services/two/.env.example", "B_KEY=\n")],
        &[(".env", "A_KEY=1\n"), (".env.prod", "B_KEY=2\n")],
    ] {
        let folder = folder(files);
        let (code, told) = run(folder.path(), &["init", "--yes"]);
        assert_eq!(code, 0, "{files:?}: {told}");
        let (code, told) = run(folder.path(), &["validate"]);
        assert_eq!(code, 0, "{files:?}: {told}");
        let (code, told) = run(folder.path(), &["refs"]);
        assert_ne!(code, 2, "{files:?}: {told}");
        assert!(!told.contains("error[undeclared-variable]"), "{files:?}: {told}");
    }
}

#[test]
fn a_folder_that_only_documents_is_a_project() {
    let folder = folder(&[(".env", "OUTER=1\n"), ("inner/.env.example", "INNER=1\n"), ("inner/src/a.py", "")]);
    let (_, told) = run(&folder.path().join("inner/src"), &["init"]);
    assert!(told.contains("INNER") && !told.contains("OUTER"), "{told}");
    // Not where a `sparkcfg.toml` stands above it.
    fs::write(folder.path().join("sparkcfg.toml"), "").unwrap();
    let (_, told) = run(&folder.path().join("inner"), &["validate"]);
    assert!(told.contains("1 environment, 1 key, 1 file"), "{told}");
}

/// What a first guess should not make of a project: each of these became an error as soon as its owner did what the
/// project's own documentation says.
#[test]
fn guesses_nothing_that_a_right_value_would_break() {
    let folder = folder(&[
        (".gitignore", ".env\n"),
        (".env", "APP=1\nAWS_ZONE=a\nDB_PASSWORD=changeme\nDATABASE_URL=postgresql://app:${DB_PASSWORD}@db:5432/app\n"),
        (".env.development", "LOG=debug\nNAME=a\n"),
        (".env.test", "LOG=error\nNAME=b\n"),
        (
            ".env.example",
            "# A port, or either a port or an address.\nBIND=9000\n# Leave empty without a cache.\nCACHE_PORT=6379\n# One of error, info, loud\nLOG_LEVEL=info\nLDAP_SERVER=false\nVERIFY_HOST=false\n# AT=\"0 5 * * *\"\n# REGION= # or the default\nCORS_ORIGINS=http://localhost:3000\n",
        ),
        (
            "config/ldap.php",
            "<?php return ['server' => env('LDAP_SERVER', false), 'zone' => env('AWS_ZONE'), 'sample' => env('SAMPLE', false)];\n",
        ),
        ("config/db.php", "<?php return [['port' => env('DB_PORT', '3306')], ['port' => env('DB_PORT', '5432')]];\n"),
        ("prisma/schema.prisma", "datasource db {\n  url = env(\"PRISMA_URL\")\n}\n"),
        (
            "app/settings.py",
            "from pydantic_settings import BaseSettings\n\nclass S(BaseSettings):\n    password_min_score: int = Field(ge=0, default=3)\n    pin_token: int = 5\n",
        ),
    ]);
    let root = folder.path();
    assert_eq!(run(root, &["init", "--yes"]).0, 0);
    let schema: serde_json::Value = serde_json::from_str(&read(root, "schemas/app.schema.json")).unwrap();
    let property = |key: &str| schema["properties"][key].clone();
    let kind = |key: &str| property(key)["type"].clone();
    for (key, expected) in [
        ("LDAP_SERVER", serde_json::json!("string")),
        ("BIND", "string".into()),
        ("CACHE_PORT", serde_json::json!(["integer", "null"])),
        ("SAMPLE", "string".into()),
        ("VERIFY_HOST", "boolean".into()),
        ("AT", "string".into()),
        ("REGION", "string".into()),
        ("CORS_ORIGINS", "string".into()),
        ("PRISMA_URL", "string".into()),
        ("PASSWORD_MIN_SCORE", "integer".into()),
        ("PIN_TOKEN", "integer".into()),
    ] {
        assert_eq!(kind(key), expected, "{key}: {}", property(key));
    }
    assert_eq!(schema["additionalProperties"], true, "what was not seen is no error");
    assert_eq!(property("CORS_ORIGINS")["format"], serde_json::Value::Null, "a list may follow");
    assert_eq!(property("LOG_LEVEL")["format"], serde_json::Value::Null, "its comment lists another level");
    assert_eq!(property("DATABASE_URL")["writeOnly"], true, "{}", property("DATABASE_URL"));
    let required: Vec<_> = schema["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    assert!(required.contains(&"NAME") && !required.contains(&"AWS_ZONE"), "{required:?}");
    let (_, told) = run(root, &["refs"]);
    assert!(!told.contains("DB_PORT has different defaults"), "{told}");
}

/// What was wrong before `init` is told after it, and so is what goes wrong later.
#[test]
fn hides_no_fault() {
    let folder = folder(&[
        (
            "compose.yml",
            "services:\n  db:\n    image: $DB_IMAGE\n    environment:\n      POSTGRES_PASSWORD: ${DB_PASSWRD}\n      MAIL_NAME: ${MAIL_NAME}\n",
        ),
        (".env", "DB_IMAGE=postgres:16\nDB_PASSWORD=hunter2canary-0123\n"),
    ]);
    let root = folder.path();
    let told = |arguments: &[&str]| run(root, arguments).1;
    assert!(told(&["refs"]).contains("error[misspelt-variable]: DB_PASSWRD"));
    let first = told(&["init", "--yes"]);
    assert!(first.contains("left DB_PASSWRD out of the schema: did you mean DB_PASSWORD?"), "{first}");
    let after = told(&["refs"]);
    assert!(after.contains("error[misspelt-variable]: DB_PASSWRD"), "{after}");
    assert!(after.contains("MAIL_NAME is used without a default, and no env file sets it"), "{after}");
    // Once somebody has declared it, it is meant.
    let schema = read(root, "schemas/app.schema.json");
    let declared = schema.replace("\"DB_IMAGE\": {", "\"DB_PASSWRD\": {},\n    \"DB_IMAGE\": {");
    fs::write(root.join("schemas/app.schema.json"), &declared).unwrap();
    let again = told(&["init", "--yes"]);
    assert_eq!(again, NOTHING);
    fs::write(root.join("schemas/app.schema.json"), schema).unwrap();
    fs::write(root.join(".env"), "DB_PASSWORD=hunter2canary-0123\n").unwrap();
    let (code, later) = run(root, &["validate"]);
    assert!(code == 1 && later.contains("error[missing-key]: DB_IMAGE"), "{later}");
}

/// Nobody has to have what another service's env file has, and personal layers stay what their names make them.
#[test]
fn env_files_that_compose_gives() {
    let compose = "services:\n  web:\n    image: $WEB_IMAGE\n    env_file: web.env\n";
    let files = [("compose.yml", compose), (".env", "WEB_IMAGE=web:1\n"), ("web.env", "WEB_THEME=dark\n")];
    let beside = folder(&files);
    let root = beside.path();
    assert_eq!(run(root, &["init", "--yes"]).0, 0);
    let (code, told) = run(root, &["validate"]);
    assert_eq!((code, told.as_str()), (0, "2 environments, 2 keys, 2 files: no findings\n"));
    assert_eq!(run(root, &["init", "--yes"]).1, NOTHING);
    let personal = folder(&[files.as_slice(), &[(".env.local", "WEB_IMAGE=web:2\n")]].concat());
    let root = personal.path();
    let told = run(root, &["init", "--yes"]).1;
    assert!(told.contains("web.env is not checked") && told.contains("\"web\" = [\"web.env\"]"), "{told}");
    assert!(!read(root, "sparkcfg.toml").contains("[environments]"));
}

#[test]
fn a_hook_wherever_the_list_stands() {
    for (before, expected) in [
        ("repos:\n- repo: x\n  hooks:\n  - id: y\n", Some("\n- repo: local\n  hooks:\n    - id: sparkcfg\n")),
        ("repos:\n  - repo: x\n", Some("\n  - repo: local\n    hooks:\n      - id: sparkcfg\n")),
        ("repos: []\n", Some("repos:\n- repo: local\n")),
        ("repos:\n- repo: x\nci:\n  skip: [y]\n", Some("always_run: true\nci:\n  skip: [y]\n")),
        ("repos: [{repo: x}]\n", None),
    ] {
        let folder = folder(&[(".env.example", "PORT=1\n"), (".pre-commit-config.yaml", before)]);
        let (_, told) = run(folder.path(), &["init", "--yes"]);
        let after = read(folder.path(), ".pre-commit-config.yaml");
        match expected {
            Some(expected) => assert!(after.contains(expected), "{after}"),
            None => assert!(after == before && told.contains("left .pre-commit-config.yaml as it is"), "{told}"),
        }
    }
}

/// Where git is and nothing else runs hooks, `init` writes the file; once.
#[test]
fn a_hook_where_there_is_none() {
    for (more, written) in [
        (None, true),
        (Some(("lefthook.yml", "pre-commit: {}\n")), false),
        (Some((".husky/pre-commit", "npm test\n")), false),
        (Some(("package.json", "{\"devDependencies\":{\"husky\":\"9\"}}")), false),
        (Some(("package.json", "{\"devDependencies\":{\"vite\":\"9\"}}")), true),
    ] {
        let mut all = vec![(".env.example", "PORT=1\n")];
        all.extend(more);
        let folder = folder(&all);
        let root = folder.path();
        assert!(Command::new("git").current_dir(root).args(["init", "-q"]).status().unwrap().success());
        assert_eq!(run(root, &["init", "--yes"]).0, 0);
        let path = root.join(".pre-commit-config.yaml");
        assert_eq!(path.exists(), written, "{more:?}");
        if written {
            assert!(read(root, ".pre-commit-config.yaml").starts_with("repos:\n- repo: local\n"));
            assert_eq!(run(root, &["init", "--yes"]), (0, NOTHING.to_owned()));
        }
    }
}

/// Whoever compares with `"True"` does not know `true`; and what git has counts, whatever a rule says.
#[test]
fn an_example_is_spelled_as_the_program_compares() {
    let folder = folder(&[
        (".gitignore", "conf/*\n"),
        ("conf/main.py", "import os\n\nA = os.environ['QUEUE_URI']\n"),
        ("app.py", "import os\n\nDEBUG_VIEW = os.getenv('DEBUG_VIEW', 'True') == 'True'\n"),
    ]);
    let root = folder.path();
    for arguments in [&["init", "-q"][..], &["add", "-f", "conf/main.py"]] {
        assert!(Command::new("git").current_dir(root).args(arguments).status().unwrap().success());
    }
    assert_eq!(run(root, &["init", "--yes"]).0, 0);
    let example = read(root, ".env.example");
    assert!(example.contains("\nDEBUG_VIEW=True\n"), "{example}");
    assert!(example.contains("QUEUE_URI"), "{example}");
    assert_eq!(run(root, &["init", "--yes"]), (0, NOTHING.to_owned()));
}

/// The findings of `validate` and `refs` after `init`, each as its code and key.
fn findings_after_init(files: &[(&str, &str)]) -> (String, Vec<String>) {
    let folder = folder(files);
    let (code, told) = run(folder.path(), &["init", "--yes"]);
    assert_eq!(code, 0, "{files:?}: {told}");
    let mut found = Vec::new();
    for command in ["validate", "refs"] {
        let (_, report) = run(folder.path(), &[command, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}"));
        for finding in report["findings"].as_array().unwrap() {
            let text = |name: &str| finding[name].as_str().unwrap_or_default();
            if text("severity") != "note" && !text("code").starts_with("compose-") {
                found.push(format!("{} {}", text("code"), text("key")));
            }
        }
    }
    found.sort();
    found.dedup();
    (told, found)
}

/// What a program gets in a way that no env file shows is missed by nobody, and what a library reads is not unused.
#[test]
fn right_projects_have_no_findings() {
    const PYDANTIC: &str = "from pydantic_settings import BaseSettings, SettingsConfigDict\n";
    let pydantic = |text: &str| format!("{PYDANTIC}{text}");
    let lower = pydantic(
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_file=\".env\")\n    app_name: str\n    port: int\n",
    );
    let header = pydantic(
        "from pydantic import BaseModel\nclass Db(BaseModel):\n    host: str\nclass S(BaseSettings, env_prefix=\"APP_\", env_nested_delimiter=\"__\", env_file=\".env\"):\n    db: Db\n    port: int\n",
    );
    let constant = pydantic(
        "P = \"SVC_\"\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=P)\n    host: str\n",
    );
    for files in [
        &[
            ("package.json", "{\"workspaces\":[\"apps/*\",\"packages/*\"]}"),
            ("apps/api/package.json", "{\"name\":\"api\",\"dependencies\":{\"dotenv\":\"16.0.0\",\"@acme/db\":\"*\"}}"),
            ("apps/api/i.ts", "import \"dotenv/config\"; import \"@acme/db\";"),
            ("apps/api/.env", "DATABASE_URL=postgres://a@localhost/x\n"),
            ("packages/db/package.json", "{\"name\":\"@acme/db\"}"),
            ("packages/db/i.ts", "export const u = process.env.DATABASE_URL; if (!u) throw new Error(\"x\");"),
            (".env", "A=1\n"),
            (".gitignore", ".env\n"),
            ("i.ts", "f(process.env.A)"),
        ][..],
        &[
            ("package.json", "{\"workspaces\":[\"apps/*\"]}"),
            (".env", "SHARED_KEY=abc\n"),
            ("i.ts", "f(process.env.SHARED_KEY)"),
            ("apps/web/package.json", "{\"name\":\"web\"}"),
            ("apps/web/.env", "TITLE=Shop\n"),
            ("apps/web/i.ts", "const k = process.env.SHARED_KEY;\nif (!k) throw new Error();\nf(process.env.TITLE)"),
        ],
        &[(".env", "app_name=x\nport=1\n"), ("a.py", &lower)],
        &[(".env", "APP_DB__HOST=x\nAPP_PORT=1\n"), ("a.py", &header)],
        &[(".env", "SVC_HOST=x\n"), ("a.py", &constant)],
        &[
            (
                "compose.yaml",
                "services:\n  api:\n    build: ./api\n  worker:\n    build: ./worker\n    command: [\"sh\",\"-c\",\"QUEUE=high exec python main.py\"]\n",
            ),
            ("api/Dockerfile", "FROM python:3.12\nCOPY . .\nENTRYPOINT [\"./entry.sh\"]\n"),
            ("worker/Dockerfile", "FROM python:3.12\nCOPY . .\n"),
            ("api/entry.sh", "#!/bin/sh\nexport DERIVED=1\nset -a; . ./defaults.env; set +a\nexec python main.py\n"),
            ("api/defaults.env", "FROM_DEFAULTS=1\n"),
            ("api/main.py", "import os; d=os.environ[\"DERIVED\"]; f=os.environ[\"FROM_DEFAULTS\"]\n"),
            ("worker/main.py", "import os; q=os.environ[\"QUEUE\"]\n"),
        ],
        &[
            ("pom.xml", "<project/>"),
            ("src/main/resources/application-prod.properties", "spring.redis.host=${REDIS_HOST}\n"),
            ("src/main/resources/application.yml", "spring:\n  datasource:\n    name: ${DB_NAME}\n"),
            ("docker-compose.yml", "services:\n  app:\n    build: .\n    environment:\n      DB_NAME: ${DB_NAME}\n"),
            (".env", "DB_NAME=shop\n"),
        ],
        &[
            (
                ".env.schema",
                "# @defaultSensitive=false @defaultRequired=true\n# ---\n# @type=port\nAPI_PORT=8080\n# @type=url\nAPI_URL=http://localhost:${API_PORT}\n",
            ),
            (".env", "API_PORT=9000\n"),
        ],
        &[
            (".env", "DATABASE_URL=postgres://u@localhost/x\nTITLE=y\n"),
            (
                "s.py",
                "import os, dj_database_url\nT=os.environ['TITLE']\nDATABASES={'default': dj_database_url.config(conn_max_age=600)}\n",
            ),
        ],
        &[
            (".env", "DATABASE_URL=psql://u@localhost:5432/x\nTITLE=y\n"),
            ("config/settings/base.py", "import environ\nenv = environ.Env()\nT = env(\"TITLE\")\n"),
            ("config/settings/production.py", "from .base import env\nD = {\"d\": env.db()}\n"),
        ],
        &[
            (".env", "SEC=2\nDYN=4\nVITE_A=1\n"),
            ("package.json", "{\"devDependencies\":{\"@sveltejs/kit\":\"2.0.0\"}}"),
            (
                "src/a.ts",
                "import { SEC } from '$env/static/private';\nimport { env } from '$env/dynamic/private'; console.log(env.DYN, SEC, import.meta.env.VITE_A);\n",
            ),
        ],
        &[
            ("composer.json", "{\"require\":{\"laravel/framework\":\"^11.0\"}}"),
            (
                "config/app.php",
                "<?php return ['name'=>env('APP_NAME','Laravel'),'debug'=>env('APP_DEBUG',false),'x'=>env('A2')];",
            ),
            (
                "config/cache.php",
                "<?php return ['prefix'=>Str::slug((string) env('APP_NAME', 'laravel')), 'c'=>env('MAIL_LOG_CHANNEL')];",
            ),
            (".env", "APP_NAME=L\nAPP_DEBUG=true\nA2=1\nLOG_CHANNEL=stack\nDB_CONNECTION=sqlite\nBCRYPT_ROUNDS=12\n"),
        ],
        &[
            (".env", "TITLE=x\n"),
            (
                "a.py",
                "import os\nT=os.environ['TITLE']\nA=os.environ.get('AWS_MEDIA_CUSTOM_DOMAIN')\nB=os.environ.get('B_URL', os.environ.get('C_URL')) or ''\n",
            ),
            ("a.rb", "x = ENV['PRES_X'].presence || 'q'\ny = ENV['IFFY_X'] if ENV['IFFY_X']\n"),
            ("A.java", "String w = Optional.ofNullable(System.getenv(\"WIDTH_X\")).orElse(\"5\");"),
        ],
        &[
            ("package.json", "{\"dependencies\":{\"react-scripts\":\"5.0.1\"}}"),
            (
                "src/sw.js",
                "const p = new URL(process.env.PUBLIC_URL, window.location); const a = process.env.REACT_APP_API; f(process.env.NODE_ENV)",
            ),
            (".env", "REACT_APP_API=http://x.test\n"),
        ],
        // What Compose lays over the main file, or takes in, is given.
        &[
            ("compose.yaml", "services:\n  web:\n    build: .\n"),
            ("compose.override.yaml", "services:\n  web:\n    environment:\n      GIVEN_ONE: \"1\"\n"),
            ("Dockerfile", "FROM node\nCOPY . .\nCMD [\"node\",\"server.js\"]\n"),
            ("package.json", "{\"name\":\"web\"}"),
            ("server.js", "process.env.X_PORT; if (!process.env.GIVEN_ONE) throw new Error(\"c\");"),
            (".env", "X_PORT=1\n"),
        ],
        &[
            ("compose.yaml", "include: [inc.yml]\n"),
            ("inc.yml", "services:\n  web:\n    build: .\n    environment:\n      GIVEN_ONE: \"1\"\n      X_PORT: 5\n"),
            ("Dockerfile", "FROM node\nCOPY . .\nCMD [\"node\",\"server.js\"]\n"),
            ("package.json", "{\"name\":\"web\"}"),
            ("server.js", "process.env.X_PORT; if (!process.env.GIVEN_ONE) throw new Error(\"c\");"),
            (".env", "X_PORT=1\n"),
        ],
        // So is what the workspace gives to a service of a member.
        &[
            ("compose.yaml", "services:\n  b: {build: ./b, env_file: ./b/.env, environment: {A_URL: \"http://a\"}}\n"),
            ("b/.env", "B_NAME_X=1\n"),
            ("b/Dockerfile", "FROM python\nCOPY . .\nCMD [\"python\",\"main.py\"]\n"),
            ("b/main.py", "import os\nos.environ[\"B_NAME_X\"]; os.environ[\"A_URL\"]\n"),
        ],
        // An env file that a service takes from outside of its folder.
        &[
            (
                "docker/docker-compose.yml",
                "services:\n  api:\n    image: x:${TAG}\n    build: {context: .., dockerfile: docker/Dockerfile}\n    env_file: ../.env\n",
            ),
            ("docker/.env", "TAG=1\n"),
            (".env", "DSN_X=1\n"),
            ("a.py", "import os\nos.environ['DSN_X']\n"),
        ],
        &[
            (".env", "SITE_URL=http://localhost\n"),
            (".env.local", "API_TOKEN_X=zzz\n"),
            ("package.json", "{\"dependencies\":{\"next\":\"15\"}}"),
            (
                "a.ts",
                "const t = process.env.API_TOKEN_X; if (!t) throw new Error('x');\nexport const s = process.env.SITE_URL;\n",
            ),
        ],
        &[
            (
                "compose.yaml",
                "services:\n  api:\n    build: .\n    environment:\n      DATABASE_PASSWORD_FILE: /run/secrets/p\n      X_PORT: 1\n    secrets: [p]\nsecrets:\n  p: {file: ./p.txt}\n",
            ),
            ("p.txt", "x"),
            (".env", "X_PORT=1\n"),
            (
                "main.py",
                "import os\nos.getenv('X_PORT')\nf = os.environ.get('DATABASE_PASSWORD_FILE')\npw = open(f).read() if f else os.environ['DATABASE_PASSWORD']\n",
            ),
        ],
        // A branch that is not taken needs nothing.
        &[
            (
                "settings.py",
                "import os\nUSE_S3 = os.getenv('USE_S3', 'false').lower() == 'true'\nif USE_S3:\n    BUCKET = os.environ['AWS_BUCKET_NAME']\n",
            ),
            (".env", "USE_S3=false\n"),
        ],
        // Numbers as `int` and `float` take them, and what the line itself asks first.
        &[
            (
                "a.py",
                "import os\nA=int(os.environ['AA_X']); B=float(os.environ['BB_X']); D=float(os.getenv('DD_X','1'))\nL=int(os.environ['LIMIT'] or 5)\nE=int(os.environ['DAYS']) if os.environ.get('DAYS') else None\n",
            ),
            (".env", "AA_X=+5\nBB_X=.5\nDD_X=5.\nLIMIT=\nDAYS=\n"),
        ],
        // The block `env` of PM2 is for a project that has only one environment.
        &[
            (".env", "PORT=3000\n"),
            ("package.json", "{\"dependencies\":{\"dotenv\":\"16\"}}"),
            ("server.js", "require('dotenv').config(); process.env.PORT"),
            (
                "ecosystem.config.js",
                "module.exports = { apps: [{ name: 'api', script: './server.js', exp_backoff_restart_delay: 100, env: { NODE_ENV: 'development' }, env_production: { NODE_ENV: 'production' } }] };",
            ),
        ],
        // Flask reads by a prefix; a helper reads names of two letters.
        &[
            (".env", "MYAPP_THING=1\nK1=x\n"),
            (
                "a.py",
                "import os\napp.config.from_prefixed_env('MYAPP')\ndef need(name):\n    return os.environ[name]\nneed('K1')\n",
            ),
        ],
    ] {
        let (told, found) = findings_after_init(files);
        assert!(found.is_empty(), "{files:?}: {found:?}");
        assert!(!told.contains("set nowhere"), "{files:?}: {told}");
    }
}

/// What a program refuses today is told.
#[test]
fn what_programs_refuse_is_found() {
    let fields = "from typing import Literal\nfrom pydantic import Field\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    workers: int = Field(4, ge=1, le=16)\n    level: Literal[\"debug\"] | None = None\n";
    let compose = "services:\n  api:\n    build: .\n    environment:\n      DATABASE_URL: postgres://db/x\n";
    for (files, expected) in [
        (
            &[
                (
                    "e.js",
                    "z.object({ PORT: z.coerce.number().int().min(1024).default(3000), PHRASE: z.string().min(8), RATE: z.coerce.number().max(50), MODE: z.enum([\"production\",\"staging\"]).prefault(\"production\") }).parse(process.env);",
                ),
                (".env", "PORT=80\nPHRASE=abc\nRATE=90\nMODE=dev\n"),
            ][..],
            &["bad-length PHRASE", "not-allowed-value MODE", "out-of-range PORT", "out-of-range RATE"][..],
        ),
        (
            &[("a.py", fields), (".env", "WORKERS=20\nLEVEL=info\n")],
            &["not-allowed-value LEVEL", "out-of-range WORKERS"],
        ),
        (
            &[
                (
                    "src/main.rs",
                    "use clap::Parser;\n#[derive(Parser)]\nstruct Args {\n    #[arg(long, env = \"LISTEN_PORT\", default_value_t = 8080)]\n    port: u16,\n    #[arg(long, env = \"ADMIN_PIN\", hide_env_values = true)]\n    pin: String,\n}\n",
                ),
                (".env", "LISTEN_PORT=70000\nADMIN_PIN=\n"),
            ],
            &["out-of-range LISTEN_PORT"],
        ),
        (
            &[
                (
                    "settings.py",
                    "from pydantic import AnyUrl, PositiveInt, conint\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    beta: bool\n    hosts: list[str]\n    limits: dict[str, int] = {}\n    retries: int | None = None\n    workers: PositiveInt = 2\n    depth: conint(ge=5) = 5\n    origins: list[AnyUrl] | str = []\n    names: list[str] = []\n",
                ),
                (
                    ".env",
                    "BETA=enabled\nHOSTS=a,b\nLIMITS=a=1\nRETRIES=\nWORKERS=0\nDEPTH=3\nORIGINS=a,b\nNAMES=[\"a\"]\n",
                ),
            ],
            &[
                "bad-pattern HOSTS",
                "out-of-range DEPTH",
                "out-of-range WORKERS",
                "wrong-type BETA",
                "wrong-type LIMITS",
                "wrong-type RETRIES",
            ],
        ),
        // What turns an empty text into something else is asked first.
        (
            &[
                (
                    "settings.py",
                    "from pydantic import field_validator\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    retries: int | None = None\n    @field_validator('retries', mode='before')\n    def none(cls, value):\n        return value or None\n",
                ),
                (".env", "RETRIES=\n"),
            ],
            &[],
        ),
        (
            &[
                (
                    "settings.py",
                    "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_ignore_empty=True)\n    retries: int | None = None\n",
                ),
                (".env", "RETRIES=\n"),
            ],
            &[],
        ),
        (
            &[
                (
                    "e.ts",
                    "z.object({ ENABLE: z.enum([\"true\", \"false\"]).transform((v) => v === \"true\"), KIND: z.literal(\"x\"), LIST: z.string().transform((v) => v.split(\",\")) }).parse(process.env);",
                ),
                (".env", "ENABLE=yes\nKIND=yes\nLIST=a,b\n"),
            ],
            &["not-allowed-value ENABLE", "not-allowed-value KIND"],
        ),
        (&[("a.js", "console.log(process.env.LOG);"), (".env", "LOG=debug # one of: debug, info\n")], &[]),
        // Nobody knows what is meant by a file that Compose gives to a service of its own.
        (
            &[
                ("a.py", "import os\nA = os.environ['DATABASE_URL']\nB = os.environ['QUEUE_URL']\n"),
                ("compose.yaml", compose),
                (".env", "TITLE=x\nQUEUE_URL=y\n"),
            ],
            &["not-delivered QUEUE_URL", "unused-key TITLE"],
        ),
    ] {
        assert_eq!(findings_after_init(files).1, expected, "{files:?}");
    }
    // What a program stops without is missed when it is taken away, whoever else sets it besides.
    let folder = folder(&[
        ("a.py", "import os\nA = os.environ['DATABASE_URL']\n"),
        ("compose.yaml", compose),
        (".env", "DATABASE_URL=postgres://localhost/x\nTITLE=x\n"),
    ]);
    assert_eq!(run(folder.path(), &["init", "--yes"]).0, 0);
    fs::write(folder.path().join(".env"), "TITLE=x\n").unwrap();
    let (code, told) = run(folder.path(), &["validate"]);
    assert!(code == 1 && told.contains("error[missing-key]: DATABASE_URL"), "{told}");
}

/// A file that somebody wrote is written over by nobody.
#[test]
fn modules_that_somebody_wrote_stay() {
    let own = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    PORT: int = 1\n";
    let folder = folder(&[("settings.py", own), (".env", "PORT=5\n"), ("notes.html", "mine\n")]);
    let root = folder.path();
    assert_eq!(run(root, &["init", "--yes"]).0, 0);
    for arguments in [&["schema", "--types", "python=settings.py"][..], &["docs", "--output", "html=notes.html"]] {
        let (code, told) = run(root, arguments);
        assert!(code == 2 && told.contains("this file was written by hand"), "{told}");
    }
    assert_eq!((read(root, "settings.py").as_str(), read(root, "notes.html").as_str()), (own, "mine\n"));
    assert_eq!(run(root, &["schema", "--types", "python=settings.py", "--force"]).0, 0);
    // Its own it writes anew.
    assert_eq!(run(root, &["schema", "--types", "python=settings.py"]).0, 0);
    assert_ne!(read(root, "settings.py"), own);
    // Nothing is half done where the folder of the schema cannot be.
    let blocked = self::folder(&[("schemas", ""), (".env", "A=1\n")]);
    assert_eq!(run(blocked.path(), &["init", "--yes"]).0, 2);
    assert!(!blocked.path().join("sparkcfg.toml").exists());
}

/// The hook that `init` writes lets a project commit whose env files git ignores, and judges what else is in the commit.
#[test]
fn the_hook_lets_a_clean_project_commit() {
    let key = format!("{}{}\n", "AKIA", "IOSFODNN7EXAMPL2");
    let service = "services:\n  app:\n    image: app:1\n    env_file: app-conf.env\n";
    for (files, listed) in [
        (
            &[(".env", "A=1\nB_PORT=3\n"), ("a.py", "import os\nA = os.environ['A']\n"), (".gitignore", ".env\n")][..],
            "",
        ),
        (&[("app-conf.env", "TITLE=x\n"), ("compose.yml", service), (".gitignore", "app-conf.env\n")], "app-conf.env"),
    ] {
        let folder = folder(files);
        let root = folder.path();
        let git = |arguments: &[&str]| {
            assert!(Command::new("git").current_dir(root).args(arguments).output().unwrap().status.success());
        };
        git(&["init", "-q"]);
        assert_eq!(run(root, &["init", "--yes"]).0, 0);
        assert!(read(root, "sparkcfg.toml").contains(listed));
        git(&["add", "-A"]);
        let (code, told) = run(root, &["validate", "--staged"]);
        assert_eq!(code, 0, "{told}");
        fs::write(root.join("notes.txt"), &key).unwrap();
        git(&["add", "notes.txt"]);
        let (code, told) = run(root, &["validate", "--staged"]);
        assert!(code == 1 && told.contains("notes.txt"), "{code} {told}");
    }
}
