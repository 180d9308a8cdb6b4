//! What an ecosystem file gives an app of PM2.

use super::{Applying, Declared, Found, Said, Texts, edit};
use crate::drift::live::word;
use crate::pm2::{self, App, Ecosystem};
use crate::project::files;
use crate::source::Sources;
use crate::tree::script::SPREAD;

impl<'a> Declared<'a> {
    /// What is to be done so that an app of PM2 has what is declared; it runs with a block of its file, if not with any.
    pub(super) fn by_pm2(&self, app: &str, (block, any): (Option<&str>, bool), home: Option<&str>) -> Applying {
        let found = |unsure| self.found(None, &|paths, texts| self.said_by_pm2(app, block, paths, (texts, unsure)));
        // Of a process nobody knows the block, unless its file has only one; a file that names the app goes before a script that
        // may do so.
        let found = if any {
            found(false).filter(|found| found.paths.iter().all(|path| self.has_one_block(path, app)))
        } else {
            found(false).or_else(|| found(true))
        };
        // What was started without a file has the environment of whoever started it.
        let found = found.unwrap_or(Found { paths: Vec::new(), said: vec![("", Said::Outside)], renders: false });
        // From a file PM2 takes what its block names, and nothing else.
        let by_name = found.said.iter().any(|(_, said)| matches!(said, Said::Unnamed));
        let program = |paths: &[String]| match paths.first().filter(|_| !by_name) {
            None => format!("pm2 restart {} --update-env", word(app)),
            Some(path) => {
                let block = block.map(|block| format!(" --env {}", word(block))).unwrap_or_default();
                format!("pm2 reload {} --only {}{block} --update-env", self.shown(path), word(app))
            }
        };
        self.told(found, home.map(|home| ("PM2_HOME", home)), &program)
    }

    /// Whether a file gives an app the same environment, however it is started from it.
    fn has_one_block(&self, path: &str, name: &str) -> bool {
        let Ok(bytes) = self.files.read(path) else { return false };
        let (text, _) = files::text(bytes);
        let source = Sources::default().add(path, text.as_str());
        let file = Ecosystem::read(source, path, &text);
        let is_block = |key: &str| key.starts_with("env_");
        let app = file.apps.iter().find(|app| app.name == name);
        app.is_some_and(|app| {
            !app.node.is_unknown() && !app.node.pairs().any(|pair| is_block(&pair.key) || pair.key == SPREAD)
        })
    }

    /// What a file of PM2 says of each key; `None` where it is none, or declares another app. Of a script it may not be known
    /// what it declares: with `unsure`, it counts.
    pub(super) fn said_by_pm2(
        &self,
        name: &str,
        block: Option<&str>,
        paths: &[String],
        (texts, unsure): (&Texts<'_>, bool),
    ) -> Option<Vec<(&'a str, Said)>> {
        let [path] = paths else { return None };
        if !pm2::is_named_so(path) && !pm2::is_script(path) {
            return None;
        }
        let text = texts(path)?;
        let mut sources = Sources::default();
        let source = sources.add(self.files.shown(path), text.as_str());
        let file = Ecosystem::read(source, path, &text);
        match file.apps.iter().find(|app| app.name == name) {
            Some(app) => {
                let said = |key: &&'a str| (*key, self.said_by_app(app, block, key, &sources));
                Some(self.keys.iter().map(said).collect())
            }
            None if unsure && pm2::is_script(path) && file.apps.iter().all(|app| app.name.is_empty()) => {
                Some(self.keys.iter().map(|key| (*key, Said::Outside)).collect())
            }
            None => None,
        }
    }

    fn said_by_app(&self, app: &App, block: Option<&str>, key: &str, sources: &Sources) -> Said {
        let blocks = block.map(|block| format!("env_{block}")).into_iter().chain(std::iter::once("env".to_owned()));
        let mut gives_any = false;
        for node in blocks.filter_map(|name| app.get(&name)) {
            gives_any |= node.pairs().next().is_some();
            if let Some(pair) = node.pair(key) {
                return match pair.value.text() {
                    Some(text) if self.is_declared(key, text) => Said::Declared,
                    Some(_) => Said::Otherwise(edit(key, sources, pair.key_span)),
                    // Most often `process.env.KEY`.
                    None => Said::Outside,
                };
            }
            if node.is_unknown() || node.pair(SPREAD).is_some() {
                return Said::Outside;
            }
        }
        // What its file does not give it, it has from whoever starts PM2, as long as the file gives it nothing at all.
        match app.inherits_all() {
            true if gives_any => Said::Unnamed,
            true => Said::Outside,
            false => Said::Nothing(edit(key, sources, app.span)),
        }
    }
}
