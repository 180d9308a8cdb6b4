//! The words that a process was started with, as they are said again.

use super::{Applying, Declared};
use crate::cli::drift::running::Running;
use crate::drift::command::again;
use crate::drift::live::word;
use crate::masking;
use crate::secret::Secret;
use crate::source::MASK;

impl Declared<'_> {
    /// A process is started again as it was, with what is declared.
    pub(super) fn by_command_line(&self, running: &Running) -> Applying {
        let words: Vec<_> = running.command_line.iter().map(Secret::expose).collect();
        if words.is_empty() {
            return Applying::default();
        }
        let secrets = running.part.variables.iter().map(|(key, value)| (key, value.expose()));
        let secrets: Vec<_> =
            secrets.filter(|(key, value)| self.project.hides(key, value)).map(|(_, value)| value).collect();
        let told = words.iter().enumerate().map(|(at, text)| {
            let option = at.checked_sub(1).and_then(|before| words.get(before));
            let told = self.masked(text, option.copied().unwrap_or_default(), &secrets);
            // Behind `--` a word may begin like an option.
            let plain = told.trim_start_matches('-');
            if word(plain) == plain || told == "--" { told } else { word(&told) }
        });
        let program = told.collect::<Vec<_>>().join(" ");
        let command = format!("{} -- {program}", again("run", &[&word(&self.environment.name)], self.folder));
        Applying { edits: Vec::new(), command: Some(command) }
    }

    /// A word without its secrets; `before` is the one before it, such as `--password`.
    fn masked(&self, text: &str, before: &str, secrets: &[&str]) -> String {
        let hides = |option: &str, value: &str| {
            let name = option.trim_start_matches('-').replace('-', "_");
            option.starts_with('-') && !value.is_empty() && self.project.hides(&name, value)
        };
        if !before.contains('=') && !text.starts_with('-') && hides(before, text) {
            return MASK.to_owned();
        }
        if let Some((option, _)) = text.split_once('=').filter(|(option, value)| hides(option, value)) {
            return format!("{option}={MASK}");
        }
        let known = self.project.secrets_beside(&[text]).into_iter().flatten();
        let mut ranges: Vec<_> = known.map(|range| range.start as usize..range.end as usize).collect();
        let live = secrets.iter().filter(|secret| secret.len() > 3);
        ranges.extend(live.flat_map(|secret| masking::places(text, secret)));
        ranges.sort_by_key(|range| range.start);
        let (mut out, mut from) = (String::new(), 0);
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            if range.start >= from {
                out.push_str(text.get(from..range.start).unwrap_or_default());
                out.push_str(MASK);
            }
            from = from.max(range.end);
        }
        out + text.get(from..).unwrap_or_default()
    }
}
