//! Terraform and `OpenTofu`: names that are set for what they start, `DB_HOST = …` and `{ name = "DB_HOST", … }`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Fallback, Kind, Path, Use, is_screaming, to_u32};

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "tf" | "tofu" | "tfvars")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    // Variables of its own are written in small letters.
    static SET: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?m)(?:^|[{,])[ \t]*(?:name[ \t]*=[ \t]*"(\w+)"|"?(\w+)"?[ \t]*[=:][^=])"#).ok()
    });
    let found = SET.as_ref().map(|pattern| pattern.captures_iter(text)).into_iter().flatten();
    for name in found.filter_map(|found| found.get(1).or_else(|| found.get(2))) {
        let line = text.get(..name.start()).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        if is_screaming(name.as_str()) && !line.trim_start().starts_with(['#', '/']) {
            let (kind, fallback) = (Kind::Set, Fallback::Computed);
            let at = to_u32(name.start())..to_u32(name.end());
            uses.push(Use {
                name: name.as_str().to_owned(),
                at,
                kind,
                fallback,
                sure: true,
                owner: None,
                secret: None,
            });
        }
    }
}
