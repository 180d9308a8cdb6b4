//! A `ConfigMap`, and a `Secret` where secrets are written: for `envFrom:` of a container.

use std::fmt::Write;

use super::{Refusal, Target};
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "kubernetes",
    summary: "a ConfigMap and, for secrets that are written, a Secret: for envFrom:",
    write: |picture| {
        let name = object_name(picture.environment);
        let plain = picture.written().filter(|(variable, _)| !variable.secret);
        let secret = picture.written().filter(|(variable, _)| variable.secret);
        refuse_odd_names(picture.written().map(|(variable, _)| variable.key))?;
        let mut out = object("ConfigMap", &name, "data", plain.map(|(variable, text)| (variable.key, text)));
        let secret: Vec<_> = secret.map(|(variable, text)| (variable.key, text)).collect();
        if !secret.is_empty() {
            out.push_str("---\n");
            out.push_str(&object("Secret", &format!("{name}-secrets"), "stringData", secret.into_iter()));
        }
        Ok(out)
    },
};

fn object<'v>(kind: &str, name: &str, member: &str, variables: impl Iterator<Item = (&'v str, &'v str)>) -> String {
    let mut out = format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {}\n", quoting::yaml(name));
    let start = out.len();
    for (key, text) in variables {
        let _ = writeln!(out, "  {}: {}", quoting::yaml(key), quoting::yaml(text));
    }
    let head = if out.len() == start { format!("{member}: {{}}\n") } else { format!("{member}:\n") };
    out.insert_str(start, &head);
    out
}

/// A name of RFC 1123, as Kubernetes wants it: lower case, digits and `-`, at most 63 characters.
fn object_name(environment: &str) -> String {
    let name: String = environment
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' })
        .take(50)
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "environment".to_owned() } else { name.to_owned() }
}

fn refuse_odd_names<'v>(keys: impl Iterator<Item = &'v str>) -> Result<(), Vec<Refusal>> {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let odd = keys.filter(|key| key.is_empty() || !key.bytes().all(taken)).map(|key| Refusal {
        key: key.to_owned(),
        reason: "Kubernetes takes letters, digits, `-`, `_` and `.` in a name".to_owned(),
    });
    let odd: Vec<_> = odd.collect();
    if odd.is_empty() { Ok(()) } else { Err(odd) }
}
