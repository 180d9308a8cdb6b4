//! Whether the run is for a change that somebody without access to the project proposes: then no key is used.

use serde::Deserialize;

/// Set to `1` by whoever has read what the fork changes, and wants its run to open secrets.
pub(super) const FORCED: &str = "SPARKCFG_TRUST_FORK";

/// The largest description of an event that is read, in bytes; GitHub sends no larger ones than 25 MB.
const LIMIT: u64 = 32 << 20;

/// Whether GitHub Actions or GitLab CI says that this is a pull request from a fork, and nobody forces it. Where a pull
/// request does not tell where it comes from, it is one.
pub(super) fn is_distrusted() -> bool {
    is_from_a_fork(&|name| std::env::var(name).ok()) && std::env::var_os(FORCED).is_none_or(|value| value != "1")
}

fn is_from_a_fork(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let is = |name, value| variable(name).as_deref() == Some(value);
    // https://docs.github.com/actions/reference/workflows-and-actions/variables
    if is("GITHUB_ACTIONS", "true")
        && variable("GITHUB_EVENT_NAME").is_some_and(|name| name.starts_with("pull_request"))
    {
        return variable("GITHUB_EVENT_PATH").and_then(|path| event(&path)).is_none_or(|event| event.is_from_a_fork());
    }
    // https://docs.gitlab.com/ci/variables/predefined_variables/
    let merged_into = variable("CI_MERGE_REQUEST_PROJECT_ID");
    is("GITLAB_CI", "true") && merged_into.is_some() && variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != merged_into
}

/// What GitHub tells of the event: <https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request>.
#[derive(Deserialize)]
struct Event {
    pull_request: PullRequest,
}

#[derive(Deserialize)]
struct PullRequest {
    head: Side,
    base: Side,
}

#[derive(Deserialize)]
struct Side {
    /// `null` once the fork was deleted.
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    id: u64,
}

fn event(path: &str) -> Option<Event> {
    let about = std::fs::metadata(path).ok().filter(|about| about.is_file() && about.len() <= LIMIT)?;
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).ok()?);
    std::io::Read::read_to_end(&mut std::fs::File::open(path).ok()?, &mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

impl Event {
    fn is_from_a_fork(&self) -> bool {
        let id = |side: &Side| side.repo.as_ref().map(|repo| repo.id);
        id(&self.pull_request.head).is_none() || id(&self.pull_request.head) != id(&self.pull_request.base)
    }
}

#[cfg(test)]
mod tests {
    use super::is_from_a_fork;

    #[test]
    fn where_a_change_comes_from() {
        let folder = tempfile::tempdir().unwrap();
        let event = |head: &str| {
            let path = folder.path().join(format!("{}.json", head.len()));
            let text =
                format!(r#"{{"pull_request": {{"head": {{"repo": {head}}}, "base": {{"repo": {{"id": 7}}}}}}}}"#);
            std::fs::write(&path, text).unwrap();
            path.to_string_lossy().into_owned()
        };
        let (own, fork, gone) = (event(r#"{"id": 7}"#), event(r#"{"id": 123}"#), event("null"));
        let github = |name: &'static str, path: &str| {
            [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", path)]
                .map(|(name, value)| (name, value.to_owned()))
                .to_vec()
        };
        let gitlab = |from: &str| {
            [("GITLAB_CI", "true"), ("CI_MERGE_REQUEST_PROJECT_ID", "1"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", from)]
                .map(|(name, value)| (name, value.to_owned()))
                .to_vec()
        };
        for (variables, expected) in [
            (vec![], false),
            (github("push", &own), false),
            (github("pull_request", &own), false),
            (github("pull_request", &fork), true),
            (github("pull_request_target", &fork), true),
            (github("pull_request_target", &gone), true),
            (github("pull_request", "/nowhere"), true),
            (gitlab("1"), false),
            (gitlab("2"), true),
            (vec![("GITLAB_CI", "true".to_owned())], false),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            assert_eq!(is_from_a_fork(&variable), expected, "{variables:?}");
        }
    }
}
