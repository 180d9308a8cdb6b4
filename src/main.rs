//! The `sparkcfg` command.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic is a bug in sparkcfg; its message could hold a value, so it is not printed.
    std::panic::set_hook(Box::new(|about| {
        let place = about.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
        let text = format!("sparkcfg: internal error{place}; please report it, without your files\n");
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }));
    std::panic::catch_unwind(|| sparkcfg::cli::run(std::env::args_os())).unwrap_or(ExitCode::from(101))
}
