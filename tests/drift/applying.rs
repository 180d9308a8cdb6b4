//! What is printed to be done where what runs is not as declared: what to change first, and a command that reaches it.

use std::fs;
use std::path::Path;

use super::console::run;
use super::copy;

/// The two lines about what is to be done.
fn to_do(line: &str, folder: &Path) -> (String, String) {
    let home = tempfile::tempdir().unwrap();
    let ran = run(line, folder, home.path());
    let after = |start: &str| {
        let line = ran.stdout.lines().find_map(|line| line.strip_prefix(start));
        line.unwrap_or_default().to_owned()
    };
    (after("to change first: "), after("to apply: "))
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let own = [
        ("environments/base.env", "LEVEL=info\nPORT=80\n"),
        ("environments/prod.env", "LEVEL=warn\n"),
        ("schemas/app.schema.json", r#"{"properties": {"LEVEL": {}, "PORT": {"type": "integer"}}}"#),
    ];
    for (path, text) in own.iter().chain(files) {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    place
}

/// What Compose would start is no container: what its files say has to be changed, or what they refer to is to be given.
#[test]
fn compose_is_given_what_its_files_ask_for() {
    let config = r#"{"services": {"api": {"environment": {"LEVEL": "info", "PORT": "80"}}}}"#;
    let bare = r#"{"services": {"api": {"environment": {"PORT": "80"}}}}"#;
    let container = r#"[{"Name": "/api-1", "Config": {"Env": ["LEVEL=info", "PORT=80"], "Labels": {"com.docker.compose.service": "api"}}}]"#;
    for (service, config, first, command) in [
        (
            "    environment:\n      PORT: 80\n      LEVEL: info\n",
            config,
            "LEVEL in compose.yml:6",
            "docker compose up -d api",
        ),
        ("    environment: [LEVEL=info]\n", config, "LEVEL in compose.yml:4", "docker compose up -d api"),
        (
            "    environment: { LEVEL: \"${LEVEL:-info}\" }\n",
            config,
            "",
            "sparkcfg run prod -- docker compose up -d api",
        ),
        ("    environment: [LEVEL]\n", config, "", "sparkcfg run prod -- docker compose up -d api"),
        (
            "    environment: { LEVEL: \"${OTHER:-info}\" }\n",
            config,
            "LEVEL in compose.yml:4",
            "docker compose up -d api",
        ),
        ("    env_file: environments/base.env\n", config, "LEVEL in compose.yml:4", "docker compose up -d api"),
        ("    env_file: [environments/prod.env, api.env]\n", config, "LEVEL in api.env:2", "docker compose up -d api"),
        // What was read before the files were changed.
        ("    env_file: [environments/base.env, environments/prod.env]\n", config, "", "docker compose up -d api"),
        ("    restart: always\n", bare, "LEVEL in compose.yml:2", "sparkcfg run prod -- docker compose up -d api"),
        ("    environment: [LEVEL]\n", container, "", "sparkcfg run prod -- docker compose up -d --force-recreate api"),
    ] {
        let compose = format!("services:\n  api:\n    image: api\n{service}");
        let place = project(&[("compose.yml", &compose), ("api.env", "PORT=80\nLEVEL=info\n"), ("live.json", config)]);
        let tool = if config == container { "docker" } else { "compose" };
        let line = format!("sparkcfg drift prod {tool}:live.json#{}", if tool == "docker" { "api-1" } else { "api" });
        assert_eq!(to_do(&line, place.path()), (first.to_owned(), command.to_owned()), "{service}");
    }
    // Of files that are not here nobody can say what would change anything, unless a container may be older than they are.
    let place = project(&[("live.json", config), ("docker.json", container)]);
    assert_eq!(to_do("sparkcfg drift prod compose:live.json#api", place.path()), Default::default());
    let command = to_do("sparkcfg drift prod docker:docker.json", place.path()).1;
    assert_eq!(command, "docker compose up -d --force-recreate api");
}

/// A file that is rendered is rendered anew; what its template itself says is changed there.
#[test]
fn what_is_rendered_is_rendered_anew() {
    let service = "    image: api\n    environment:\n      PORT: 80\n";
    let template =
        format!("services:\n  api:\n{service}      LEVEL: {{{{ LEVEL }}}}\n  hard:\n{service}      LEVEL: oops\n");
    let config = r#"{"services": {"api": {"environment": {"LEVEL": "warn", "PORT": "80"}}, "hard": {"environment": {"LEVEL": "oops", "PORT": "80"}}}}"#;
    let place = project(&[("templates/compose.yml.j2", &template), ("live.json", config)]);
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run("sparkcfg render prod", place.path(), home.path()).code, 0);
    fs::write(place.path().join("environments/prod.env"), "LEVEL=error\n").unwrap();
    for (service, first) in [("api", ""), ("hard", "LEVEL in templates/compose.yml.j2")] {
        let expected = format!("sparkcfg render prod && docker compose -f rendered/prod/compose.yml up -d {service}");
        let line = format!("sparkcfg drift prod compose:live.json#{service}");
        assert_eq!(to_do(&line, place.path()), (first.to_owned(), expected), "{service}");
    }
}

/// PM2 takes what stands in its file, else what whoever starts it has; it is asked in the folder of its own daemon.
#[test]
fn pm2_gets_its_values_from_where_they_come_from() {
    let live = r#"[{"name": "web", "pm2_env": {"env": {"HOME": "/h", "PM2_HOME": "/srv/my pm2", "LEVEL": "info", "PORT": 80}}}]"#;
    let home = "PM2_HOME='/srv/my pm2' ";
    let (by_file, by_name) = ("reload ecosystem.config.js --only web", "restart web");
    for (app, first, run, how) in [
        ("env: { PORT: 80, LEVEL: 'info' }", "LEVEL in ecosystem.config.js:1", false, by_file),
        ("env: { PORT: 80, LEVEL: 'warn' }", "", false, by_file),
        ("env: { PORT: 80, LEVEL: process.env.LEVEL }", "", true, by_file),
        // A file that names others hands on no more than those.
        ("env: { PORT: 80 }", "", true, by_name),
        ("env: {}", "", true, by_file),
        ("env: { ...own }", "", true, by_file),
        ("filter_env: ['LEVEL'], env: { PORT: 80 }", "LEVEL in ecosystem.config.js:1", true, by_file),
    ] {
        let file = format!("module.exports = {{ apps: [{{ name: 'web', script: 'a.js', {app} }}] }};\n");
        let place = project(&[("ecosystem.config.js", &file), ("live.json", live)]);
        let run = if run { "sparkcfg run prod --pass PM2_HOME -- " } else { "" };
        let command = format!("{home}{run}pm2 {how} --update-env");
        let told = to_do("sparkcfg drift prod pm2:live.json#web", place.path());
        assert_eq!(told, (first.to_owned(), command), "{app}");
    }
    // A project that is named is named again, with its paths.
    let (place, around) = (project(&[("live.json", live)]), tempfile::tempdir().unwrap());
    copy(place.path(), &around.path().join("my app"));
    let told = to_do("sparkcfg drift prod 'pm2:my app/live.json#web' --project 'my app'", around.path());
    let command = "sparkcfg run prod --pass PM2_HOME --project 'my app' -- pm2 restart web --update-env";
    assert_eq!(told, (String::new(), format!("{home}{command}")));
}

/// A container says which project it is of, and which files it was started with; here they lie where that project has them.
#[test]
fn docker_tells_the_project_of_compose() {
    let file = "services:\n  api:\n    image: x\n    environment: { LEVEL: \"${LEVEL}\", PORT: 80 }\n";
    for (files, expected) in [
        (
            "/srv/shop/deploy/prod.yml",
            "sparkcfg run prod -- docker compose -p shop -f deploy/prod.yml up -d --force-recreate api",
        ),
        ("/srv/shop/compose.yml", "sparkcfg run prod -- docker compose -p shop up -d --force-recreate api"),
        (
            "/srv/shop/other.yml,/srv/shop/b c.yml",
            "sparkcfg run prod -- docker compose -p shop up -d --force-recreate api",
        ),
    ] {
        let labels = format!(
            r#"{{"com.docker.compose.service": "api", "com.docker.compose.project": "shop",
                "com.docker.compose.project.config_files": "{files}"}}"#
        );
        let live =
            format!(r#"[{{"Name": "/api-1", "Config": {{"Env": ["LEVEL=info", "PORT=80"], "Labels": {labels}}}}}]"#);
        let place = project(&[("compose.yml", file), ("deploy/prod.yml", file), ("live.json", &live)]);
        assert_eq!(to_do("sparkcfg drift prod docker:live.json", place.path()), (String::new(), expected.to_owned()));
        fs::remove_file(place.path().join("compose.yml")).unwrap();
        if files.contains("other") {
            let (_, told) = to_do("sparkcfg drift prod docker:live.json", place.path());
            let expected =
                "docker compose -p shop -f /srv/shop/other.yml -f '/srv/shop/b c.yml' up -d --force-recreate api";
            assert_eq!(told, expected);
        }
    }
}
