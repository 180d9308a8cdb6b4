//! What a value may be at a place where its reader evaluates it once more.

/// Texts that mean nothing but themselves to such a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// A whole number as arithmetic writes it.
    Number,
    /// Letters, digits and `_.-`.
    Name,
    /// A word that no shell makes anything of, and that nothing splits: that, and `/:@+,`.
    Plain,
}

impl Limit {
    pub(super) fn allows(self, text: &str) -> bool {
        let more = match self {
            // A zero before a number makes it octal.
            Self::Number => {
                let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() < 16;
                return is_number && !text.is_empty() && (text == "0" || !text.starts_with('0'));
            }
            Self::Name => "_.-",
            Self::Plain => "_.-/:@+,",
        };
        let plain = |character: char| character.is_ascii_alphanumeric() || more.contains(character);
        !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
    }
}
