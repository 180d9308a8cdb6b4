//! The grammar of commands, as dash has it: what stands within `$(…)` and backticks has to be a program, and only that
//! tells where a `$(` ends. Nothing of it is run; what it would do is not followed.

use super::lexer::{Lexer, MAX_DEPTH, too_deep};
use super::token::{Fault, Token};
use super::{RESERVED, assignment, bare, is_identifier};

/// Builtins after which no function may be called.
const SPECIAL: &[&str] = &[
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times",
    "trap", "unset",
];

/// Reads commands up to the `)` that closes a `$(`, and behind it.
pub(super) fn substitution(lexer: &mut Lexer<'_>, start: usize) -> Read<()> {
    let mut grammar = Grammar::new(lexer);
    grammar.list(true)?;
    match grammar.next(false, false)? {
        Sign::Operator(")") => Ok(()),
        Sign::End => Err(grammar.lexer.unclosed("this command substitution is not closed", start)),
        _ => Err(grammar.unexpected()),
    }
}

/// Reads the program between backticks. dash does not look at what stands behind its last command.
pub(super) fn program(lexer: &mut Lexer<'_>) -> Read<()> {
    Grammar::new(lexer).list(true)
}

type Read<T> = Result<T, Fault>;

/// A token as the grammar sees it.
enum Sign {
    End,
    Newline,
    Operator(&'static str),
    /// `<`, `2>&` and the like, but not the word behind.
    Redirect(&'static str),
    Keyword(&'static str),
    Word {
        /// Its text, if nothing in it is quoted or referred to.
        text: Option<Vec<u8>>,
        assigns: bool,
    },
}

/// A here-document whose lines are still to come.
struct Document {
    end: Vec<u8>,
    /// Whether nothing in it is expanded.
    is_quoted: bool,
    /// Whether tabs in front of its lines do not count.
    strips_tabs: bool,
}

struct Grammar<'l, 'b> {
    lexer: &'l mut Lexer<'b>,
    pushed: Option<Sign>,
    documents: Vec<Document>,
    /// Where the last token begins.
    start: usize,
}

impl<'l, 'b> Grammar<'l, 'b> {
    fn new(lexer: &'l mut Lexer<'b>) -> Self {
        let start = lexer.at;
        Self { lexer, pushed: None, documents: Vec::new(), start }
    }

    fn unexpected(&self) -> Fault {
        Fault { message: "the shell finds a syntax error here", at: self.start..self.lexer.at.max(self.start) }
    }

    /// The next token; `newlines` says that lines may end before it, `keywords` that reserved words count.
    fn next(&mut self, newlines: bool, keywords: bool) -> Read<Sign> {
        loop {
            let sign = match self.pushed.take() {
                Some(sign) => sign,
                None => self.read()?,
            };
            match sign {
                Sign::Newline if newlines => self.read_documents()?,
                Sign::Word { text: Some(text), assigns } if keywords => {
                    let keyword = RESERVED.iter().find(|keyword| keyword.as_bytes() == text);
                    return Ok(keyword.map_or(Sign::Word { text: Some(text), assigns }, |word| Sign::Keyword(word)));
                }
                sign => return Ok(sign),
            }
        }
    }

    fn read(&mut self) -> Read<Sign> {
        self.start = self.lexer.at;
        Ok(match self.lexer.token()? {
            Token::End => Sign::End,
            Token::Newline => Sign::Newline,
            Token::Operator(operator @ ("<" | ">" | ">>" | "<&" | ">&" | "<>" | ">|" | "<<")) => {
                Sign::Redirect(operator)
            }
            Token::Operator(operator) => Sign::Operator(operator),
            Token::Word(word) => {
                let text = bare(&word).map(<[u8]>::to_vec);
                let is_digit = matches!(text.as_deref(), Some([digit]) if digit.is_ascii_digit());
                if is_digit && matches!(self.lexer.rest().first(), Some(b'<' | b'>')) {
                    return self.read();
                }
                let assigns = assignment(&word).is_some();
                Sign::Word { text, assigns }
            }
        })
    }

    /// Reads the word behind a redirection.
    fn target(&mut self, operator: &str) -> Read<()> {
        let strips_tabs = operator == "<<" && self.lexer.rest().starts_with(b"-");
        self.lexer.at += usize::from(strips_tabs);
        self.start = self.lexer.at;
        if operator == "<<" {
            let (end, is_quoted) = self.lexer.end_of_document()?;
            if end.is_empty() && !is_quoted {
                return Err(self.unexpected());
            }
            self.documents.push(Document { end, is_quoted, strips_tabs });
            return Ok(());
        }
        match self.lexer.token()? {
            Token::Word(_) => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    fn read_documents(&mut self) -> Read<()> {
        for document in std::mem::take(&mut self.documents) {
            self.document(&document)?;
        }
        Ok(())
    }

    /// Moves behind the line that ends a here-document, or to the end of the file.
    fn document(&mut self, document: &Document) -> Read<()> {
        loop {
            let rest = self.lexer.rest();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let mut line = rest.get(..length).unwrap_or_default();
            while document.strips_tabs && line.starts_with(b"\t") {
                line = line.get(1..).unwrap_or_default();
            }
            let ends = line == document.end;
            if rest.is_empty() || ends || document.is_quoted {
                self.lexer.at += (length + 1).min(rest.len());
                if rest.is_empty() || ends {
                    return Ok(());
                }
                continue;
            }
            self.lexer.line_of_document()?;
        }
    }

    /// Commands up to what ends them, which is left; `may_be_empty` says that there need not be any.
    fn list(&mut self, mut may_be_empty: bool) -> Read<()> {
        loop {
            let sign = self.next(true, true)?;
            let ends = match &sign {
                Sign::End => {
                    self.read_documents()?;
                    true
                }
                Sign::Operator(operator) => may_be_empty && matches!(*operator, ")" | ";;"),
                Sign::Keyword(word) => {
                    may_be_empty && matches!(*word, "do" | "done" | "elif" | "else" | "esac" | "fi" | "then" | "}")
                }
                _ => false,
            };
            self.pushed = Some(sign);
            if ends {
                return Ok(());
            }
            may_be_empty = true;
            self.and_or()?;
            match self.next(false, false)? {
                Sign::Operator(";" | "&") => {}
                sign @ Sign::Newline => self.pushed = Some(sign),
                sign => {
                    self.pushed = Some(sign);
                    return Ok(());
                }
            }
        }
    }

    fn and_or(&mut self) -> Read<()> {
        let mut newlines = false;
        loop {
            self.pipeline(newlines)?;
            match self.next(false, false)? {
                Sign::Operator("&&" | "||") => newlines = true,
                sign => {
                    self.pushed = Some(sign);
                    return Ok(());
                }
            }
        }
    }

    fn pipeline(&mut self, mut newlines: bool) -> Read<()> {
        match self.next(newlines, true)? {
            Sign::Keyword("!") => newlines = false,
            sign => self.pushed = Some(sign),
        }
        loop {
            self.command(newlines)?;
            match self.next(false, false)? {
                Sign::Operator("|") => newlines = true,
                sign => {
                    self.pushed = Some(sign);
                    return Ok(());
                }
            }
        }
    }

    fn command(&mut self, newlines: bool) -> Read<()> {
        if self.lexer.depth >= MAX_DEPTH {
            return Err(too_deep(self.start));
        }
        self.lexer.depth += 1;
        let end = match self.next(newlines, true)? {
            Sign::Keyword("if") => self.branches()?,
            Sign::Keyword("while" | "until") => {
                self.list(false)?;
                self.expect("do")?;
                self.list(false)?;
                "done"
            }
            Sign::Keyword("for") => self.repetition()?,
            Sign::Keyword("case") => self.choice()?,
            Sign::Keyword("{") => {
                self.list(false)?;
                "}"
            }
            Sign::Operator("(") => {
                self.list(false)?;
                match self.next(false, true)? {
                    Sign::Operator(")") => "",
                    _ => return Err(self.unexpected()),
                }
            }
            sign @ (Sign::Word { .. } | Sign::Redirect(_)) => {
                self.pushed = Some(sign);
                self.simple()?;
                self.lexer.depth -= 1;
                return Ok(());
            }
            _ => return Err(self.unexpected()),
        };
        if !end.is_empty() {
            self.expect(end)?;
        }
        self.lexer.depth -= 1;
        loop {
            match self.next(false, true)? {
                Sign::Redirect(operator) => self.target(operator)?,
                sign => {
                    self.pushed = Some(sign);
                    return Ok(());
                }
            }
        }
    }

    /// Reads one keyword that has to stand here.
    fn expect(&mut self, keyword: &str) -> Read<()> {
        match self.next(false, true)? {
            Sign::Keyword(word) if word == keyword => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    /// Behind `if`.
    fn branches(&mut self) -> Read<&'static str> {
        loop {
            self.list(false)?;
            self.expect("then")?;
            self.list(false)?;
            match self.next(false, true)? {
                Sign::Keyword("elif") => {}
                Sign::Keyword("else") => {
                    self.list(false)?;
                    return Ok("fi");
                }
                sign => {
                    self.pushed = Some(sign);
                    return Ok("fi");
                }
            }
        }
    }

    /// Behind `for`.
    fn repetition(&mut self) -> Read<&'static str> {
        match self.next(false, false)? {
            Sign::Word { text: Some(name), .. } if is_identifier(&name) => {}
            _ => return Err(self.unexpected()),
        }
        match self.next(true, true)? {
            Sign::Keyword("in") => loop {
                match self.next(false, false)? {
                    Sign::Word { .. } => {}
                    Sign::Newline | Sign::Operator(";") => break,
                    _ => return Err(self.unexpected()),
                }
            },
            Sign::Operator(";") => {}
            sign => self.pushed = Some(sign),
        }
        match self.next(true, true)? {
            Sign::Keyword("do") => {}
            _ => return Err(self.unexpected()),
        }
        self.list(false)?;
        Ok("done")
    }

    /// Behind `case`, to its end.
    fn choice(&mut self) -> Read<&'static str> {
        let Sign::Word { .. } = self.next(false, false)? else { return Err(self.unexpected()) };
        let Sign::Keyword("in") = self.next(true, true)? else { return Err(self.unexpected()) };
        loop {
            // dash takes any sign for the pattern.
            match self.next(true, true)? {
                Sign::Keyword("esac") => return Ok(""),
                Sign::Operator("(") => _ = self.next(false, false)?,
                _ => {}
            }
            loop {
                match self.next(false, false)? {
                    Sign::Operator("|") => _ = self.next(false, false)?,
                    Sign::Operator(")") => break,
                    _ => return Err(self.unexpected()),
                }
            }
            self.list(true)?;
            match self.next(true, true)? {
                Sign::Keyword("esac") => return Ok(""),
                Sign::Operator(";;") => {}
                _ => return Err(self.unexpected()),
            }
        }
    }

    /// Words, assignments and redirections; or the name of a function, and what that does.
    fn simple(&mut self) -> Read<()> {
        let (mut words, mut only, mut others) = (0_usize, None, false);
        loop {
            match self.next(false, false)? {
                Sign::Word { assigns: true, .. } if words == 0 => others = true,
                Sign::Word { text, .. } => {
                    words += 1;
                    only = text;
                }
                Sign::Redirect(operator) => {
                    self.target(operator)?;
                    others = true;
                }
                Sign::Operator("(") if words == 1 && !others => {
                    let Sign::Operator(")") = self.next(false, false)? else { return Err(self.unexpected()) };
                    let is_special = |name: &[u8]| SPECIAL.iter().any(|special| special.as_bytes() == name);
                    if !only.is_some_and(|name| is_identifier(&name) && !is_special(&name)) {
                        return Err(self.unexpected());
                    }
                    return self.command(true);
                }
                sign => {
                    self.pushed = Some(sign);
                    return Ok(());
                }
            }
        }
    }
}
