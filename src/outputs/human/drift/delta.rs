//! What a branch adds, resolves and leaves.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Page, short_list};
use crate::drift::Shown;
use crate::finding::{Bucket, Change, Finding};

impl Page<'_> {
    /// What is new, what of it nobody can say so, what is gone, and what was there already.
    pub(super) fn delta(&self, out: &mut String, listed: &[&Finding]) {
        let is_new = |finding: &Finding| self.comparison.change(finding) == Some(Change::Introduced);
        let of = |is_it: &dyn Fn(&Finding) -> bool| -> Vec<&Finding> {
            listed.iter().copied().filter(|finding| is_it(finding)).collect()
        };
        let counts = |finding: &Finding| finding.bucket() == Bucket::Unexpected;
        let undecided = of(&|finding| finding.changed(Change::Unknown));
        let introduced = of(&|finding| is_new(finding) && counts(finding));
        if !introduced.is_empty() {
            let _ = writeln!(out, "{}", self.strong(&format!("introduced {}", introduced.len())));
            self.list(out, &introduced, "  ");
        }
        // What has to be mended before anything can be said, be it old or new.
        let unjudged = self.report.unjudged();
        if !unjudged.is_empty() {
            let title = self.strong(&format!("not judged {}", unjudged.len()));
            self.wrapped(out, &format!("{title}    {}", short_list(unjudged)), 0);
            self.list(out, &of(&|finding| !is_new(finding) && !finding.changed(Change::Unknown)), "  ");
        }
        // What is only counted, for whoever asked for it.
        for bucket in [Bucket::Unclassified, Bucket::Unknown] {
            let asked = of(&|finding| is_new(finding) && finding.bucket() == bucket);
            if !asked.is_empty() {
                let word = if bucket == Bucket::Unknown { "unknown" } else { "unclassified" };
                let _ = writeln!(out, "{}", self.strong(&format!("new and {word} {}", asked.len())));
                self.list(out, &asked, "  ");
            }
        }
        let counts = self.comparison.counts;
        if counts.newly_acknowledged > 0 {
            let _ = writeln!(out, "{}", self.strong(&format!("newly acknowledged {}", counts.newly_acknowledged)));
            for (finding, accepted) in self.comparison.newly_acknowledged() {
                self.reason(out, finding, accepted);
            }
        }
        if counts.no_longer_counted > 0 {
            let _ = writeln!(out, "{}", self.strong(&format!("no longer counted {}", counts.no_longer_counted)));
            for (finding, because) in self.comparison.no_longer_counted() {
                let short =
                    finding.difference.as_ref().map_or(finding.message.as_str(), |difference| &difference.short);
                let text = format!("{} {}: {because} ({short})", finding.rule.code, Self::named(finding));
                self.wrapped(out, &text, 4);
            }
        }
        for (title, change, number) in [
            ("unknown whether changed", Change::Unknown, counts.undecided),
            ("resolved", Change::Resolved, counts.resolved),
            ("unchanged", Change::Unchanged, counts.unchanged),
        ] {
            if number == 0 {
                continue;
            }
            let title = self.strong(&format!("{title} {number}"));
            let of_change: Vec<_> = self.comparison.of_change(&self.report.findings, change).collect();
            match change {
                Change::Unchanged if self.comparison.shows(Shown::Unchanged) => {
                    let _ = writeln!(out, "{title}");
                    self.list(out, &of_change, "  ");
                }
                Change::Unchanged => {
                    let _ = writeln!(out, "{title}    --show unchanged lists them");
                }
                _ => {
                    let names: BTreeSet<_> = of_change.iter().map(|finding| Self::named(finding)).collect();
                    self.wrapped(out, &format!("{title}    {}", short_list(names)), 0);
                }
            }
            if change == Change::Unknown {
                self.list(out, &undecided, "  ");
            }
        }
        if !out.is_empty() {
            out.push('\n');
        }
    }
}
