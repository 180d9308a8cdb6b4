//! Lines for the file that `$GITHUB_ENV` names: `sparkcfg show ci --as github-env >> "$GITHUB_ENV"`.

use super::{Target, is_plain_name};

pub(super) const TARGET: Target = Target {
    name: "github-env",
    summary: "for a workflow: sparkcfg show ci --as github-env >> \"$GITHUB_ENV\"",
    write: |picture| {
        picture.each(|variable, text| {
            let key = variable.key;
            if !is_plain_name(key) {
                return Err("a workflow has no variable of this name".to_owned());
            }
            if key.starts_with("GITHUB_") || key.starts_with("RUNNER_") || key == "NODE_OPTIONS" {
                return Err("the runner keeps this name for itself".to_owned());
            }
            if !text.contains(['\n', '\r']) {
                return Ok(format!("{key}={text}\n"));
            }
            // The runner ends the text at the first line that is the delimiter.
            let mut delimiter = "END_OF_VALUE".to_owned();
            while text.contains(&delimiter) {
                delimiter.push('_');
            }
            Ok(format!("{key}<<{delimiter}\n{text}\n{delimiter}\n"))
        })
    },
};
