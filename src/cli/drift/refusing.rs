//! Why nothing can be compared.

use super::Drift;
use crate::error::Error;
use crate::project::Project;
use crate::project::files::Files;

impl Drift {
    /// What is wrong with the only source, where it is none.
    pub(super) fn misspelt(&self, files: &Files) -> Option<Error> {
        let ([name], Ok(config)) = (self.sources.as_slice(), Project::config(files)) else { return None };
        let names = Project::environment_names_in(files, &config).ok()?;
        if name.contains(['@', ':']) || names.is_empty() || names.contains(name) {
            return None;
        }
        let all = names.join(", ");
        let help = match crate::suggestion::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`? There are: {all}"),
            None => format!("there are: {all}"),
        };
        Some(Error::new(format!("there is no environment `{name}`")).help(help))
    }

    /// Why there is nothing to compare.
    pub(super) fn nothing(&self, files: &Files) -> Result<Error, Error> {
        if !self.keys.is_empty() {
            let is_list = |pattern: &String| pattern.contains(',') && !pattern.contains('{');
            let help = if self.keys.iter().any(is_list) {
                "give each pattern an option of its own, as in --keys API_URL --keys '*_PORT'"
            } else {
                "a pattern stands for the whole name, as in --keys '*_URL'"
            };
            return Ok(Error::new("nothing to compare: no key fits --keys").help(help));
        }
        let config = Project::config(files)?;
        let several = config.workspace.is_some();
        if let (false, true, true, [name]) = (
            several,
            self.sources.is_empty(),
            self.against.is_none(),
            Project::environment_names_in(files, &config)?.as_slice(),
        ) {
            return Ok(Error::new(format!("there is only one environment, `{name}`, and nothing to compare it with"))
                .help(format!("name a revision, as in `sparkcfg drift {name}@HEAD {name}`, or --against REVISION")));
        }
        let place =
            if several { "no member of the workspace has two environments with keys" } else { "no source has a key" };
        Ok(Error::new(format!("nothing to compare: {place}"))
            .help("drift needs two environments, as in `sparkcfg drift staging prod`, or --against REVISION"))
    }
}
