//! `--ack`, `--ack-all` and `--prune-acks`: what `sparkcfg-baseline.toml` keeps.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::printing;
use super::Drift;
use crate::drift::Kind;
use crate::drift::baseline::{self, Baseline, Entry};
use crate::error::Error;
use crate::finding::{Bucket, Finding};
use crate::project::files::Files;
use crate::project::{git, writing};
use crate::report::Report;
use crate::source::printable;

/// What cannot be accepted: until it is mended, nothing can be judged.
const NEVER: &str = "policy-conflict";

impl Drift {
    /// Whether the baseline is to be changed.
    pub(super) fn changes_baseline(&self) -> bool {
        !self.ack.is_empty() || self.ack_all || self.prune_acks
    }

    /// Says what is wrong with how the baseline is to be changed.
    pub(super) fn check_baseline_options(&self) -> Result<(), Error> {
        let accepts = !self.ack.is_empty() || self.ack_all;
        if accepts && self.why.as_deref().is_none_or(|why| why.trim().is_empty()) {
            return Err(Error::new("a difference is accepted with a reason")
                .help("say why with --why, as in --why OPS-412; --why TODO if it is still to be found out"));
        }
        let is_process = |source: &&String| {
            source.strip_prefix("proc:").is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        };
        if let Some(process) = self.sources.iter().find(is_process).filter(|_| accepts) {
            return Err(Error::new(format!("`{process}` has another number once it is started again"))
                .help("accept it of what starts the process, as in pm2:-#web, or of a file: env:FILE"));
        }
        if self.ack.chunks_exact(2).any(|pair| pair.first().is_some_and(|code| code == NEVER)) {
            return Err(Error::new("of two policies that disagree nobody can say what is accepted")
                .help(format!("take one of them away: `sparkcfg explain {NEVER}` says how")));
        }
        if !accepts && (self.why.is_some() || self.until.is_some() || self.by.is_some()) {
            return Err(Error::new("--why, --until and --by are about what is accepted, and nothing is")
                .help("name it with --ack CODE KEY, or accept everything unexpected with --ack-all"));
        }
        if self.changes_baseline() && (self.fix.is_some() || self.patch.is_some()) {
            return Err(Error::new("what is mended need not be accepted, and the other way round")
                .help("run one of them, then the other"));
        }
        if self.until.as_deref().is_some_and(|date| !baseline::is_date(date)) {
            return Err(Error::new("--until takes a day").help("write it as 2026-12-31"));
        }
        if let Some(date) = self.until.as_deref().filter(|date| accepts && **date < *super::today()) {
            return Err(Error::new(format!("{date} is over, so nothing would be accepted"))
                .help("--until takes the last day on which it is accepted; without it there is no end"));
        }
        Ok(())
    }

    /// Writes the baseline of every member that changes.
    pub(super) fn change_baseline(
        &self,
        report: &Report,
        stale: &[(String, Entry)],
        files: &Files,
        root: &Path,
    ) -> Result<(), Error> {
        let chosen: Vec<_> = report.findings.iter().filter(|finding| self.accepts(finding)).collect();
        let named = self.ack.chunks_exact(2).filter_map(|pair| Some((pair.first()?, pair.get(1)?)));
        let is_found = |(code, key): &(&String, &String)| chosen.iter().any(|it| is_it(it, code, key));
        if let Some((code, key)) = { named }.find(|pair| !is_found(pair)) {
            let named = |finding: &Finding| Some(format!("{} {}", finding.rule.code, finding.named()?));
            let there: Vec<_> = report.findings.iter().filter_map(named).collect();
            let near = crate::suggestion::nearest(&format!("{code} {key}"), there.iter().map(String::as_str));
            let near = near.or_else(|| {
                there.iter().find(|it| it.split_once(' ').is_some_and(|(_, of)| of == key)).map(|it| &**it)
            });
            let help = match near {
                Some(near) => format!("did you mean `--ack {near}`?"),
                None if self.sources.is_empty() => {
                    "code and key stand in the report of `sparkcfg drift`; of a report about two sources name these as well: \
                     `sparkcfg drift SOURCE SOURCE --ack CODE KEY`"
                        .to_owned()
                }
                None => "code and key stand in the report about these sources".to_owned(),
            };
            return Err(Error::new(format!("there is no finding {code} about {key} to accept")).help(help));
        }
        let mut changes: BTreeMap<String, (Vec<Entry>, Vec<Entry>)> = BTreeMap::new();
        for finding in chosen {
            let folder = member(finding);
            changes.entry(folder).or_default().0.push(self.entry(report, finding, files));
        }
        for (folder, entry) in stale.iter().filter(|_| self.prune_acks) {
            changes.entry(folder.clone()).or_default().1.push(entry.clone());
        }
        for (folder, (added, removed)) in changes {
            let path =
                if folder.is_empty() { baseline::NAME.to_owned() } else { format!("{folder}/{}", baseline::NAME) };
            let mut known = match files.read_if_there(&path)? {
                Some(bytes) => Baseline::parse(&path, &String::from_utf8_lossy(&bytes))?,
                None => Baseline::default(),
            };
            known.remove(&removed);
            let (accepted, pruned) = (added.len(), removed.len());
            for entry in added {
                known.add(entry);
            }
            writing::write(root, &path, known.text().as_bytes(), false)?;
            printing::complain(&format!(
                "{}: {accepted} accepted, {pruned} taken away\n",
                printable(&files.shown(&path))
            ))?;
        }
        Ok(())
    }

    fn accepts(&self, finding: &Finding) -> bool {
        let Some(difference) = &finding.difference else { return false };
        let mut named = self.ack.chunks_exact(2);
        named.any(|pair| matches!(pair, [code, key] if is_it(finding, code, key)))
            || self.ack_all && difference.bucket == Bucket::Unexpected && finding.rule.code != NEVER
    }

    fn entry(&self, report: &Report, finding: &Finding, files: &Files) -> Entry {
        Entry {
            code: finding.rule.code.to_owned(),
            key: finding.key.clone().unwrap_or_default(),
            within: finding.environments.iter().map(|name| baseline::lasting(name).into_owned()).collect(),
            saw: finding.difference.as_ref().and_then(|difference| difference.saw.clone()),
            sealed: sealed(report, finding, files),
            why: self.why.clone().unwrap_or_default(),
            until: self.until.clone(),
            by: self.by.clone(),
        }
    }
}

/// Whether a finding is the one of a code and key. In a workspace a key without its member is that of every one.
fn is_it(finding: &Finding, code: &str, key: &str) -> bool {
    finding.rule.code == code && (finding.key.as_deref() == Some(key) || finding.named().as_deref() == Some(key))
}

/// The sealed files that hold what a finding is about, as git calls them, for each of its sources; none where no source has one.
fn sealed(report: &Report, finding: &Finding, files: &Files) -> Option<Vec<String>> {
    /// So many letters of a name tell it from every other one.
    const ENOUGH: usize = 20;
    let comparison = report.comparison.as_ref()?;
    let row = comparison.rows.get(finding.difference.as_ref()?.row?)?;
    let name = |source: &Arc<str>| {
        let at = comparison.columns.iter().position(|column| *column.name == **source)?;
        let cell =
            row.cells.get(at)?.as_ref().filter(|cell| cell.sealed && comparison.columns[at].kind == Kind::Declared)?;
        let shown = report.sources.path(cell.at?.source);
        let name = git::name_of(files.root(), shown.strip_prefix(&*files.shown("")).unwrap_or(shown))?;
        Some(name.chars().take(ENOUGH).collect())
    };
    let names: Vec<Option<String>> = finding.environments.iter().map(name).collect();
    names.iter().any(Option::is_some).then(|| names.into_iter().map(Option::unwrap_or_default).collect())
}

/// The folder of the member that a finding is about; empty for the project itself.
fn member(finding: &Finding) -> String {
    let member = finding.difference.as_ref().and_then(|difference| difference.member.as_deref());
    member.filter(|member| *member != ".").unwrap_or_default().to_owned()
}
