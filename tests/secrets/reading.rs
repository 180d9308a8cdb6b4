//! What is read of sealed files: values as they are, or nothing at all.

use std::fs;

use super::Project;

const PROD: &str = "p/environments/prod.secrets.env";

/// A lower layer's value is none of the file's that should have the last word.
#[test]
fn no_value_comes_from_beneath_a_file_that_is_not_known() {
    let project = Project::new();
    project.run(&["set", "API_KEY", "-e", "base"], b"beneath").ok();
    project.set("API_KEY", "above");
    project.set("OTHER", "canary-2");
    let good = project.sealed();
    let cut = good.split_inclusive('\n').filter(|line| !line.starts_with("API_KEY="));
    let conflict = format!("<<<<<<< ours\n{good}=======\n{good}>>>>>>> theirs\n");
    for text in [cut.collect(), good[..good.len() / 2].to_owned(), String::new(), "# note\n".to_owned(), conflict] {
        project.write(PROD, &text);
        // In any order in which the files lie in memory.
        for _ in 0..4 {
            let ran = project.run(&["get", "API_KEY", "-e", "prod"], b"");
            assert!(ran.stdout.is_empty());
            ran.failed(2, "environments/prod.secrets.env");
        }
        project.run(&["get", "API_KEY", "-e", "base"], b"").ok();
    }
    // Nobody here can open it, and its names prove nothing then.
    project.write(PROD, &good.split_inclusive('\n').filter(|line| !line.starts_with("API_KEY=")).collect::<String>());
    let (stranger, _) = super::key();
    project.write("home/stranger.txt", &stranger);
    project.write("p/environments/prod.env", "API_KEY=beneath\n");
    let identity = project.path("home/stranger.txt");
    let ran = project.run(&["get", "API_KEY", "-e", "prod", "--identity", identity.to_str().unwrap()], b"");
    assert_eq!((ran.code, ran.stdout.as_slice()), (Some(2), &b""[..]));
    fs::remove_file(project.path(PROD)).unwrap();
    assert_eq!(project.get("API_KEY"), "beneath");
}
