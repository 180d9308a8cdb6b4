//! The person's editor, told to leave nothing behind.

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

/// Lets the person edit a file, and waits.
///
/// # Errors
/// There is no editor, or it says that it failed.
pub(super) fn edit(file: &Path) -> Result<(), Error> {
    let words =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|text| !text.trim().is_empty()));
    let words = words.unwrap_or_else(|| "vi".to_owned());
    if is_missing(&words) {
        return Err(failed(&format!("there is no editor `{words}`")));
    }
    let mut command = command(&words);
    if is_vim(&words) {
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
    use super::is_vim;

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
