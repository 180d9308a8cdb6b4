//! A script up to some place: which quotes are open, and what the command is that the place is in.

mod place;
mod substitution;

use super::super::Misfit;
use super::command::{Command, Habits};
use super::document::{Document, Input};
use super::word::{Hole, Role, UNKNOWN, VALUE, Word};
pub(super) use place::Place;
use substitution::{Arm, BRACE};

/// What has begun and not ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    Comment,
    /// `$'…'`, which is a plain quote to some shells.
    Escapes,
    /// `$(…)`, `<(…)`.
    Command,
    /// `(…)` within a substitution.
    Parenthesis,
    /// `((…))` and `$((…))`: the second parenthesis, and those within it.
    Arithmetic,
    Backquote,
    /// `${…}`.
    Parameter,
    /// `'…'` in it; within double quotes it is no quote to some shells.
    Apostrophes {
        is_sure: bool,
        at: usize,
    },
    /// `case … esac` within a substitution.
    Case(Arm),
    /// `A=(…)`.
    List,
}

/// A script up to some place.
#[derive(Default)]
pub(super) struct Script {
    /// What is open, from the outside in.
    open: Vec<Open>,
    /// Where what stands now is, as a byte of the draft.
    at: usize,
    /// Why quotes cannot be followed any more, and since where.
    lost: Option<(&'static str, usize)>,
    /// Whether the next character goes on with a word.
    in_word: bool,
    /// What stands of a word within a substitution, and whether a command begins with it.
    inner: String,
    begins: bool,
    /// The character before it, where that can have a say about it.
    before: Option<char>,
    /// How many `<` stand right before it.
    angles: usize,
    /// The word and the command that are being read, and the commands that are joined with it by `|`.
    word: Word,
    command: Command,
    pipeline: Vec<Command>,
    /// Whether the last command ended with a `|`.
    joins: bool,
    /// What stands so far in a substitution whose output is only assigned; in its first line.
    assigned: Option<String>,
    /// What ends a here-document within a substitution, as far as it has been read.
    inner_end: Option<Word>,
    /// How many `(` of subshells are open.
    subshells: usize,
    /// What the script has said of its variables.
    habits: Habits,
    /// The here-documents to come at the end of the line, and the one that is being read.
    announced: Vec<Document>,
    document: Option<Document>,
    misfits: Vec<Misfit>,
}

impl Script {
    /// Goes on by one character of the template's own, which stands at `at`.
    pub(super) fn read(&mut self, own: char, at: usize) {
        self.at = at;
        if let Some(document) = &mut self.document {
            if document.read(own, &mut self.misfits) {
                self.next_document();
            }
            return;
        }
        if let Some(line) = &mut self.assigned {
            line.push(own);
        }
        let in_word = std::mem::replace(&mut self.in_word, true);
        let before = self.before.take();
        let angles = std::mem::take(&mut self.angles);
        let open = self.open.last().copied();
        if before == Some('\\') {
            if own == '\n' {
                // The end of a line is taken away, and the word goes on as if it were not there.
                self.in_word = in_word;
                return;
            }
            if open == Some(Open::Escapes) && own == '\'' {
                self.lose("an escaped quote in $'…', which shells read differently");
            }
            if open == Some(Open::Double) && !"\\\"$`".contains(own) {
                self.say('\\');
            } else if open != Some(Open::Double) {
                self.quote();
            }
            return self.say(own);
        }
        match (open, own) {
            (Some(Open::Apostrophes { is_sure, at }), _) => self.read_apostrophes(own, is_sure, at),
            (Some(Open::Case(arm)), ')') => self.end_arm(arm),
            (Some(Open::Command | Open::List), ')') => {
                self.end_word();
                self.close();
            }
            (Some(Open::Single | Open::Escapes), '\'')
            | (Some(Open::Double), '"')
            | (Some(Open::Backquote), '`')
            | (Some(Open::Parameter), '}') => self.close(),
            (Some(Open::Parenthesis | Open::Arithmetic), ')') => {
                self.close();
                self.before = Some(own);
            }
            (Some(Open::Comment), '\n') => {
                self.close();
                self.read_word(self.open.last().copied(), own, None, false, 0);
            }
            (Some(Open::Comment), _) => {}
            (Some(Open::Single), _) => self.say(own),
            (_, '\\') => (self.before, self.in_word) = (Some(own), in_word),
            (Some(Open::Escapes | Open::Backquote), _) => {}
            (_, '`') => self.enter(Open::Backquote),
            // `$$` is a number, and acts on nothing.
            (_, '$') => {
                self.before = Some(own).filter(|_| before != Some('$'));
                self.say(own);
            }
            (_, '(') if before == Some('$') => {
                self.assigned = (self.is_outside() && self.only_assigns()).then(String::new);
                self.enter(Open::Command);
                self.before = Some(own);
                self.in_word = false;
            }
            (Some(Open::Case(Arm::Pattern)), '(') => self.in_word = false,
            (_, '{') if before == Some('$') => self.enter(Open::Parameter),
            (_, '[') if before == Some('$') => self.lose("the arithmetic of $[…]"),
            (Some(Open::Parameter), '"') => self.open.push(Open::Double),
            (Some(Open::Parameter), '\'') => {
                let is_sure = !self.is_quoted_around();
                self.open.push(Open::Apostrophes { is_sure, at });
            }
            (Some(Open::Double), '}') if self.is_within_parameter() => self.lose(BRACE),
            (Some(Open::Double | Open::Parameter), _) => self.say(own),
            (open, own) => self.read_word(open, own, before, in_word, angles),
        }
    }

    /// Goes on where words stand.
    fn read_word(&mut self, open: Option<Open>, own: char, before: Option<char>, in_word: bool, angles: usize) {
        let inner = std::mem::take(&mut self.inner);
        match own {
            '\'' if before == Some('$') => self.enter(Open::Escapes),
            '\'' => self.open_quote(Open::Single),
            '"' => self.open_quote(Open::Double),
            '#' if !in_word => self.open.push(Open::Comment),
            '#' if before.is_some_and(|before| before != '$') => self.lose("a # right behind an operator"),
            '(' => self.parenthesis(open, before),
            '<' | '>' if open == Some(Open::Arithmetic) => {}
            '<' => {
                (self.before, self.angles) = (Some(own), angles + 1);
                self.redirect(match angles {
                    0 => Role::File,
                    1 => Role::Delimiter { tabs: false },
                    _ => Role::Text,
                });
            }
            '>' => {
                self.before = Some(own);
                self.redirect(Role::File);
            }
            '-' if angles == 2 => self.redirect(Role::Delimiter { tabs: true }),
            // `>&2`, `<&3` and `>|`.
            '&' | '|' if matches!(before, Some('<' | '>')) => {}
            ')' | '|' => {
                (self.before, self.begins) = (Some(own), true);
                self.end_command(own);
            }
            ' ' | '\t' => {
                self.in_word = false;
                if in_word {
                    self.end_inner(open, &inner);
                }
                self.end_word();
            }
            '\n' | ';' | '&' => {
                self.in_word = false;
                self.end_inner(open, &inner);
                self.begins = true;
                if open == Some(Open::Case(Arm::Body)) && self.open.last() == open.as_ref() {
                    match (before, own) {
                        (Some(';'), ';' | '&') => self.enter_arm(Arm::Pattern),
                        _ => self.before = Some(own).filter(|own| *own == ';'),
                    }
                }
                if open == Some(Open::List) {
                    self.end_word();
                } else {
                    self.end_command(own);
                }
                if own == '\n' {
                    self.keep_text();
                    self.next_document();
                }
            }
            _ => {
                self.inner = inner + own.encode_utf8(&mut [0; 4]);
                self.say(own);
            }
        }
    }

    fn parenthesis(&mut self, open: Option<Open>, before: Option<char>) {
        (self.before, self.begins) = (Some('('), true);
        match (open, before) {
            (None, Some('<' | '>')) => {
                self.word.role = Role::Plain;
                self.enter(Open::Command);
            }
            (None, _) if self.word.assigns().is_some_and(|_| self.word.text.ends_with('=')) => {
                self.end_word();
                self.open.push(Open::List);
            }
            (None, Some('(')) => {
                self.subshells = self.subshells.saturating_sub(1);
                self.open.extend([Open::Parenthesis, Open::Arithmetic]);
            }
            (None, _) => {
                self.end_command('(');
                self.subshells += 1;
            }
            (Some(Open::Arithmetic), _) | (Some(Open::Command | Open::Parenthesis), Some('(')) => {
                self.open.push(Open::Arithmetic);
            }
            (Some(_), _) => self.open.push(Open::Parenthesis),
        }
    }

    /// A `<` or `>` between words, or one more sign of it.
    fn redirect(&mut self, role: Role) {
        if !self.is_outside() {
            self.inner_end = matches!(role, Role::Delimiter { .. }).then(|| Word { role, ..Word::default() });
        } else if self.command.is_test() {
            self.say('>');
        } else {
            self.end_word();
            self.word.role = role;
        }
    }

    fn enter(&mut self, what: Open) {
        self.say(UNKNOWN);
        self.open.push(what);
        self.inner.clear();
        self.begins = true;
    }

    fn open_quote(&mut self, quote: Open) {
        self.quote();
        self.open.push(quote);
    }

    fn quote(&mut self) {
        if self.is_outside() {
            self.word.is_quoted = true;
        } else if let Some(word) = &mut self.inner_end {
            word.is_quoted = true;
        }
    }

    fn close(&mut self) {
        self.open.pop();
        self.inner.clear();
    }

    /// Whether what is read belongs to the words of a command, and not to a substitution in one.
    fn is_outside(&self) -> bool {
        self.open.iter().all(|open| matches!(open, Open::Single | Open::Double | Open::List))
    }

    /// Adds a character to the word.
    fn say(&mut self, character: char) {
        if self.is_outside() {
            self.word.text.push(character);
        } else if let Some(word) = &mut self.inner_end {
            word.text.push(character);
        }
    }

    fn end_word(&mut self) {
        if !self.is_outside() {
            if let Some(word) = self.inner_end.take() {
                self.announce(&word, Some(Input::Inner));
            }
            return;
        }
        if self.word.is_nothing() {
            return;
        }
        let mut word = std::mem::take(&mut self.word);
        match word.role {
            Role::Delimiter { .. } => {
                self.announce(&word, None);
                self.command.has_document = true;
                return;
            }
            Role::Plain if self.open.last() == Some(&Open::List) => word.role = Role::Element,
            _ => {}
        }
        self.command.words.push(word);
    }

    /// Whether what is read now is no more than the value of a variable.
    fn only_assigns(&self) -> bool {
        let name = self.word.assigns().filter(|_| self.word.text.ends_with(['=', '$']));
        let declares = |word: &Word| matches!(word.name(), "export" | "local" | "readonly");
        name.is_some_and(|(name, member)| !member && self.habits.takes_text(&name))
            && self.command.words.iter().all(|word| declares(word) || word.assigns().is_some())
    }

    /// At the end of the first line of a substitution: what its here-document is to its program.
    fn keep_text(&mut self) {
        let Some(line) = self.assigned.take() else { return };
        let [document] = self.announced.as_mut_slice() else { return };
        let Some((command, delimiter)) = line.split_once("<<") else { return };
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || " \t-_./=:,".contains(sign);
        let ends = delimiter.trim_start_matches('-').trim();
        let is_word = ends.chars().all(|sign| is_plain(sign) && sign != ' ' || "'\"".contains(sign));
        let is_plain_command = command.chars().all(is_plain);
        let words = command.split_whitespace().map(|word| Word { text: word.to_owned(), ..Word::default() });
        let command = Command { words: words.collect(), has_document: true };
        if is_plain_command && is_word && command.takes_text() {
            document.input = Some(Input::Kept);
        }
    }

    fn announce(&mut self, delimiter: &Word, input: Option<Input>) {
        if let Some(hole) = delimiter.holes.first() {
            let message = "a value cannot be what ends a here-document";
            self.misfits.push(hole.refused(message, "write a word of the template's own"));
        }
        if delimiter.text.contains(['$', UNKNOWN]) || delimiter.is_nothing() {
            self.lose("a here-document whose end is not known");
        }
        self.announced.push(Document::new(delimiter, input));
    }

    /// Ends the command, where `by` is what ends it.
    fn end_command(&mut self, by: char) {
        self.end_word();
        if !self.open.is_empty() {
            return;
        }
        if self.command.is_test() && by != ';' {
            // `&&`, `||`, parentheses and new lines are the test's own.
            return self.command.words.push(Word { text: "&&".to_owned(), ..Word::default() });
        }
        let is_pattern = by == ')' && self.subshells == 0;
        if by == ')' {
            self.subshells = self.subshells.saturating_sub(1);
        }
        let command = std::mem::take(&mut self.command);
        let is_cut = by != '|' && self.joins && command.words.is_empty();
        self.joins = by == '|';
        if !command.words.is_empty() || command.has_document {
            self.misfits.extend(command.judge(is_pattern, &mut self.habits));
            self.misfits.extend(command.fed_by(&self.pipeline));
            self.pipeline.push(command);
        }
        if by != '|' {
            // What comes behind a pipe on a later line is not known here.
            let input = if is_cut || self.pipeline.iter().any(Command::evaluates_input) {
                Input::Code
            } else if self.pipeline.iter().all(|command| !command.has_document || command.takes_text()) {
                Input::Text
            } else {
                Input::Unknown
            };
            self.announced.iter_mut().for_each(|document| document.input = document.input.or(Some(input)));
            self.pipeline.clear();
        }
    }

    /// Begins the next here-document that was announced, if there is one.
    fn next_document(&mut self) {
        self.document = if self.announced.is_empty() { None } else { Some(self.announced.remove(0)) };
        (self.in_word, self.before) = (false, None);
    }

    /// Goes past a value.
    pub(super) fn pass(&mut self, hole: Hole) {
        if let Some(document) = &mut self.document {
            return document.pass(&hole, &mut self.misfits);
        }
        (self.in_word, self.before, self.angles) = (true, None, 0);
        self.assigned = None;
        self.inner.clear();
        let word = if self.is_outside() { Some(&mut self.word) } else { self.inner_end.as_mut() };
        if let Some(word) = word {
            word.text.push(VALUE);
            word.holes.push(hole);
        }
    }

    fn lose(&mut self, why: &'static str) {
        self.lost.get_or_insert((why, self.at));
    }

    /// What cannot stand where it does, once everything has been read.
    pub(super) fn end(mut self) -> Vec<Misfit> {
        self.open.clear();
        self.end_command('\n');
        if let Some(document) = &mut self.document {
            document.read('\n', &mut self.misfits);
        }
        // What was read on behind a place that shells read differently means nothing.
        if let Some((_, at)) = self.lost {
            self.misfits.retain(|misfit| misfit.at < at);
        }
        self.misfits
    }
}
