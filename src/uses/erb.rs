//! Ruby within the configuration files of Rails: `password: <%= ENV.fetch("DB_PASSWORD") %>` in `config/database.yml`.

use super::{Path, Use, ruby};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &["<%"];

pub(super) fn reads(path: &Path<'_>) -> bool {
    path.extension == "erb" || path.is_yaml() && (path.whole.starts_with("config/") || path.whole.contains("/config/"))
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<%") {
        let (inside, behind) = after.split_once("%>").unwrap_or((after, ""));
        // A line of YAML that is a comment is made all the same; `<%#` is none.
        let is_comment = inside.starts_with('#');
        code.push_str(&blank(before));
        code.push_str("  ");
        code.push_str(&if is_comment {
            blank(inside)
        } else {
            inside.replacen(['=', '-'], " ", usize::from(inside.starts_with(['=', '-'])))
        });
        if after.len() > inside.len() {
            code.push_str(" ;");
        }
        rest = behind;
    }
    code.push_str(&blank(rest));
    ruby::read(&code, uses);
}

/// As many blanks as a text has bytes; its lines stay lines.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn ruby_in_yaml() {
        for (text, expected) in [
            (
                "production:\n  password: <%= ENV.fetch(\"A_B\") %>\n  pool: <%= ENV.fetch('C_D') { 5 } %>\n",
                "A_B! C_D=5",
            ),
            ("url: <%= ENV['A_B'] %>/ENV['C_D']\n", "A_B"),
            ("<%- if ENV['A_B'] -%>\nü: 1\n<% end %>\nx: <%= ENV[\"C_D\"] %>", "A_B? C_D"),
            ("<%# ENV['A_B'] %>", ""),
            ("a: <%= ENV['A_B", ""),
        ] {
            assert_eq!(shown("config/database.yml", text), expected, "{text}");
        }
        assert_eq!(shown("db/other.yml", "a: <%= ENV['A_B'] %>"), "");
    }
}
