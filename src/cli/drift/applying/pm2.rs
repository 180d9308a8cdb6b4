//! What an ecosystem file gives an app of PM2.

use super::{Declared, Said, Texts, edit};
use crate::pm2::{self, App, Ecosystem};
use crate::source::Sources;
use crate::tree::script::SPREAD;

impl<'a> Declared<'a> {
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
        for node in blocks.filter_map(|name| app.get(&name)) {
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
        // What its file does not give it, it has from whoever starts PM2.
        if app.inherits_all() { Said::Outside } else { Said::Nothing(edit(key, sources, app.span)) }
    }
}
