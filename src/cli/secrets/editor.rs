//! The person's editor, told to leave nothing behind.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use super::private;
use crate::error::Error;
use crate::project::starting;

/// What keeps vim and its kin from writing the text, or traces of it, anywhere but into the file.
const VIM: &[&str] = &[
    "-n",
    "-i",
    "NONE",
    "--cmd",
    "set nomodeline",
    // Right before a file is read or written, whatever the person's own settings say.
    "--cmd",
    "autocmd BufReadPre,BufNewFile,BufWritePre * setlocal noundofile noswapfile | set nobackup nowritebackup viminfo= history=0",
    "-c",
    "set noundofile nobackup nowritebackup noswapfile viminfo= history=0",
];

/// The words that start the person's editor.
///
/// # Errors
/// There is no editor, or it would draw the text where there is no terminal: into a file, or the log of a job.
pub(super) fn chosen() -> Result<String, Error> {
    let words =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|text| !text.trim().is_empty()));
    let words = words.unwrap_or_else(|| "vi".to_owned());
    if is_missing(&words) {
        return Err(failed(&format!("there is no editor `{words}`")));
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !terminal && draws(&words) {
        let help = "`secrets set` and `secrets import` need no terminal; a program that edits by itself can be named by EDITOR";
        return Err(Error::new(format!("there is no terminal for the editor `{words}`")).help(help));
    }
    Ok(words)
}

/// Lets the person edit a file with the editor that `words` start, and waits.
///
/// # Errors
/// The editor cannot be started, or says that it failed.
pub(super) fn edit(words: &str, file: &Path) -> Result<(), Error> {
    let mut command = command(words);
    if is_vim(words) {
        command.args(VIM);
    }
    let mut child =
        command.arg(file).spawn().map_err(|_| failed(&format!("the editor `{words}` cannot be started")))?;
    private::remember_editor(Some(child.id()));
    let ended = child.wait();
    private::remember_editor(None);
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if status.code() == Some(127) => Err(failed(&format!("there is no editor `{words}`"))),
        _ => Err(failed(&format!("the editor `{words}` failed"))),
    }
}

fn failed(message: &str) -> Error {
    Error::new(message).help("nothing was changed; VISUAL or EDITOR names the editor")
}

/// Whether the editor is known not to be there before a shell says so in its own words: a plain name that no folder of `PATH`
/// has.
fn is_missing(words: &str) -> bool {
    let program = words.split_whitespace().next().unwrap_or_default();
    let plain = program.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte));
    let path = std::env::var_os("PATH").unwrap_or_default();
    cfg!(unix) && plain && !std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A shell splits the words, as git has it, so that `EDITOR="code --wait"` and quotes work.
#[cfg(unix)]
fn command(words: &str) -> Command {
    let mut command = starting::command("sh");
    command.args(["-c", &format!("exec {words} \"$@\""), "editor"]);
    command
}

#[cfg(not(unix))]
fn command(words: &str) -> Command {
    let mut words = words.split_whitespace();
    let mut command = starting::command(words.next().unwrap_or("notepad"));
    command.args(words);
    command
}

/// Whether the words start an editor that draws on the terminal, and writes the text out where there is none. A vim that is
/// told to run a script (`-es`) does not.
fn draws(words: &str) -> bool {
    let silent = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains(['e', 'E', 's']);
    let window = |word: &str| word.rsplit('/').next().is_some_and(|name| name.starts_with('g'));
    let mut all = words.split_whitespace();
    (words == "vi" || is_vim(words)) && !all.any(|word| silent(word) || window(word))
}

/// Whether the words start a vim, be it as `vi` by way of links.
fn is_vim(words: &str) -> bool {
    // `nice vim`, `env X=1 nvim` start one, too.
    words.split_whitespace().filter(|word| !word.starts_with('-')).any(is_vim_itself)
}

fn is_vim_itself(program: &str) -> bool {
    let known = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains("vim") || matches!(&*name, "view" | "vimx")
    };
    if known(Path::new(program)) {
        return true;
    }
    let found = if program.contains('/') {
        Path::new(program).canonicalize().ok()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).find_map(|folder| folder.join(program).canonicalize().ok())
    };
    found.is_some_and(|path| known(&path))
}

#[cfg(test)]
mod tests {
    use super::{draws, is_vim};

    #[test]
    fn editors_that_need_a_terminal() {
        for (words, expected) in [
            ("vi", true),
            ("vim", true),
            ("/usr/bin/nvim -u x", true),
            ("vim -es -c '%s/a/b/' -c wq", false),
            ("gvim --nofork", false),
            ("sed -i s/a/b/", false),
            ("code --wait", false),
        ] {
            assert_eq!(draws(words), expected, "{words}");
        }
    }

    #[test]
    fn vim_by_its_names() {
        for (words, expected) in [
            ("vim", true),
            ("/usr/bin/nvim -u x", true),
            ("gvim --nofork", true),
            ("nano", false),
            ("code --wait", false),
            ("nice vim", true),
            ("env X=1 nvim -R", true),
        ] {
            assert_eq!(is_vim(words), expected, "{words}");
        }
    }
}
