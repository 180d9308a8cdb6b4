//! Replacements proven together: one reading of the file shows of many what each alone would need a reading for.

use super::{Edit, Harm, MAX_READ, Views};
use crate::checks::edits::{edited, with};
use crate::finding::Fix;

impl Views<'_> {
    /// Finds which replacements that other checks offer make nothing worse, where that can be shown of many at once.
    pub(in crate::checks) fn prove_harmless<'f>(&mut self, fixes: impl Iterator<Item = &'f Fix>) {
        let edit = |fix: &Fix| Edit { key: None, range: fix.span.range(), text: fix.replacement.clone() };
        self.prove(fixes.map(edit).collect());
    }

    /// Keeps in mind which of these replacements are proven by one another, because all of them together are right. Whether what
    /// is left of them at the end is so, too, is looked at there.
    pub(super) fn prove(&mut self, mut edits: Vec<Edit>) {
        let is_unread = self.seen.iter().any(Option::is_none) || self.own.is_none();
        if is_unread && edits.iter().any(|edit| edit.key.is_some()) {
            return;
        }
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut end = None;
        edits.retain(|edit| {
            // Two that touch are one line's, and each may need the other.
            let is_apart = end.is_none_or(|end| end <= edit.range.start);
            end = end.max(Some(edit.range.end));
            is_apart
        });
        self.proven_among(&edits);
    }

    /// The same by halves, as long as half of what may be read is left for those that have to be looked at alone.
    fn proven_among(&mut self, edits: &[Edit]) {
        if edits.len() < 2 || self.left < self.cost.max(MAX_READ / 2) {
            return;
        }
        let keys: Vec<&str> = edits.iter().filter_map(|edit| edit.key.as_deref()).collect();
        let text = edited(self.text, edits.iter().map(|edit| (edit.range.clone(), edit.text.as_str())));
        match self.judged(&text, &keys) {
            Harm::None => self.together.extend(edits.iter().map(|edit| (edit.range.start, edit.clone()))),
            Harm::To(_) => {
                let (first, second) = edits.split_at(edits.len() / 2);
                self.proven_among(first);
                self.proven_among(second);
            }
            Harm::Unknown => {}
        }
    }

    /// Which of several replacements can be made at once. What is harmless alone may not be so beside another: the first
    /// of them stay.
    pub(in crate::checks) fn harmless_together(mut self, fixes: &[&Fix]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..fixes.len()).collect();
        order.sort_by_key(|at| (fixes[*at].span.start, fixes[*at].span.end));
        let all = vec![true; fixes.len()];
        self.left = MAX_READ;
        if fixes.is_empty() || matches!(self.judged(&with(self.text, &order, fixes), &[]), Harm::None) {
            return all;
        }
        let mut harmless = vec![false; fixes.len()];
        // Those that are harmful beside the ones that are kept, and may not be so beside another.
        let (mut kept, mut waiting): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for at in order {
            kept.push(at);
            match self.judged(&with(self.text, &kept, fixes), &[]) {
                Harm::None => continue,
                Harm::Unknown => {
                    kept.pop();
                    break;
                }
                Harm::To(_) => waiting.push(at),
            }
            kept.pop();
            let mut all = [kept.as_slice(), waiting.as_slice()].concat();
            all.sort_by_key(|at| (fixes[*at].span.start, fixes[*at].span.end));
            if waiting.len() > 1 && matches!(self.judged(&with(self.text, &all, fixes), &[]), Harm::None) {
                kept = all;
                waiting.clear();
            }
        }
        for at in kept {
            harmless[at] = true;
        }
        harmless
    }
}

#[cfg(test)]
mod tests {
    use super::{Edit, Harm, MAX_READ, Views};
    use crate::checks::reader::Surroundings;

    /// Lines that docker compose and a shell read differently, and a replacement of each; `bad` is one that is wrong.
    fn lines(bad: Option<usize>) -> (String, Vec<Edit>) {
        let (mut text, mut edits) = (String::new(), Vec::new());
        for at in 0..1000 {
            let start = text.len();
            text.extend(["A", &at.to_string(), "=a b"]);
            let value = if bad == Some(at) { "'a c'" } else { "'a b'" };
            let edit = Edit { key: Some(format!("A{at}")), range: start..text.len(), text: format!("A{at}={value}") };
            edits.push(edit);
            text.push('\n');
        }
        (text, edits)
    }

    #[test]
    fn many_replacements_cost_a_few_readings() {
        for (bad, readings) in [(None, 2), (Some(0), 35), (Some(611), 35)] {
            let (text, edits) = lines(bad);
            let around = Surroundings::default();
            let mut views = Views::of(&text, &["compose", "shell"], &around);
            views.prove(edits.clone());
            let read = MAX_READ - views.left;
            assert!(read <= readings * views.cost, "{bad:?}: {read} bytes, {} for one reading", views.cost);
            for (at, edit) in edits.iter().enumerate() {
                let harm = views.proven(&edit.range, &edit.text, edit.key.as_deref());
                assert_eq!(matches!(harm, Harm::None), bad != Some(at), "{at}");
            }
            let again = MAX_READ - views.left - read;
            assert!(again <= 3 * views.cost, "{bad:?}: {again} bytes for those that are proven");
        }
    }
}
