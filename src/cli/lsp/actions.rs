//! Quick fixes: the changes that findings offer, a comment that silences one, and all that is safe at once.

use std::collections::HashMap;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, TextEdit, Uri, WorkspaceEdit};

use super::diagnostics::{Mend, Told, touch};
use super::server::Opened;

/// All safe changes of a file.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::SOURCE_FIX_ALL;

pub(super) fn at(opened: &Opened<'_>, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let only = params.context.only.as_deref();
    let wanted = |kind: &CodeActionKind| {
        only.is_none_or(|list| {
            list.iter().any(|wanted| {
                let (wanted, kind) = (wanted.as_str(), kind.as_str());
                wanted.is_empty()
                    || kind == wanted
                    || kind.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
            })
        })
    };
    let mut actions = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        let here = opened.unit.told.iter();
        let here: Vec<_> =
            here.filter(|told| told.path == opened.path && touch(told.diagnostic.range, params.range)).collect();
        actions.extend(here.iter().filter_map(|told| quick_fix(opened, told, told.mends.as_ref()?, true)));
        actions.extend(here.iter().filter_map(|told| quick_fix(opened, told, told.silences.as_ref()?, false)));
    }
    if wanted(&FIX_ALL) {
        actions.extend(fix_all(opened));
    }
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

fn quick_fix(opened: &Opened<'_>, told: &Told, mend: &Mend, preferred: bool) -> Option<CodeAction> {
    Some(CodeAction {
        title: mend.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![told.complete(|path| opened.uri(path))]),
        edit: Some(edit(opened.uri(&mend.path)?, vec![mend.edit.clone()])),
        is_preferred: Some(preferred && mend.safe),
        ..CodeAction::default()
    })
}

fn fix_all(opened: &Opened<'_>) -> Option<CodeAction> {
    let mends = opened.unit.told.iter().filter_map(|told| told.mends.as_ref());
    let mut edits: Vec<TextEdit> =
        mends.filter(|mend| mend.safe && mend.path == opened.path).map(|mend| mend.edit.clone()).collect();
    let at = |edit: &TextEdit| (edit.range.start, edit.range.end);
    edits.sort_by_key(at);
    // As `--fix` has it: two that insert at one place can both stand, two that replace the same text cannot.
    edits.dedup_by(|one, other| one.range.start < other.range.end || one == other);
    let title = match edits.len() {
        0 => return None,
        1 => "mend what can be mended safely".to_owned(),
        count => format!("mend what can be mended safely ({count} places)"),
    };
    let edit = edit(opened.uri(&opened.path)?, edits);
    Some(CodeAction { title, kind: Some(FIX_ALL), edit: Some(edit), ..CodeAction::default() })
}

#[allow(clippy::mutable_key_type, reason = "the protocol's own type; nothing in it ever changes")]
fn edit(uri: Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit { changes: Some(HashMap::from([(uri, edits)])), ..WorkspaceEdit::default() }
}
