//! What a change lets through, by accepting it or by no longer counting it.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::super::super::plural;
use super::super::{LONGEST_MESSAGE, phrase};
use super::{Page, Rest};

impl Page<'_> {
    /// What the change itself accepts, in sight: whoever reviews it decides about that.
    pub(super) fn newly_acknowledged(&self, out: &mut String, rest: Rest) {
        let number = self.comparison.counts.newly_acknowledged;
        if number > 0 && rest >= Rest::Unchanged {
            let rows = self.comparison.newly_acknowledged().map(|(finding, accepted)| {
                let short = finding.difference.as_ref().map_or(finding.message.as_str(), |found| &found.short);
                let [short, why] = [short, &accepted.why].map(|text| phrase(text, LONGEST_MESSAGE));
                format!("| {} | `{}` {short} | {why} |\n", Self::named(finding), finding.rule.code)
            });
            let rows: String = rows.collect();
            let _ = write!(
                out,
                "\n**Acknowledged by this change** ({number})\n\n| Key | Problem | Reason |\n|---|---|---|\n{rows}"
            );
        } else if number > 0 {
            let names: Vec<_> = self.comparison.newly_acknowledged().map(|(finding, _)| Self::named(finding)).collect();
            let names = if rest == Rest::Counts { String::new() } else { format!(": {}", names.join(", ")) };
            let _ = writeln!(out, "\n**Acknowledged by this change** ({number}){names}");
        }
    }

    /// What the change itself lets count no longer, in sight for the same reason.
    pub(super) fn no_longer_counted(&self, out: &mut String, rest: Rest) {
        let number = self.comparison.counts.no_longer_counted;
        let all = || self.comparison.no_longer_counted();
        if number > 0 && rest >= Rest::Unchanged {
            let rows = all().map(|(finding, because)| {
                let short = finding.difference.as_ref().map_or(finding.message.as_str(), |found| &found.short);
                let [short, because] = [short, because].map(|text| phrase(text, LONGEST_MESSAGE));
                format!("| {} | `{}` {short} | {because} |\n", Self::named(finding), finding.rule.code)
            });
            let rows: String = rows.collect();
            let _ = write!(
                out,
                "\n**No longer counted by this change** ({number})\n\n| Key | Problem | Why |\n|---|---|---|\n{rows}"
            );
        } else if number > 0 {
            /// So many are named in the least room.
            const SOME: usize = 20;
            /// So many reasons are: most changes have one for all.
            const REASONS: usize = 3;
            let most = if rest == Rest::Counts { SOME } else { number };
            let names: Vec<_> = all().take(most).map(|(finding, _)| Self::named(finding)).collect();
            let names = names.join(", ");
            let more = match number.saturating_sub(most) {
                0 => String::new(),
                more => format!(" and {more} more: see the full report"),
            };
            let _ = writeln!(out, "\n**No longer counted by this change** ({number}): {names}{more}");
            // A comment has a line of its own for each of them, so that is told by its file.
            let because = |because: &str| {
                let text = because.strip_prefix("new, and ").unwrap_or(because);
                let line = text.rsplit_once(':').filter(|(_, line)| line.bytes().all(|byte| byte.is_ascii_digit()));
                line.map_or(text, |(text, _)| text).to_owned()
            };
            let reasons: BTreeSet<_> = all().map(|(_, text)| because(text)).collect();
            let told = reasons.iter().take(REASONS).map(|reason| phrase(reason, LONGEST_MESSAGE));
            let told = told.collect::<Vec<_>>().join("; ");
            let more = match reasons.len().saturating_sub(REASONS) {
                0 => String::new(),
                more => format!("; and {}", plural(more, "more reason")),
            };
            let _ = writeln!(out, "\nWhy: {told}{more}");
        }
    }
}
