//! The `sparkcfg` command.
#![forbid(unsafe_code)]

use std::io::Write;
use std::panic::PanicHookInfo;
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|about| {
        let _ = std::io::stderr().lock().write_all(told(about).as_bytes());
    }));
    std::panic::catch_unwind(|| sparkcfg::cli::run(std::env::args_os())).unwrap_or(ExitCode::from(101))
}

/// What a panic says. It is a bug in sparkcfg; its own message could hold a value, so it is not printed.
fn told(about: &PanicHookInfo<'_>) -> String {
    let place = about.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    format!("sparkcfg: internal error{place}; please report it, without your files\n")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_panic_tells_its_place_alone() {
        let heard = Arc::new(Mutex::new(String::new()));
        let hears = Arc::clone(&heard);
        std::panic::set_hook(Box::new(move |about| hears.lock().unwrap().push_str(&super::told(about))));
        let value = "canary".to_owned();
        let ended = std::panic::catch_unwind(|| panic!("{value}"));
        drop(std::panic::take_hook());
        assert!(ended.is_err());
        let heard = heard.lock().unwrap().clone();
        assert!(heard.starts_with("sparkcfg: internal error (src/main.rs:"), "{heard}");
        assert!(!heard.contains("canary"), "{heard}");
    }
}
