//! What functions and PM2 start: a list of arguments in which a shell may get a text to run.

use super::script::Literal;
use super::{Misfit, Part, Reading};
use crate::rendering::kinds::arguments;

/// Functions that start a program with a list of arguments.
const STARTING: &[&str] = &["execFile", "execFileSync", "spawn", "spawnSync", "execa", "execaSync"];

/// The parentheses, brackets and braces that are open, each with what it holds so far. It may hold secrets, so it has no
/// `Debug`.
#[derive(Default)]
pub(super) struct Arguments {
    open: Vec<Frame>,
    pub(super) misfits: Vec<Misfit>,
}

#[derive(Default)]
struct Frame {
    opened: Option<char>,
    /// What is called.
    callee: String,
    /// The member that is being written.
    member: String,
    current: Argument,
    all: Vec<(String, Argument)>,
}

/// One argument, item or member, as far as it is written as literals.
#[derive(Default)]
struct Argument {
    text: String,
    /// The words between the operators.
    code: String,
    /// The values: where, how much of `text` is before, and what.
    holes: Vec<(usize, usize, Vec<Part>)>,
    items: Vec<Argument>,
    /// Whether it is an object that asks for a shell.
    asks_for_shell: bool,
}

impl Arguments {
    /// A character of code; `callee` is what a parenthesis calls, `member` the one that a colon names.
    pub(super) fn read(&mut self, own: char, callee: &str, member: &str) {
        match own {
            '(' | '[' | '{' => {
                self.open.push(Frame { opened: Some(own), callee: callee.to_owned(), ..Frame::default() });
            }
            ')' | ']' | '}' => self.close(),
            ',' => self.open.last_mut().into_iter().for_each(Frame::next),
            ':' => {
                if let Some(frame) = self.open.last_mut().filter(|frame| frame.opened == Some('{')) {
                    (frame.member, frame.current) = (member.to_owned(), Argument::default());
                }
            }
            ';' => self.open.last_mut().into_iter().for_each(|frame| frame.current = Argument::default()),
            other => self.open.last_mut().into_iter().for_each(|frame| frame.current.code.push(other)),
        }
    }

    /// A string that has ended.
    pub(super) fn literal(&mut self, literal: &Literal) {
        let Some(frame) = self.open.last_mut() else { return };
        let start = frame.current.text.len();
        frame.current.text.push_str(&literal.own);
        let holes = literal.holes.iter().map(|(at, before, parts)| (*at, start + before, parts.clone()));
        frame.current.holes.extend(holes);
    }

    /// A value between the operators of the script.
    pub(super) fn value(&mut self, parts: &[Part], at: usize) {
        let Some(frame) = self.open.last_mut() else { return };
        frame.current.holes.push((at, frame.current.text.len(), parts.to_vec()));
    }

    fn close(&mut self) {
        let Some(mut frame) = self.open.pop() else { return };
        frame.next();
        match frame.opened {
            Some('(') if STARTING.contains(&frame.callee.trim_start_matches('.')) => self.judge_call(&frame),
            Some('{') => {
                let of = |name: &str| frame.all.iter().find(|(member, _)| member == name).map(|(_, value)| value);
                if let Some((script, arguments)) = of("script").zip(of("args")) {
                    self.judge_list(script, &arguments.items);
                }
                let asks = of("shell").is_some_and(|shell| shell.code == "true" || !shell.text.is_empty());
                if let Some(outer) = self.open.last_mut() {
                    outer.current.asks_for_shell |= asks;
                }
            }
            Some('[') => {
                if let Some(outer) = self.open.last_mut() {
                    outer.current.items = frame.all.into_iter().map(|(_, item)| item).collect();
                }
            }
            _ => {}
        }
    }

    fn judge_call(&mut self, frame: &Frame) {
        let Some(((_, program), rest)) = frame.all.split_first() else { return };
        let items = rest.first().map(|(_, list)| list.items.as_slice()).unwrap_or_default();
        if rest.iter().any(|(_, options)| options.asks_for_shell) {
            // The arguments are put behind the program, with a blank between them.
            self.judge(program, "");
            for item in items {
                self.judge(item, "x ");
            }
        } else {
            self.judge_list(program, items);
        }
    }

    fn judge_list(&mut self, program: &Argument, items: &[Argument]) {
        let words: Vec<_> = std::iter::once(program).chain(items).map(|word| word.text.as_str()).collect();
        for at in arguments::code(&words) {
            if let Some(code) = at.checked_sub(1).and_then(|at| items.get(at)) {
                self.judge(code, "");
            }
        }
    }

    fn judge(&mut self, argument: &Argument, start: &str) {
        for (at, before, parts) in &argument.holes {
            let before = format!("{start}{}", argument.text.get(..*before).unwrap_or_default());
            self.misfits.extend(Reading::Shell.judge(parts, &before, *at, false).err());
        }
    }
}

impl Frame {
    /// Ends what is being written.
    fn next(&mut self) {
        self.all.push((std::mem::take(&mut self.member), std::mem::take(&mut self.current)));
    }
}
