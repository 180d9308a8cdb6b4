//! Formats of names in any script. What a registry allows in a name changes from year to year, so only what is never
//! allowed is refused.

/// A host name in any script (RFC 5890 §2.3.2.3): labels of letters, marks, digits and `-`, dots of any script between.
pub(super) fn is_host(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        let is_inner = |character: char| match character {
            '-' => true,
            _ if character.is_ascii() => character.is_ascii_alphanumeric(),
            _ => !character.is_whitespace() && !character.is_control(),
        };
        (1..=63).contains(&label.chars().count())
            && label.chars().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.chars().count() <= 253 && name.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']).all(is_label)
}

/// A mail address in any script (RFC 6531 §3.3): something, `@`, and a host name or an address in brackets.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let is_inner = |character: char| !character.is_control() && !character.is_whitespace() && character != '@';
    let is_literal = domain.starts_with('[') && domain.ends_with(']');
    !local.is_empty() && (is_quoted || local.chars().all(is_inner)) && (is_literal || is_host(domain))
}
