//! The part of a file that is generated: what stands between two lines that mark it.

/// The line above.
pub const BEGIN: &str = "<!-- sparkcfg docs: begin -->";
/// The line below.
pub const END: &str = "<!-- sparkcfg docs: end -->";

/// Why a file takes nothing: the line, from 1, where there is one, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Unmarked {
    /// The line.
    pub line: Option<usize>,
    /// In lower case.
    pub message: &'static str,
}

/// The file with `block` in place of what stood between the markers; its line ends stay what they are.
///
/// # Errors
/// No markers, one without the other, in the wrong order, or more than once: then nothing may be written.
pub fn replaced(text: &str, block: &str) -> Result<String, Unmarked> {
    let fault = |line: usize, message| Err(Unmarked { line: Some(line + 1), message });
    let (mut from, mut to) = (None, None);
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        match line.trim() {
            BEGIN if from.is_some() => return fault(number, "a second part begins here; there can be one"),
            BEGIN => from = Some((number, at + line.len(), line.ends_with('\n'))),
            END if from.is_none() => return fault(number, "a part ends here that begins nowhere"),
            END if to.is_some() => return fault(number, "a part ends here a second time"),
            END => to = Some(at),
            _ => {}
        }
        at += line.len();
    }
    match (from, to) {
        (None, _) => Err(Unmarked { line: None, message: "this file does not say where the reference goes" }),
        (Some((number, ..)), None) => fault(number, "a part begins here that ends nowhere"),
        (Some((_, from, _)), Some(to)) => {
            let ends = if text.contains("\r\n") { "\r\n" } else { "\n" };
            let block = block.replace('\n', ends);
            // Blank lines around it, or Markdown takes the marker for a part of the table.
            Ok(format!(
                "{}{ends}{block}{ends}{}",
                text.get(..from).unwrap_or_default(),
                text.get(to..).unwrap_or_default()
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked() {
        for (text, expected) in [
            (format!("a\n{BEGIN}\nold\n{END}\nb"), Ok(format!("a\n{BEGIN}\n\nnew\n\n{END}\nb"))),
            (format!("{BEGIN}\n{END}"), Ok(format!("{BEGIN}\n\nnew\n\n{END}"))),
            (format!("  {BEGIN}\r\n{END}\r\n"), Ok(format!("  {BEGIN}\r\n\r\nnew\r\n\r\n{END}\r\n"))),
            (String::new(), Err(None)),
            (format!("see `{BEGIN}`\n"), Err(None)),
            (format!("a\n{BEGIN}\n"), Err(Some(2))),
            (format!("{END}\n{BEGIN}\n"), Err(Some(1))),
            (format!("{BEGIN}\n{BEGIN}\n{END}\n"), Err(Some(2))),
            (format!("{BEGIN}\n{END}\n{END}\n"), Err(Some(3))),
        ] {
            let replaced = replaced(&text, "new\n");
            assert_eq!(replaced.map_err(|fault| fault.line), expected, "{text}");
        }
        let once = replaced(&format!("{BEGIN}\n{END}\n"), "new\n").unwrap();
        assert_eq!(replaced(&once, "new\n").unwrap(), once);
    }
}
